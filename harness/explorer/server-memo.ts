import { createHash } from 'node:crypto';
import type { RedisTarget } from '../redis/target.ts';
import { requireExplorable, scriptBodies, withoutWaiting } from './commands.ts';
import { RawConnection } from './connection.ts';
import { drawOf, mayDraw, type Draw } from './draws.ts';
import { CannotExplore } from './errors.ts';
import { byBytes, decode, decodeCommand, encodeCommand, sortUnordered, type Reply } from './resp.ts';
import type { ServerMove } from './moves.ts';
import { ALL_RULES, type Rules } from './rules.ts';
import { canonical, contentOf, type KeyContent } from './snapshot.ts';

/** What is to run: one command in the state of its connection, or a fault of the server. */
export interface Step {
  /** Bytes of the command. */
  command: string;
  /** For EXEC: the bytes of the commands queued before it. */
  queued: readonly string[];
  /** For EXEC: a watched key was touched. */
  dirty: boolean;
}

/** What running a step came to. */
export interface Entry {
  /** Reply bytes, verbatim but for the order of unordered collections. */
  reply: string;
  next: number;
  /** Bit i: the step touched key i of `watchable`, as WATCH sees it. */
  touched: number;
}

interface KeyImage {
  dump: string;
  volatile: boolean;
}

interface ServerState {
  /** The logical content: equal strings, equal states. */
  content: string;
  keys: Map<string, KeyImage>;
  /** SHA-1 digests of the loaded scripts, sorted. */
  scripts: string;
  /** FUNCTION DUMP, latin1; '' without libraries. */
  functions: string;
  /** How it was first reached: what the same state under other names is made from. */
  origin: { from: number; step: Step } | undefined;
}

/** A key that outlives any exploration; its expiry is an event, never the clock's doing. */
const FAR_AWAY_MS = String(10 ** 11);
const DUMMY = '\x00oversell:touch';

/**
 * The real server as a function: (server state, step) → (reply, next server state, touched keys). Each entry is
 * asked once, executed twice from a fresh restore, and compared.
 */
export class ServerMemo {
  readonly #rules: Rules;
  readonly #worker: RawConnection;
  readonly #admin: RawConnection;
  readonly #monitor: RawConnection;
  readonly #observers: RawConnection[] = [];
  readonly #openObserver: () => Promise<RawConnection>;
  readonly #states: ServerState[] = [];
  readonly #idByContent = new Map<string, number>();
  readonly #entries = new Map<string, Entry>();
  readonly #asked = new Map<string, { state: number; step: Step }>();
  readonly #queueing = new Map<string, string>();
  readonly #bodies = new Map<string, string>();
  readonly #contentByDump = new Map<string, Pick<KeyContent, 'type' | 'items'>>();
  #current: { scripts: string; functions: string } | undefined;
  #monitored: string[] = [];
  #sentinel = 0;
  #echoed: (() => void) | undefined;
  #usesFunctions = false;
  /** Keys whose touching is observed; all keys that a strategy WATCHes. */
  readonly watchable: string[] = [];
  /** Commands sent to the private server on behalf of the strategy, checks included. */
  serverCommands = 0;

  private constructor(
    connections: RawConnection[],
    openObserver: () => Promise<RawConnection>,
    rules: Rules,
  ) {
    this.#rules = rules;
    [this.#worker, this.#admin, this.#monitor] = connections as [RawConnection, RawConnection, RawConnection];
    this.#openObserver = openObserver;
    this.#monitor.onUnasked = (line) => this.#hear(line);
  }

  static async open(target: RedisTarget, rules: Rules = ALL_RULES): Promise<ServerMemo> {
    const connect = (): Promise<RawConnection> => RawConnection.open(target.options);
    const connections = await Promise.all([connect(), connect(), connect()]);
    await connections[2].call(['MONITOR']);
    // The server looks this often whether a WAIT's time is up: at its usual 10 Hz, one of 1 ms takes up to 100 ms.
    await connections[1].call(['CONFIG', 'SET', 'hz', '500']);
    return new ServerMemo(connections, connect, rules);
  }

  /** Leaves the server's settings as they are by default: what is measured on it later does not depend on us. */
  async close(): Promise<void> {
    await this.#admin.call(['CONFIG', 'SET', 'hz', '10']).catch(() => {}); // it may have ended
    for (const connection of [this.#worker, this.#admin, this.#monitor, ...this.#observers])
      connection.close();
  }

  /** The empty server. */
  empty(): number {
    return this.#intern({
      content: '[[],"",""]',
      keys: new Map(),
      scripts: '',
      functions: '',
      origin: undefined,
    });
  }

  content(state: number): string {
    return this.#states[state]!.content;
  }

  /** Empties the server, for a sale over real sockets beside the memo. */
  async clear(): Promise<void> {
    this.#current = undefined;
    for (const command of [
      ['FLUSHALL', 'SYNC'],
      ['SCRIPT', 'FLUSH', 'SYNC'],
      ['FUNCTION', 'FLUSH', 'SYNC'],
    ]) {
      await this.#admin.call(command);
    }
  }

  /** Lets something befall the server as it stands. */
  async perform(move: ServerMove): Promise<void> {
    for (const args of commandsOf(move)) await this.call(args);
  }

  /** Runs a command of our own on the server as it stands. */
  async call(args: string[]): Promise<void> {
    await this.#admin.call(args);
  }

  /** Keys of the server as it stands. */
  async keysNow(): Promise<readonly KeyContent[]> {
    return (JSON.parse(await this.capture()) as [KeyContent[]])[0];
  }

  /** Every deadline of the server as it stands passes. */
  async expireAll(): Promise<void> {
    for (const { key, volatile } of await this.keysNow())
      if (volatile) await this.perform({ kind: 'expire', key });
  }

  /** The logical content of the server as it stands, after something else worked on it. */
  async capture(): Promise<string> {
    this.#current = undefined;
    const [scripts, functions] = [await this.#loadedScripts(), await this.#libraries()];
    return (await this.#image(scripts, functions)).content;
  }

  /** The entry if it is known, else undefined: then `execute` it. */
  lookup(state: number, step: Step): Entry | undefined {
    return this.#entries.get(entryKey(state, step));
  }

  async execute(state: number, step: Step): Promise<Entry> {
    const key = entryKey(state, step);
    const known = this.#entries.get(key);
    if (known) return known;
    this.#inspect(state, step);
    const first = await this.#run(state, step);
    const second = await this.#run(state, step);
    if (first.reply !== second.reply || first.image.content !== second.image.content) {
      throw new CannotExplore(
        `nondeterministic: ${name(step)} answered or left something else when it ran twice from the same state`,
        'let nothing depend on the clock, on chance or on the order of sets inside the server',
      );
    }
    const entry = { reply: first.reply, next: this.#intern(first.image), touched: first.touched };
    this.#entries.set(key, entry);
    this.#asked.set(key, { state, step });
    return entry;
  }

  /** What the server will draw in the course of the step; undefined where its answer is certain. */
  draw(state: number, { command }: Step): Draw | undefined {
    return drawOf(decodeCommand(command), this.keys(state));
  }

  /** Keys of a state, in byte order. */
  keys(state: number): readonly KeyContent[] {
    return (JSON.parse(this.content(state)) as [KeyContent[]])[0];
  }

  /** Something befalls the server by itself. It is done with the command that has the same effect. */
  async befall(state: number, move: ServerMove): Promise<{ next: number; touched: number }> {
    let next = state;
    let touched = 0;
    for (const args of commandsOf(move)) {
      const entry = await this.execute(next, { command: encodeCommand(args), queued: [], dirty: false });
      next = entry.next;
      touched |= entry.touched;
    }
    return { next, touched };
  }

  /** What the server answers when the command comes after MULTI: QUEUED, or why not. No state matters to that. */
  async queueingReply(command: string): Promise<string> {
    const known = this.#queueing.get(command);
    if (known !== undefined) return known;
    requireExplorable(decodeCommand(command));
    const [, reply] = await this.#worker.send([
      encodeCommand(['MULTI']),
      command,
      encodeCommand(['DISCARD']),
    ]);
    this.#queueing.set(command, reply!);
    return reply!;
  }

  /** Starts observing a key that a strategy watches. @returns false if it was observed already */
  async watch(key: string): Promise<boolean> {
    if (this.watchable.includes(key)) return false;
    if (this.watchable.length === 30)
      throw new CannotExplore('it watches more than 30 keys', 'watch fewer keys');
    this.watchable.push(key);
    this.#observers.push(await this.#openObserver());
    this.#entries.clear(); // what these touched of the new key is not known
    return true;
  }

  /**
   * The same state with other ids in it. It is reached as the original was, with renamed commands, and must come
   * out as the original's content with renamed ids. @returns undefined if it does not: ids then are not
   * interchangeable
   */
  async rename(state: number, rename: (text: string) => string): Promise<number | undefined> {
    const { content, origin } = this.#states[state]!;
    const wanted = renameContent(content, rename);
    if (wanted === content) return state;
    const known = this.#idByContent.get(wanted);
    if (known !== undefined) return known;
    if (!origin) return undefined;
    const from = await this.rename(origin.from, rename);
    if (from === undefined) return undefined;
    const { command, queued, dirty } = origin.step;
    const { next } = await this.execute(from, {
      command: rename(command),
      queued: queued.map(rename),
      dirty,
    });
    return this.content(next) === wanted || !this.#rules.renamingCheck ? next : undefined;
  }

  /**
   * Runs every entry again under a renaming. @returns the first step that then does something else: it depends on
   * more of the ids than whether they are equal (their order, their digest), so buyers are not interchangeable
   */
  async verifyRenaming(rename: (text: string) => string): Promise<string | undefined> {
    for (const [key, entry] of Array.from(this.#entries)) {
      const { state, step } = this.#asked.get(key)!;
      const renamed = { ...step, command: rename(step.command), queued: step.queued.map(rename) };
      const from = await this.rename(state, rename);
      if (from === undefined) return name(step);
      const again = await this.execute(from, renamed);
      const sameReply = again.reply === sortUnordered(rename(entry.reply)) && again.touched === entry.touched;
      if (!sameReply || this.content(again.next) !== renameContent(this.content(entry.next), rename))
        return name(step);
    }
    return undefined;
  }

  #inspect(state: number, step: Step): void {
    for (const bytes of [step.command, ...step.queued]) {
      const args = decodeCommand(bytes);
      // One that takes all that there is draws nothing; what stands before it in a transaction may change that.
      const certain = mayDraw(args) && bytes === step.command && !this.draw(state, step);
      if (!certain) requireExplorable(args);
      if (args[0]!.toUpperCase() === 'FUNCTION') this.#usesFunctions = true;
      for (const body of scriptBodies(args)) {
        this.#bodies.set(createHash('sha1').update(body, 'latin1').digest('hex'), body);
      }
    }
  }

  async #run(state: number, step: Step): Promise<{ reply: string; image: ServerState; touched: number }> {
    const isExec = step.queued.length > 0 || name(step) === 'EXEC';
    // EXEC depends on whether a watched key was touched, not on which: one flag of the connection in Redis. A
    // dummy key sets it, before the restore, so that the content is not disturbed.
    if (step.dirty) {
      await this.#worker.call(['WATCH', DUMMY]);
      await this.#admin.call(['SET', DUMMY, '1']);
    }
    await this.#restore(state);
    await Promise.all(this.#observers.map((observer, i) => observer.call(['WATCH', this.watchable[i]!])));
    const prelude = isExec ? [encodeCommand(['MULTI']), ...step.queued] : [];
    this.#monitored = [];
    this.serverCommands += prelude.length + 1;
    const replies = await this.#worker.send([...prelude, withoutWaiting(step.command)]);
    const reply = sortUnordered(replies.at(-1)!);
    if (step.dirty || isExec || name(step) === 'WATCH') await this.#worker.send([encodeCommand(['UNWATCH'])]);
    const touched = await this.#observe();
    await this.#refuseHiddenCommands(step);
    return { reply, image: await this.#snapshot(state, step), touched };
  }

  async #observe(): Promise<number> {
    const answers = await Promise.all(
      this.#observers.map((observer) => observer.send([encodeCommand(['MULTI']), encodeCommand(['EXEC'])])),
    );
    return answers.reduce((bits, answer, i) => (decode(answer[1]!) === null ? bits | (1 << i) : bits), 0);
  }

  async #restore(id: number): Promise<void> {
    const state = this.#states[id]!;
    const commands = [['FLUSHALL', 'SYNC']];
    if (this.#current?.scripts !== state.scripts) {
      commands.push(['SCRIPT', 'FLUSH', 'SYNC']);
      for (const sha of state.scripts.split(' ').filter(Boolean))
        commands.push(['SCRIPT', 'LOAD', this.#bodies.get(sha)!]);
    }
    if ((this.#current?.functions ?? '') !== state.functions || !this.#current) {
      if (this.#usesFunctions) commands.push(['FUNCTION', 'FLUSH', 'SYNC']);
      if (state.functions) commands.push(['FUNCTION', 'RESTORE', state.functions]);
    }
    for (const [key, image] of state.keys) {
      commands.push(['RESTORE', key, image.volatile ? FAR_AWAY_MS : '0', image.dump]);
    }
    const replies = await this.#admin.send(commands.map(encodeCommand));
    replies.forEach((reply, i) => {
      if (reply.startsWith('-')) throw new Error(`restore: ${commands[i]![0]} answered ${reply.trim()}`);
    });
    this.#current = { scripts: state.scripts, functions: state.functions };
  }

  async #snapshot(from: number, step: Step): Promise<ServerState> {
    const before = this.#states[from]!;
    const names = [step.command, ...step.queued].map((bytes) => decodeCommand(bytes)[0]!.toUpperCase());
    // FUNCTION FLUSH and SCRIPT FLUSH change what is loaded as much as loading does.
    const loads = names.some((command) => ['EVAL', 'EVAL_RO', 'SCRIPT'].includes(command));
    const scripts = loads ? await this.#loadedScripts() : before.scripts;
    const functions = names.includes('FUNCTION') ? await this.#libraries() : before.functions;
    this.#current = { scripts, functions };
    return { ...(await this.#image(scripts, functions)), origin: { from, step } };
  }

  async #image(scripts: string, functions: string): Promise<ServerState> {
    const names = decode((await this.#admin.send([encodeCommand(['KEYS', '*'])]))[0]!) as { items: string[] };
    const keys = new Map<string, KeyImage>();
    const parts: KeyContent[] = [];
    const sorted = names.items.toSorted(byBytes);
    const commands = sorted.flatMap((key) => [encodeCommand(['DUMP', key]), encodeCommand(['PTTL', key])]);
    const replies = await this.#admin.send(commands);
    for (const [i, key] of sorted.entries()) {
      const [dump, ttl] = [decode(replies[2 * i]!), decode(replies[2 * i + 1]!)];
      if (typeof dump !== 'string') continue; // expired this very moment: the comparison of two runs will tell
      const volatile = this.#rules.logicalTtl && Number(ttl) >= 0;
      keys.set(key, { dump, volatile });
      let content = this.#contentByDump.get(dump);
      if (content === undefined) {
        content = this.#rules.logicalContent
          ? await contentOf(this.#admin, key)
          : { type: 'dump', items: [dump] };
        this.#contentByDump.set(dump, content);
      }
      parts.push({ key, volatile, ...content });
    }
    const digest = functions && createHash('sha1').update(functions, 'latin1').digest('hex');
    return { content: JSON.stringify([parts, scripts, digest]), keys, scripts, functions, origin: undefined };
  }

  async #loadedScripts(): Promise<string> {
    const digests = [...this.#bodies.keys()].toSorted(byBytes);
    if (digests.length === 0) return '';
    const reply = (await this.#admin.call(['SCRIPT', 'EXISTS', ...digests])) as { items: Reply[] };
    return digests.filter((_, i) => reply.items[i] === 1).join(' ');
  }

  async #libraries(): Promise<string> {
    const listed = (await this.#admin.call(['FUNCTION', 'LIST'])) as { items: Reply[] };
    return listed.items.length === 0 ? '' : ((await this.#admin.call(['FUNCTION', 'DUMP'])) as string);
  }

  /** What scripts call inside the server is shown by MONITOR alone. */
  async #refuseHiddenCommands(step: Step): Promise<void> {
    if (!/^(EVAL|FCALL|EXEC)/.test(name(step))) return;
    const heard = new Promise<void>((resolve) => (this.#echoed = resolve));
    await this.#admin.call(['ECHO', `oversell:${++this.#sentinel}`]);
    await heard;
    for (const line of this.#monitored) {
      const hidden = /^\+\d+\.\d+ \[\d+ lua\] (.*)\r\n$/s.exec(line)?.[1];
      if (hidden === undefined) continue;
      requireExplorable(
        [...hidden.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map((match) => match[1]!),
        'its script calls',
      );
    }
  }

  #hear(line: string): void {
    if (line.includes(`"oversell:${this.#sentinel}"`)) this.#echoed?.();
    else this.#monitored.push(line);
  }

  #intern(state: ServerState): number {
    const known = this.#idByContent.get(state.content);
    if (known !== undefined) return known;
    this.#idByContent.set(state.content, this.#states.length);
    return this.#states.push(state) - 1;
  }
}

const entryKey = (state: number, step: Step): string =>
  `${state} ${step.dirty ? 'd' : ''}${step.queued.length} ${step.queued.join('')}${step.command}`;

const name = (step: Step): string => decodeCommand(step.command)[0]!.toUpperCase();

/** A restart is an end of every connection, too; that is not the server's part. */
function commandsOf(move: ServerMove): string[][] {
  switch (move.kind) {
    case 'expire':
      return [['PEXPIREAT', move.key, '1']]; // the past: the key expires now, as it would by the clock
    case 'evict':
      return [['DEL', move.key]];
    case 'script-flush':
    case 'restart':
      return [['SCRIPT', 'FLUSH', 'SYNC']];
    case 'restart-without-aof':
      return [
        ['SCRIPT', 'FLUSH', 'SYNC'],
        ['FUNCTION', 'FLUSH', 'SYNC'],
        ['FLUSHALL', 'SYNC'],
      ];
  }
}

/** Renames ids in a content and brings what has no order back into byte order. */
export function renameContent(content: string, rename: (text: string) => string): string {
  const renamed = rename(content);
  if (renamed === content) return content;
  const [keys, ...rest] = JSON.parse(renamed) as [KeyContent[], string, string];
  return JSON.stringify([keys.map(canonical).toSorted((a, b) => byBytes(a.key, b.key)), ...rest]);
}
