import { createHash } from 'node:crypto';
import { Batch, requireDone, type RawConnection } from '../../wire/raw-connection.ts';
import { CannotExplore } from '../cannot-explore.ts';
import { byBytes, decode, type Reply } from '../../wire/resp.ts';
import type { Rules } from '../rules.ts';
import { contentFrom, readingOf, type Deadline, type KeyContent } from './content.ts';
import type { Moment } from './deadlines.ts';
import type { OutsideContent } from '../outside-store.ts';

/** A state of the server, as it can be compared and put back. */
export interface ServerImage {
  /** The logical content: equal strings, equal states. */
  content: string;
  keys: ReadonlyMap<string, KeyImage>;
  /** SHA-1 digests of the loaded scripts, sorted. */
  scripts: string;
  /** FUNCTION DUMP, latin1; '' without libraries. */
  functions: string;
  /** What the stores beside it hold; absent: nothing. A part of the content, too. */
  outside?: OutsideContent;
}

export interface KeyImage {
  dump: string;
  /** It may expire, as far as the search is concerned. */
  volatile: boolean;
  /** It has a deadline on the server. */
  dated: boolean;
  /** Absent: it has none, or nobody asked for it. */
  deadline?: Deadline;
}

/** Nothing in it. */
export const EMPTY: ServerImage = { content: '[[],"",""]', keys: new Map(), scripts: '', functions: '' };

/** Takes images of the server; what a dump holds is asked once. */
export class ImageReader {
  readonly #connection: RawConnection;
  readonly #rules: Rules;
  /** Texts of the scripts that may be loaded, by digest. */
  readonly #bodies: ReadonlyMap<string, string>;
  readonly #contentByDump = new Map<string, Pick<KeyContent, 'type' | 'items'>>();
  /** Keys that were there last. */
  #expected: readonly string[] = [];

  constructor(connection: RawConnection, rules: Rules, bodies: ReadonlyMap<string, string>) {
    this.#connection = connection;
    this.#rules = rules;
    this.#bodies = bodies;
  }

  /** An image of the server as it stands, of which nothing is known. */
  async look(): Promise<ServerImage> {
    const batch = new Batch();
    const looked = this.ask(batch, this.#expected, { scripts: true, functions: true });
    return (await this.imageOf(await batch.send(this.#connection), looked)).image;
  }

  /**
   * Asks what the server holds.
   *
   * @param expected keys that are probably there
   * @param loaded true: ask for it; a text: it is as it was
   */
  ask(
    batch: Batch,
    expected: readonly string[],
    loaded: Record<'scripts' | 'functions', true | string>,
  ): Looked {
    const digests = [...this.#bodies.keys()].toSorted(byBytes);
    const exists = loaded.scripts === true && digests.length > 0;
    return {
      digests,
      scripts: exists
        ? batch.add(['SCRIPT', 'EXISTS', ...digests])
        : loaded.scripts === true
          ? ''
          : loaded.scripts,
      functions:
        loaded.functions === true ? batch.add(['FUNCTION', 'LIST'], ['FUNCTION', 'DUMP']) : loaded.functions,
      names: batch.add(['KEYS', '*'])[0]!,
      dumps: new Map(expected.map((key) => [key, batch.add(...DUMPING(key))])),
    };
  }

  /**
   * What it answered.
   * @param moment when the last step ran, and on what: by that deadlines are told; without it they are left out
   */
  async imageOf(replies: readonly string[], looked: Looked, moment?: Moment): Promise<Read> {
    const [scripts, functions] = [scriptsOf(replies, looked), functionsOf(replies, looked)];
    const names = itemsOf(replies[looked.names]!).map(String).toSorted(byBytes);
    this.#expected = names;
    const dumped = await this.#dumped(names, replies, looked);
    const unknown = dumped.filter(({ dump }) => !this.#contentByDump.has(dump));
    if (unknown.length > 0) await this.#read(unknown);
    const keys = new Map<string, KeyImage>();
    const parts: KeyContent[] = [];
    const unsure: string[] = [];
    for (const { key, dump, volatile, atMs } of dumped) {
      const told = volatile && moment ? moment.deadlineOf(key, atMs) : {};
      if (told === undefined) unsure.push(key);
      const deadline = told ?? {};
      keys.set(key, { dump, volatile, dated: atMs >= 0, deadline });
      parts.push({ key, volatile, ...deadline, ...this.#contentByDump.get(dump)! });
    }
    const digest = functions && createHash('sha1').update(functions, 'latin1').digest('hex');
    const content = JSON.stringify([parts, scripts, digest]);
    return { image: { content, keys, scripts, functions }, unsure };
  }

  /** The keys that are there; those that nobody expected are asked for now. */
  async #dumped(names: readonly string[], replies: readonly string[], { dumps }: Looked): Promise<Dumped[]> {
    const more = new Batch();
    const late = new Map(
      names.filter((key) => !dumps.has(key)).map((key) => [key, more.add(...DUMPING(key))]),
    );
    const lateReplies = await more.send(this.#connection);
    return names.flatMap((key): Dumped[] => {
      const [type, dump, deadline] = dumps.has(key)
        ? dumps.get(key)!.map((i) => decode(requireDone(replies[i]!)))
        : late.get(key)!.map((i) => decode(requireDone(lateReplies[i]!)));
      // Expired this very moment: the comparison of two runs will tell.
      if (typeof dump !== 'string') return [];
      const atMs = Number(deadline);
      return [{ key, type: type as string, dump, atMs, volatile: this.#rules.logicalTtl && atMs >= 0 }];
    });
  }

  /** Content is the same wherever a dump is the same. */
  async #read(unknown: readonly Dumped[]): Promise<void> {
    if (!this.#rules.logicalContent) {
      for (const { dump } of unknown) this.#contentByDump.set(dump, { type: 'dump', items: [dump] });
      return;
    }
    const batch = new Batch();
    const asked = unknown.map(({ key, type }) => batch.add(readingOf(type, key), ['DUMP', key]));
    const replies = await batch.send(this.#connection);
    for (const [i, { key, dump, type }] of unknown.entries()) {
      const [reading, again] = asked[i]!.map((at) => decode(requireDone(replies[at]!)));
      // What it held is kept for good, so it must not be what an expired key holds.
      if (again !== dump) {
        throw new CannotExplore(
          `key ${key} expired before it could be read: its TTL is too short`,
          'give it a TTL of some seconds: expiry is explored at every moment, whatever the TTL',
        );
      }
      this.#contentByDump.set(dump, contentFrom(type, reading!));
    }
  }
}

/** Where in the replies it says what the server holds. */
export interface Looked {
  digests: readonly string[];
  /** Text: it was known. */
  scripts: string | number[];
  functions: string | number[];
  names: number;
  dumps: Map<string, number[]>;
}

interface Dumped extends Pick<KeyImage, 'dump' | 'volatile'> {
  key: string;
  type: string;
  /** Its deadline by the server's own clock; negative without one. */
  atMs: number;
}

/** What was read. */
export interface Read {
  image: ServerImage;
  /** Keys whose deadline could not be told to the millisecond: run the step again. */
  unsure: readonly string[];
}

const DUMPING = (key: string): string[][] => [
  ['TYPE', key],
  ['DUMP', key],
  ['PEXPIRETIME', key],
];

function scriptsOf(replies: readonly string[], { scripts, digests }: Looked): string {
  if (typeof scripts === 'string') return scripts;
  const loaded = itemsOf(replies[scripts[0]!]!);
  return digests.filter((_, i) => loaded[i] === 1).join(' ');
}

function functionsOf(replies: readonly string[], { functions }: Looked): string {
  if (typeof functions === 'string') return functions;
  const [list, dump] = functions.map((i) => replies[i]!) as [string, string];
  // Without a library there is a dump all the same, of none.
  return itemsOf(list).length === 0 ? '' : (decode(requireDone(dump)) as string);
}

function itemsOf(reply: string): Reply[] {
  const decoded = decode(requireDone(reply));
  if (typeof decoded === 'object' && decoded !== null && decoded.kind !== 'error') return decoded.items;
  throw new Error(`the private server answered ${reply.trim()} where it lists something`);
}

/** The image with less time left to its keys; undefined where no key has a time to live. */
export function agedImage({ keys, ...image }: ServerImage, elapsedMs: number): ServerImage | undefined {
  const [parts, ...loaded] = JSON.parse(image.content) as [KeyContent[], string, string];
  if (parts.every(({ ttlMs }) => ttlMs === undefined)) return undefined;
  const aged = parts.map((part) =>
    part.ttlMs === undefined ? part : { ...part, ttlMs: part.ttlMs - elapsedMs },
  );
  const images = aged.map(({ key, ttlMs }): [string, KeyImage] => {
    const before = keys.get(key)!;
    return [key, ttlMs === undefined ? before : { ...before, deadline: { ttlMs } }];
  });
  return { ...image, content: JSON.stringify([aged, ...loaded]), keys: new Map(images) };
}
