import { createHash } from 'node:crypto';
import { Batch, requireDone, type RawConnection } from '../../wire/raw-connection.ts';
import { CannotExplore } from '../cannot-explore.ts';
import { byBytes, decode, type Reply } from '../../wire/resp.ts';
import type { Rules } from '../rules.ts';
import { contentFrom, readingOf, type KeyContent } from './content.ts';

/** A state of the server, as it can be compared and put back. */
export interface ServerImage {
  /** The logical content: equal strings, equal states. */
  content: string;
  keys: ReadonlyMap<string, KeyImage>;
  /** SHA-1 digests of the loaded scripts, sorted. */
  scripts: string;
  /** FUNCTION DUMP, latin1; '' without libraries. */
  functions: string;
}

interface KeyImage {
  dump: string;
  /** It may expire, as far as the search is concerned. */
  volatile: boolean;
  /** It has a deadline on the server. */
  dated: boolean;
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
    return this.imageOf(await batch.send(this.#connection), looked);
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

  /** What it answered. */
  async imageOf(replies: readonly string[], looked: Looked): Promise<ServerImage> {
    const [scripts, functions] = [scriptsOf(replies, looked), functionsOf(replies, looked)];
    const names = itemsOf(replies[looked.names]!).map(String).toSorted(byBytes);
    this.#expected = names;
    const dumped = await this.#dumped(names, replies, looked);
    const unknown = dumped.filter(({ dump }) => !this.#contentByDump.has(dump));
    if (unknown.length > 0) await this.#read(unknown);
    const parts = dumped.map(({ key, dump, volatile }) => ({
      key,
      volatile,
      ...this.#contentByDump.get(dump)!,
    }));
    const digest = functions && createHash('sha1').update(functions, 'latin1').digest('hex');
    return {
      content: JSON.stringify([parts, scripts, digest]),
      keys: new Map(dumped.map(({ key, dump, volatile, dated }) => [key, { dump, volatile, dated }])),
      scripts,
      functions,
    };
  }

  /** The keys that are there; those that nobody expected are asked for now. */
  async #dumped(names: readonly string[], replies: readonly string[], { dumps }: Looked): Promise<Dumped[]> {
    const more = new Batch();
    const late = new Map(
      names.filter((key) => !dumps.has(key)).map((key) => [key, more.add(...DUMPING(key))]),
    );
    const lateReplies = await more.send(this.#connection);
    return names.flatMap((key): Dumped[] => {
      const [type, dump, ttl] = dumps.has(key)
        ? dumps.get(key)!.map((i) => decode(requireDone(replies[i]!)))
        : late.get(key)!.map((i) => decode(requireDone(lateReplies[i]!)));
      // Expired this very moment: the comparison of two runs will tell.
      if (typeof dump !== 'string') return [];
      const dated = Number(ttl) >= 0;
      return [{ key, type: type as string, dump, dated, volatile: this.#rules.logicalTtl && dated }];
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

interface Dumped extends KeyImage {
  key: string;
  type: string;
}

const DUMPING = (key: string): string[][] => [
  ['TYPE', key],
  ['DUMP', key],
  ['PTTL', key],
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
