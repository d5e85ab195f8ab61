import { answerOf } from './answer.ts';
import { isLocal } from './commands.ts';
import { CannotExplore } from './errors.ts';
import type { Histories } from './histories.ts';
import type { Call, InstanceEvent, Settled } from './instance.ts';
import { NEW_CONNECTION, type Answer, type Connection, type Local } from './local.ts';
import { decodeCommand } from './resp.ts';
import type { Rules } from './rules.ts';
import type { Entry, ServerMemo, Step } from './server-memo.ts';

/** The smallest steps that an interleaving is made of. */
export type Atom =
  | { event: 'start'; buyer: number }
  | { event: 'execute'; connection: number; command: string; reply: string; server: number }
  | { event: 'deliver'; connection: number }
  | { event: 'timer' }
  | { event: 'crash'; survivors: readonly number[] };

/** What a cursor walks on. */
export interface Ground {
  memo: ServerMemo;
  histories: Histories;
  rules: Rules;
  /** From the ids that the history's role was recorded with to the ids of the instance at hand, and back. */
  swap: (text: string) => string;
  /** Events after which an instance is taken to go on for ever. */
  mostEvents: number;
  /** @throws StartAgain if the text names buyers other than the role's own: then they are not interchangeable */
  requireOwnIds: (text: string) => void;
}

/**
 * One instance in motion: the state of its server, its code and its connections, and the atoms that led there. The
 * search asks it for single events; what needs no decision (see `settle`) it does by itself.
 */
export class Cursor {
  readonly atoms: Atom[] = [];
  readonly started: number[] = [];
  readonly completed: Answer[] = [];
  /** Keys of `memo.watchable` that were touched, as bits. */
  touched = 0;
  server: number;
  readonly #ground: Ground;
  readonly #role: number;
  #node: number;
  #phase: 'live' | 'crashed';
  #begun: boolean;
  readonly #called: (number | null)[];
  readonly #answers: Answer[];
  readonly #connections: Connection[];

  constructor(ground: Ground, server: number, local: Local) {
    if (local.phase === 'done') throw new Error('a finished instance does nothing');
    this.#ground = ground;
    this.server = server;
    this.#role = local.role;
    this.#node = local.node;
    this.#phase = local.phase;
    this.#begun = local.begun;
    this.#called = [...local.called];
    this.#answers = [...local.answers];
    this.#connections = [...local.connections];
    this.#growConnections();
  }

  get timers(): number {
    return this.#phase === 'live' ? this.#ground.histories.observation(this.#node).timers : 0;
  }

  /** It has done so much that it is taken to go on for ever; the search goes no further with it. */
  get endless(): boolean {
    return this.#phase === 'live' && this.#ground.histories.depth(this.#node) >= this.#ground.mostEvents;
  }

  /** Connections on which a command may run, as the search's branches. */
  executable(): number[] {
    return this.#connections.flatMap((connection, c) => (connection.executed < this.#end(c) ? [c] : []));
  }

  deliverable(): number[] {
    return this.#connections.flatMap((connection, c) => (connection.replies.length > 0 ? [c] : []));
  }

  /** A buyer asks. `startsNow`: its interval begins with the call, not with its first command. */
  async call(buyer: number, call: Call, startsNow: boolean): Promise<void> {
    this.#called.push(buyer);
    this.#begun = startsNow;
    if (startsNow) this.started.push(buyer);
    this.atoms.push({ event: 'start', buyer });
    await this.#happen({ type: 'call', call });
  }

  /** A call that is no purchase. @returns its index among the settled calls */
  async invoke(call: Call): Promise<number> {
    const index = this.#called.push(null) - 1;
    await this.#happen({ type: 'call', call });
    return index;
  }

  settled(index: number): Settled | undefined {
    return this.#ground.histories.observation(this.#node).settled[index];
  }

  /** The next command of the connection runs on the server; its reply sets out. */
  async execute(c: number): Promise<void> {
    this.#begin();
    const connection = this.#connections[c]!;
    const command = this.#ground.swap(this.#written(c)[connection.executed]!);
    const next = { ...connection, executed: connection.executed + 1 };
    const reply = await this.#runOn(next, command);
    this.#ground.requireOwnIds(reply);
    if (this.#phase === 'live') next.replies = [...connection.replies, this.#ground.swap(reply)];
    this.#connections[c] = next;
    this.atoms.push({ event: 'execute', connection: c, command, reply, server: this.server });
  }

  /** The connection's oldest reply arrives. */
  async deliver(c: number): Promise<void> {
    const connection = this.#connections[c]!;
    const [bytes, ...rest] = connection.replies;
    this.#connections[c] = { ...connection, replies: rest };
    this.atoms.push({ event: 'deliver', connection: c });
    await this.#happen({ type: 'deliver', connection: c, bytes: bytes! });
  }

  async fireTimer(): Promise<void> {
    this.atoms.push({ event: 'timer' });
    await this.#happen({ type: 'timer' });
  }

  /** The process dies. Of each connection's sent commands, the first `survivors` may still run: the ghost. */
  crash(survivors: readonly number[]): void {
    this.#begin();
    this.#phase = 'crashed';
    this.atoms.push({ event: 'crash', survivors });
    for (const [c, connection] of this.#connections.entries()) {
      this.#connections[c] = { ...connection, limit: connection.executed + (survivors[c] ?? 0), replies: [] };
    }
  }

  /**
   * Every choice of prefixes of the sent commands that can make a difference: one that ends in a command which only
   * touches its own connection leaves the server as the shorter one does.
   */
  ghosts(): number[][] {
    const choices = this.#connections.map((connection, c) => {
      const pending = this.#written(c).slice(connection.executed, this.#end(c)).map(decodeCommand);
      let inTransaction = connection.queue !== undefined;
      const prefixes = [0];
      pending.forEach((args, i) => {
        const name = args[0]!.toUpperCase();
        if (!isLocal(args, inTransaction) && name !== 'WATCH') prefixes.push(i + 1);
        if (name === 'MULTI') inTransaction = true;
        if (name === 'EXEC' || name === 'DISCARD') inTransaction = false;
      });
      return prefixes;
    });
    return choices.reduce<number[][]>(
      (all, prefixes) => all.flatMap((g) => prefixes.map((p) => [...g, p])),
      [[]],
    );
  }

  /**
   * Does what needs no decision: while the client can hear nothing but the replies of one connection, they arrive
   * at once, and commands that only touch their own connection run at once. Delivering later could only let the
   * client react later, and *when* its reactions run is the search's choice anyway; local commands commute with
   * everything that others do. Not for several buyers on one instance, whose starts could fall in between, nor while
   * a crash or a cut may still come, which would fall in between too. The caller knows both.
   */
  async settle(): Promise<void> {
    for (;;) {
      const executable = this.executable();
      const deliverable = this.deliverable();
      const active = new Set([...executable, ...deliverable]);
      if (this.endless) return;
      if (active.size === 1 && this.timers === 0) {
        if (deliverable.length > 0) await this.deliver(deliverable[0]!);
        else if (this.#nextIsLocal(executable[0]!)) await this.execute(executable[0]!);
        else return;
      } else if (active.size === 0 && this.timers > 0 && this.#waits()) await this.fireTimer();
      else return;
    }
  }

  /** A timer that is all that the instance waits for fires at once: nothing of its own could come before it. */
  async fireLoneTimers(): Promise<void> {
    while (
      !this.endless &&
      this.timers > 0 &&
      this.#waits() &&
      this.executable().length + this.deliverable().length === 0
    ) {
      await this.fireTimer();
    }
  }

  /** Runs everything to its end in the plainest order, for calls that nothing competes with. */
  async drive(): Promise<void> {
    for (;;) {
      const [reply] = this.deliverable();
      const [command] = this.executable();
      if (this.endless)
        throw new CannotExplore('a call goes on and on', 'bound its retries (env.maxAttempts)');
      if (reply !== undefined) await this.deliver(reply);
      else if (command !== undefined) await this.execute(command);
      else if (this.timers > 0 && this.#waits()) await this.fireTimer();
      else return;
    }
  }

  /** Commands that were sent, nothing delivered back, no timer, every call answered. */
  get finished(): boolean {
    if (this.executable().length > 0) return false;
    if (this.#phase === 'crashed') return true;
    return this.deliverable().length === 0 && this.timers === 0 && !this.#waits();
  }

  local(): Local {
    return {
      role: this.#role,
      node: this.#node,
      phase: this.#phase,
      called: this.#called,
      begun: this.#begun,
      connections: this.#connections,
      answers: this.#answers,
    };
  }

  #waits(): boolean {
    return this.#ground.histories.observation(this.#node).settled.includes(undefined);
  }

  #written(c: number): readonly string[] {
    return this.#ground.histories.observation(this.#node).written[c]!;
  }

  #end(c: number): number {
    return Math.min(this.#connections[c]!.limit, this.#written(c).length);
  }

  #nextIsLocal(c: number): boolean {
    const connection = this.#connections[c]!;
    return isLocal(decodeCommand(this.#written(c)[connection.executed]!), connection.queue !== undefined);
  }

  /** A lone buyer's purchase starts when its first command runs, when it finishes without one, or when it dies. */
  #begin(): void {
    const buyers = this.#called.filter((buyer) => buyer !== null);
    if (this.#begun || buyers.length === 0) return;
    this.#begun = true;
    this.started.push(...buyers);
  }

  async #happen(event: InstanceEvent): Promise<void> {
    const { histories, requireOwnIds } = this.#ground;
    const before = histories.observation(this.#node);
    this.#node = histories.known(this.#node, event) ?? (await histories.after(this.#node, event));
    const after = histories.observation(this.#node);
    after.written.forEach((commands, c) =>
      commands.slice(before.written[c]?.length ?? 0).forEach(requireOwnIds),
    );
    after.settled.forEach((settled, i) => {
      const buyer = this.#called[i];
      if (!settled || before.settled[i] || buyer === null || buyer === undefined) return;
      this.#begin();
      const answer = { buyer, outcome: answerOf(settled) };
      this.#answers.push(answer);
      this.completed.push(answer);
    });
    this.#growConnections();
  }

  #growConnections(): void {
    const { written } = this.#ground.histories.observation(this.#node);
    while (this.#connections.length < written.length) this.#connections.push(NEW_CONNECTION);
  }

  /** Runs the command in the state of its connection, and brings both up to date. @returns the reply's bytes */
  async #runOn(connection: Connection, command: string): Promise<string> {
    const args = decodeCommand(command);
    const name = args[0]!.toUpperCase();
    const clear = (): void => {
      connection.queue = undefined;
      connection.watched = [];
      connection.dirty = false;
    };
    if (connection.queue !== undefined && name !== 'EXEC' && name !== 'DISCARD') {
      connection.queue = [...connection.queue, command];
      return this.#ground.memo.queueingReply(command);
    }
    if (name === 'MULTI') {
      connection.queue = [];
      return '+OK\r\n';
    }
    if (name === 'UNWATCH' || (name === 'DISCARD' && connection.queue !== undefined)) {
      clear();
      return '+OK\r\n';
    }
    if (name === 'EXEC') {
      if (connection.queue === undefined) return '-ERR EXEC without MULTI\r\n';
      const step = { command, queued: connection.queue, dirty: connection.dirty };
      clear();
      return (await this.#ask(step)).reply;
    }
    const { reply, touched } = await this.#ask({ command, queued: [], dirty: false });
    // Its own writes count as well: WATCH, own DECR, MULTI, EXEC answers nil.
    if (name === 'WATCH') {
      const keys = args.slice(1).map((key) => this.#ground.swap(key));
      connection.watched = [...new Set([...connection.watched, ...keys])].toSorted();
    } else if (this.#ground.rules.ownTouch && touches(this.#ground, connection, touched)) {
      connection.dirty = true;
    }
    return reply;
  }

  async #ask(step: Step): Promise<Entry> {
    const { memo } = this.#ground;
    const entry = memo.lookup(this.server, step) ?? (await memo.execute(this.server, step));
    this.server = entry.next;
    this.touched |= entry.touched;
    if (entry.touched !== 0 && this.#ground.rules.ownTouch) {
      this.#connections.forEach(
        (other, c) => (this.#connections[c] = dirtied(this.#ground, other, entry.touched)),
      );
    }
    return entry;
  }
}

/** The connection after others touched these keys. */
export function dirtied(ground: Ground, connection: Connection, touched: number): Connection {
  return !connection.dirty && touches(ground, connection, touched)
    ? { ...connection, dirty: true }
    : connection;
}

function touches(ground: Ground, connection: Connection, touched: number): boolean {
  return connection.watched.some((key) => touched & (1 << ground.memo.watchable.indexOf(ground.swap(key))));
}
