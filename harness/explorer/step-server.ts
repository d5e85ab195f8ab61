import { createHash } from 'node:crypto';
import type { RedisTarget } from '../redis/target.ts';
import { requireExplorable, scriptBodies, withoutWaiting } from './commands.ts';
import { RawConnection } from './connection.ts';
import { CannotExplore } from './errors.ts';
import { byBytes, decode, decodeCommand, encodeCommand, sortUnordered, type Reply } from './resp.ts';
import type { Rules } from './rules.ts';
import { contentFrom, readingOf, type KeyContent } from './snapshot.ts';

/** What is to run: one command in the state of its connection, or a fault of the server. */
export interface Step {
  /** Bytes of the command. */
  command: string;
  /** For EXEC: the bytes of the commands queued before it. */
  queued: readonly string[];
  /** For EXEC: a watched key was touched. */
  dirty: boolean;
}

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

/** What one run of a step came to. */
export interface Ran {
  /** Reply bytes, verbatim but for the order of unordered collections. */
  reply: string;
  image: ServerImage;
  /** Bit i: the step touched key i of `watchable`, as WATCH sees it. */
  touched: number;
}

/** Nothing in it. */
export const EMPTY: ServerImage = { content: '[[],"",""]', keys: new Map(), scripts: '', functions: '' };

/** A key that outlives any exploration; its expiry is an event, never the clock's doing. */
const FAR_AWAY_MS = String(10 ** 11);
const DUMMY = '\x00oversell:touch';

/**
 * A private server that runs one step in any state that is asked for. Commands of ours and of the strategy go down one
 * connection in one write wherever the next does not depend on a reply: an exploration waits for the server as
 * often as it asks.
 */
export class StepServer {
  readonly #rules: Rules;
  readonly #connection: RawConnection;
  readonly #monitor: RawConnection;
  readonly #observers: RawConnection[] = [];
  readonly #openObserver: () => Promise<RawConnection>;
  readonly #bodies = new Map<string, string>();
  readonly #contentByDump = new Map<string, Pick<KeyContent, 'type' | 'items'>>();
  /** What the server holds, where nobody but `run` has worked on it. */
  #held: Held | undefined;
  /** Keys that were there last: the next look asks for them ahead. */
  #expected: readonly string[] = [];
  #usesFunctions = false;
  /** What scripts called since the last sentinel. */
  #hidden: string[] = [];
  #sentinel = 0;
  #echoed: (() => void) | undefined;
  /** Keys whose touching is observed. */
  readonly watchable: string[] = [];
  /** Commands run on behalf of the strategy. */
  commands = 0;

  private constructor(
    connection: RawConnection,
    monitor: RawConnection,
    openObserver: () => Promise<RawConnection>,
    rules: Rules,
  ) {
    this.#rules = rules;
    this.#connection = connection;
    this.#monitor = monitor;
    this.#openObserver = openObserver;
    monitor.onUnasked = (line) => this.#hear(line);
  }

  static async open(target: RedisTarget, rules: Rules): Promise<StepServer> {
    const connect = (): Promise<RawConnection> => RawConnection.open(target.options);
    const [connection, monitor] = await Promise.all([connect(), connect()]);
    await monitor.call(['MONITOR']);
    // The server looks this often whether a WAIT's time is up: at its usual 10 Hz, one of 1 ms takes up to 100 ms.
    await connection.call(['CONFIG', 'SET', 'hz', '500']);
    return new StepServer(connection, monitor, connect, rules);
  }

  /** Leaves the server's settings as they are by default: what is measured on it later does not depend on us. */
  async close(): Promise<void> {
    await this.#connection.call(['CONFIG', 'SET', 'hz', '10']).catch(() => {}); // it may have ended
    for (const connection of [this.#connection, this.#monitor, ...this.#observers]) connection.close();
  }

  /** Runs a command of our own on the server as it stands. */
  async call(args: readonly string[]): Promise<void> {
    this.#held = undefined;
    await this.#connection.call(args);
  }

  /** The server as it stands, after something else worked on it. */
  async look(): Promise<ServerImage> {
    this.#held = undefined;
    const batch = new Batch();
    const looked = this.#ask(batch, this.#expected, { scripts: true, functions: true });
    const replies = await batch.send(this.#connection);
    return this.#imageOf(replies, looked);
  }

  /** What the server answers when the command comes after MULTI: QUEUED, or why not. No state matters to that. */
  async queueingReply(command: string): Promise<string> {
    const replies = await this.#connection.send([
      encodeCommand(['MULTI']),
      command,
      encodeCommand(['DISCARD']),
    ]);
    return replies[1]!;
  }

  /** Observes one more key: who WATCHes it is told by every later run. */
  async observe(key: string): Promise<void> {
    this.watchable.push(key);
    this.#observers.push(await this.#openObserver());
  }

  /** Runs the step in the state. */
  async run(from: ServerImage, step: Step): Promise<Ran> {
    const commands = [step.command, ...step.queued].map(decodeCommand);
    const [name, ...queuedNames] = commands.map(nameOf) as [string, ...string[]];
    this.#learn(commands);
    if ([name, ...queuedNames].some((one) => LISTING.has(one))) this.#held = undefined;
    const flushed = this.#held === undefined;
    const isExec = step.queued.length > 0 || name === 'EXEC';
    const batch = new Batch();
    // EXEC depends on whether a watched key was touched, not on which: one flag of the connection in Redis. A dummy
    // key sets it, before the restore, so that the content is not disturbed.
    const dirtying = step.dirty ? batch.add(['WATCH', DUMMY], ['SET', DUMMY, '1'], ['DEL', DUMMY]) : [];
    const restored = batch.add(
      ...(this.#held ? [] : [['FLUSHALL', 'SYNC']]),
      ...changing(this.#held ?? NOTHING, from),
      ...this.#loading(from),
    );
    const before = [...dirtying, ...restored];
    this.#held = undefined; // until the look after the step has told
    // Only this waits half-way: observers must watch what was restored, and before the step.
    const early = this.#observers.length > 0;
    if (early) await this.#watch(batch, before);
    const rest = early ? new Batch() : batch;
    if (isExec) rest.add(['MULTI']);
    rest.addBytes(...step.queued);
    const [at] = rest.addBytes(withoutWaiting(step.command)) as [number];
    if (step.dirty || isExec || name === 'WATCH') rest.add(['UNWATCH']);
    const heard = SHOWN_BY_MONITOR.test(name) ? this.#listen(rest) : undefined;
    const names = [name, ...queuedNames];
    const looked = this.#ask(rest, [...from.keys.keys()], {
      // SCRIPT FLUSH and FUNCTION FLUSH change what is loaded as much as loading does.
      scripts: names.some((one) => ['EVAL', 'EVAL_RO', 'SCRIPT'].includes(one)) || from.scripts,
      functions: names.includes('FUNCTION') || from.functions,
    });
    this.commands += step.queued.length + (isExec ? 2 : 1);
    const replies = await rest.send(this.#connection);
    const touched = await this.#touched();
    await heard;
    if (!early) for (const i of before) requireDone(replies[i]!);
    // A script that lists keys shows only now that the state should have been made from nothing.
    if (heard && this.#hiddenNames().some((one) => LISTING.has(one)) && !flushed) return this.run(from, step);
    const image = await this.#imageOf(replies, looked);
    this.#held = heldAfter(from, image);
    return { reply: sortUnordered(replies[at]!), image, touched };
  }

  /** Texts of scripts are kept: digests alone cannot be restored. */
  #learn(commands: readonly string[][]): void {
    for (const args of commands) {
      if (nameOf(args) === 'FUNCTION') this.#usesFunctions = true;
      for (const body of scriptBodies(args)) {
        this.#bodies.set(createHash('sha1').update(body, 'latin1').digest('hex'), body);
      }
    }
  }

  /** What loads the scripts and libraries of a state, and those alone. */
  #loading({ scripts, functions }: ServerImage): string[][] {
    const commands: string[][] = [];
    const [wanted, loaded] = [digestsIn(scripts), this.#held && digestsIn(this.#held.scripts)];
    const flushed = loaded === undefined || loaded.some((digest) => !wanted.includes(digest));
    if (flushed) commands.push(['SCRIPT', 'FLUSH', 'SYNC']);
    for (const digest of wanted)
      if (flushed || !loaded.includes(digest)) commands.push(['SCRIPT', 'LOAD', this.#bodies.get(digest)!]);
    if (this.#held?.functions !== functions) {
      if (this.#usesFunctions) commands.push(['FUNCTION', 'FLUSH', 'SYNC']);
      if (functions) commands.push(['FUNCTION', 'RESTORE', functions]);
    }
    return commands;
  }

  async #watch(batch: Batch, before: readonly number[]): Promise<void> {
    const replies = await batch.send(this.#connection);
    for (const i of before) requireDone(replies[i]!);
    await Promise.all(this.#observers.map((observer, i) => observer.call(['WATCH', this.watchable[i]!])));
  }

  async #touched(): Promise<number> {
    const answers = await Promise.all(
      this.#observers.map((observer) => observer.send([encodeCommand(['MULTI']), encodeCommand(['EXEC'])])),
    );
    return answers.reduce((bits, answer, i) => (decode(answer[1]!) === null ? bits | (1 << i) : bits), 0);
  }

  /**
   * Asks what the server holds.
   *
   * @param expected keys that are probably there
   * @param loaded true: ask for it; a text: it is as it was
   */
  #ask(
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

  async #imageOf(replies: readonly string[], looked: Looked): Promise<ServerImage> {
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
          `key ${key} was gone before it could be read: its deadline is nearer than that`,
          'give it some seconds to live; when it expires is explored, whatever its deadline',
        );
      }
      this.#contentByDump.set(dump, contentFrom(type, reading!));
    }
  }

  /** What scripts call inside the server is shown by MONITOR alone; when it shows the sentinel, it has shown all. */
  #listen(batch: Batch): Promise<void> {
    this.#hidden = [];
    batch.add(['ECHO', `oversell:${++this.#sentinel}`]);
    return new Promise((resolve) => (this.#echoed = resolve));
  }

  #hear(line: string): void {
    if (line.includes(`"ECHO" "oversell:${this.#sentinel}"`)) this.#echoed?.();
    const hidden = /^\+\d+\.\d+ \[\d+ lua\] (.*)\r\n$/s.exec(line)?.[1];
    if (hidden !== undefined) this.#hidden.push(hidden);
  }

  /** Names of the commands that its scripts call. @throws CannotExplore if one of them cannot be explored */
  #hiddenNames(): string[] {
    return this.#hidden.map((hidden) => {
      const args = [...hidden.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map((match) => match[1]!);
      requireExplorable(args, 'its script calls');
      return nameOf(args);
    });
  }
}

/** What the server holds. */
interface Held extends Pick<ServerImage, 'scripts' | 'functions'> {
  names: readonly string[];
  /** Key to dump, of the keys that are as a restore leaves them. */
  restored: ReadonlyMap<string, string>;
}

const NOTHING = { names: [], restored: new Map<string, string>() };

/**
 * A key that the step changed is not as a restore would leave it, its order for one. Nor is one with a deadline: the
 * strategy's may be near, and must not pass while we look on.
 */
function heldAfter(from: ServerImage, { keys, scripts, functions }: ServerImage): Held {
  const restored = [...keys].flatMap(([key, { dump, dated }]): [string, string][] =>
    from.keys.get(key)?.dump === dump && !dated ? [[key, dump]] : [],
  );
  return { names: [...keys.keys()], restored: new Map(restored), scripts, functions };
}

/**
 * Makes the keys those of another state. What is the same stays: an exploration goes back and forth between
 * neighbours, and to flush a server takes longer than all that is asked of it.
 */
function changing(held: Pick<Held, 'names' | 'restored'>, wanted: ServerImage): string[][] {
  const gone = held.names.filter((key) => !wanted.keys.has(key));
  const commands = gone.length > 0 ? [['DEL', ...gone]] : [];
  for (const [key, { volatile, dump }] of wanted.keys) {
    if (held.restored.get(key) === dump && !volatile) continue;
    commands.push(['RESTORE', key, volatile ? FAR_AWAY_MS : '0', dump, 'REPLACE']);
  }
  return commands;
}

const digestsIn = (scripts: string): string[] => scripts.split(' ').filter(Boolean);

/** Their answer has the order of the keyspace, which is one of how it came about. */
const LISTING = new Set(['KEYS', 'SCAN']);

/** Commands that call others inside the server. */
const SHOWN_BY_MONITOR = /^(EVAL|FCALL|EXEC)/;

/** Where in the replies it says what the server holds. */
interface Looked {
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

/** Commands that go down a connection together. */
class Batch {
  readonly #commands: string[] = [];

  /** @returns where their replies will be */
  add(...commands: readonly (readonly string[])[]): number[] {
    return this.addBytes(...commands.map(encodeCommand));
  }

  addBytes(...commands: readonly string[]): number[] {
    return commands.map((command) => this.#commands.push(command) - 1);
  }

  send(connection: RawConnection): Promise<string[]> {
    return connection.send(this.#commands);
  }
}

function itemsOf(reply: string): Reply[] {
  const decoded = decode(requireDone(reply));
  if (typeof decoded === 'object' && decoded !== null && decoded.kind !== 'error') return decoded.items;
  throw new Error(`the private server answered ${reply.trim()} where it lists something`);
}

/** Our own commands never fail, and are never queued. */
function requireDone(reply: string): string {
  if (!/^(-|\+QUEUED\r)/.test(reply)) return reply;
  throw new Error(`a command on the private server was answered ${reply.trim()}`);
}

export const nameOf = (args: readonly string[]): string => args[0]!.toUpperCase();
