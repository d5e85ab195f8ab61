import { answerOf } from '../process/answer.ts';
import { isLocal } from '../server/explorable.ts';
import { executeDraw } from '../server/draws.ts';
import { CannotExplore, OpenPick } from '../errors.ts';
import type { Histories } from '../process/histories.ts';
import type { Call, InstanceEvent, Settled } from '../process/instance.ts';
import { GONE, NEW_CONNECTION, type Answer, type CallState, type Connection, type Local } from './local.ts';
import { decodeCommand } from '../../wire/resp.ts';
import type { Rules } from '../rules.ts';
import type { Entry, ServerMemo } from '../server/memo.ts';
import type { Step } from '../server/step-server.ts';

/** The smallest steps that an interleaving is made of. */
export type Atom = (
  | { event: 'start'; call: Call; buyer: number; operation: number }
  | { event: 'execute'; connection: number; command: string; reply: string; server: number }
  | { event: 'deliver'; connection: number }
  | { event: 'timer' }
  | { event: 'cut'; connection: number; survivors: number }
  | { event: 'crash'; survivors: readonly number[] }
) & {
  /** What `env.pick` answered in the course of it; of an execution: which outcome the server drew. */
  picks?: readonly number[];
};

/** What a cursor walks on. */
export interface Ground {
  memo: ServerMemo;
  histories: Histories;
  rules: Rules;
  /** From the ids that the history's role was recorded with to the ids of the instance at hand, and back. */
  swap: (text: string) => string;
  /** What the server draws is an event with several outcomes; or the first of them, where nothing competes. */
  draws: 'branch' | 'first';
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
  /** Operations that started and that were answered on the way. */
  readonly started: number[] = [];
  readonly completed: Answer[] = [];
  /** Keys of `memo.watchable` that were touched, as bits. */
  touched = 0;
  server: number;
  readonly #ground: Ground;
  readonly #role: number;
  readonly #picks: number[];
  #node: number;
  #phase: 'live' | 'crashed';
  readonly #calls: CallState[];
  readonly #connections: Connection[];
  #lost: readonly string[];
  /** Which outcome the last command had, if the server drew it. */
  #drawn: number | undefined;

  /** @param picks answers for the choices (`env.pick`, the server's draws) on the way, in order */
  constructor(ground: Ground, server: number, local: Local, picks: readonly number[] = []) {
    if (local.phase === 'done' || local.phase === 'absent')
      throw new Error(`an instance that is ${local.phase}`);
    this.#ground = ground;
    this.server = server;
    this.#role = local.role;
    this.#node = local.node;
    this.#phase = local.phase;
    this.#calls = [...local.calls];
    this.#connections = [...local.connections];
    this.#lost = local.lost;
    this.#picks = [...picks];
    this.#growConnections();
  }

  get timers(): number {
    return this.#phase === 'live' ? this.#ground.histories.observation(this.#node).timers : 0;
  }

  /** A timer may fire: while something is asked, any; afterwards those that do not repeat for ever. */
  get timerMatters(): boolean {
    if (this.#phase !== 'live') return false;
    const { timers, repeating } = this.#ground.histories.observation(this.#node);
    return this.waits ? timers > 0 : timers > repeating;
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

  /**
   * Something is asked of the seller. Unless it `begins` now, its interval begins with its first command.
   * @returns the index of the call
   */
  async call(call: Call, state: Omit<CallState, 'resent' | 'outcome'>): Promise<number> {
    const index = this.#calls.push({ ...state, resent: false }) - 1;
    const { operation, buyer, begun } = state;
    if (operation >= 0 && begun) this.started.push(operation);
    if (operation >= 0 || call.method === 'runJob') {
      this.atoms.push({ event: 'start', call, buyer, operation });
    }
    await this.#happen({ type: 'call', call });
    return index;
  }

  /** A call that nobody's interval hangs on. */
  invoke(call: Call): Promise<number> {
    return this.call(call, { operation: -1, kind: 'other', buyer: -1, begun: true });
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
    this.#drawn = undefined;
    const reply = await this.#runOn(next, command);
    this.#ground.requireOwnIds(reply);
    if (next.open) next.replies = [...connection.replies, this.#ground.swap(reply)];
    this.#connections[c] = next.open || next.executed < this.#endOf(next, c) ? next : GONE;
    const picks = this.#drawn === undefined ? {} : { picks: [this.#drawn] };
    this.atoms.push({ event: 'execute', connection: c, command, reply, server: this.server, ...picks });
  }

  /** The connection's oldest reply arrives. */
  async deliver(c: number): Promise<void> {
    const connection = this.#connections[c]!;
    const [bytes, ...rest] = connection.replies;
    this.#connections[c] = { ...connection, replies: rest };
    this.atoms.push({ event: 'deliver', connection: c });
    await this.#happen({ type: 'deliver', connection: c, bytes: bytes! });
  }

  /** All replies that wait. */
  async deliverAll(c: number): Promise<void> {
    while (this.#connections[c]!.replies.length > 0) await this.deliver(c);
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
    for (let c = 0; c < this.#connections.length; c++) this.#close(c, survivors[c] ?? 0);
  }

  /** The connection breaks; of its sent commands, the first `survivors` may still run. The client finds out. */
  async cut(c: number, survivors: number): Promise<void> {
    const { executed, replies } = this.#connections[c]!;
    this.#lost = [...this.#lost, ...this.#written(c).slice(executed - replies.length)];
    this.#close(c, survivors);
    this.atoms.push({ event: 'cut', connection: c, survivors });
    await this.#happen({ type: 'cut', connection: c });
  }

  /** Connections that the client holds open. */
  openConnections(): number[] {
    if (this.#phase !== 'live') return [];
    return this.#connections.flatMap((connection, c) => (connection.open ? [c] : []));
  }

  /** What is on its way on the connection: commands that did not run, and replies that did not arrive. */
  outstanding(c: number): { commands: number; replies: number } {
    const { executed, replies } = this.#connections[c]!;
    return { commands: this.#end(c) - executed, replies: replies.length };
  }

  /** Whether anything was ever sent on the connection. */
  wasUsed(c: number): boolean {
    return this.#written(c).length > 0;
  }

  /**
   * Every prefix of the connection's sent commands that can make a difference: one that ends in a command which only
   * touches its own connection leaves the server as the shorter one does.
   */
  prefixes(c: number): number[] {
    const connection = this.#connections[c]!;
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
  }

  /** Every choice of such prefixes over all connections. */
  ghosts(): number[][] {
    return this.#connections.reduce<number[][]>(
      (all, _, c) => all.flatMap((chosen) => this.prefixes(c).map((prefix) => [...chosen, prefix])),
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
      } else if (active.size === 0 && this.timerMatters) await this.fireTimer();
      else return;
    }
  }

  /** A timer that is all that the instance waits for fires at once: nothing of its own could come before it. */
  async fireLoneTimers(): Promise<void> {
    while (!this.endless && this.timerMatters) {
      if (this.executable().length + this.deliverable().length > 0) return;
      await this.fireTimer();
    }
  }

  /**
   * Runs everything to its end in the plainest order, for calls that nothing competes with.
   *
   * @param meanwhile what others do while this one waits for time to pass, before each timer
   */
  async drive(meanwhile?: () => Promise<void>): Promise<void> {
    for (;;) {
      const [reply] = this.deliverable();
      const [command] = this.executable();
      if (this.endless)
        throw new CannotExplore('a call goes on and on', 'bound its retries (env.maxAttempts)');
      if (reply !== undefined) await this.deliver(reply);
      else if (command !== undefined) await this.execute(command);
      else if (this.timers > 0 && this.waits) {
        await meanwhile?.();
        await this.fireTimer();
      } else return;
    }
  }

  /** Nothing is on its way in either direction, and every call is answered or never will be. */
  get finished(): boolean {
    if (this.executable().length > 0) return false;
    return (
      this.#phase === 'crashed' || (this.deliverable().length === 0 && !this.waits && !this.timerMatters)
    );
  }

  /** A call has no answer yet. */
  get waits(): boolean {
    return (
      this.#phase === 'live' && this.#ground.histories.observation(this.#node).settled.includes(undefined)
    );
  }

  local(): Local {
    return {
      role: this.#role,
      node: this.#node,
      phase: this.#phase,
      calls: this.#calls,
      connections: this.#connections,
      lost: this.#lost,
    };
  }

  #close(c: number, survivors: number): void {
    const connection = this.#connections[c]!;
    const limit = connection.open ? connection.executed + survivors : connection.limit;
    this.#connections[c] =
      connection.executed < limit ? { ...connection, limit, replies: [], open: false } : GONE;
  }

  #written(c: number): readonly string[] {
    return this.#ground.histories.observation(this.#node).written[c]!;
  }

  #end(c: number): number {
    return this.#endOf(this.#connections[c]!, c);
  }

  #endOf({ limit }: Connection, c: number): number {
    return Math.min(limit, this.#written(c).length);
  }

  #nextIsLocal(c: number): boolean {
    const connection = this.#connections[c]!;
    return isLocal(decodeCommand(this.#written(c)[connection.executed]!), connection.queue !== undefined);
  }

  /** A lone buyer's purchase starts when its first command runs, when it finishes without one, or when it dies. */
  #begin(): void {
    this.#calls.forEach((call, i) => {
      if (call.begun) return;
      this.#calls[i] = { ...call, begun: true };
      this.started.push(call.operation);
    });
  }

  async #happen(event: InstanceEvent): Promise<void> {
    const { histories } = this.#ground;
    const before = histories.observation(this.#node);
    this.#node = histories.known(this.#node, event) ?? (await this.#chosen(event));
    const after = histories.observation(this.#node);
    after.written.forEach((commands, c) => {
      const fresh = commands.slice(before.written[c]?.length ?? 0);
      for (const command of fresh) this.#ground.requireOwnIds(command);
      if (c >= before.written.length || this.#lost.length > 0) this.#noteResent(fresh);
    });
    after.settled.forEach((settled, i) => {
      if (!settled || before.settled[i] || this.#calls[i]!.operation < 0) return;
      this.#begin();
      const outcome = this.#calls[i]!.kind === 'purchase' ? answerOf(settled) : doneOrNot(settled);
      this.#calls[i] = { ...this.#calls[i]!, outcome };
      this.completed.push({ operation: this.#calls[i].operation, outcome });
    });
    if (!this.waits) this.#lost = [];
    this.#growConnections();
  }

  /** The node after the event, with as many of the given choices as the code asks for. @throws OpenPick for more */
  async #chosen(event: InstanceEvent): Promise<number> {
    for (const picks: number[] = []; ;) {
      try {
        const node = await this.#ground.histories.after(
          this.#node,
          picks.length > 0 ? { ...event, picks } : event,
        );
        const cause = this.atoms.at(-1);
        if (picks.length > 0 && cause) cause.picks = picks;
        return node;
      } catch (error) {
        const next = error instanceof OpenPick ? this.#picks.shift() : undefined;
        if (next === undefined) throw error;
        picks.push(next);
      }
    }
  }

  /** The client sends again what it had no reply to. */
  #noteResent(fresh: readonly string[]): void {
    if (!fresh.some((command) => this.#lost.includes(command))) return;
    this.#lost = this.#lost.filter((command) => !fresh.includes(command));
    this.#calls.forEach((call, i) => {
      if (call.outcome === undefined && call.operation >= 0) this.#calls[i] = { ...call, resent: true };
    });
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
      // As the history was recorded: the state may be looked at under other ids, and the queue must go along.
      connection.queue = [...connection.queue, this.#ground.swap(command)];
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
      const queued = connection.queue.map((bytes) => this.#ground.swap(bytes));
      const step = { command, queued, dirty: connection.dirty };
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

  async #execute(step: Step): Promise<Entry> {
    const { memo, draws } = this.#ground;
    const draw = memo.draw(this.server, step);
    if (!draw) return memo.execute(this.server, step);
    const outcome = draws === 'first' ? 0 : this.#picks.shift();
    if (outcome === undefined) throw new OpenPick([], draw.outcomes.length);
    this.#drawn = outcome;
    return executeDraw(memo, this.server, step, draw, draw.outcomes[outcome]!);
  }

  async #ask(step: Step): Promise<Entry> {
    const { memo } = this.#ground;
    const entry = memo.lookup(this.server, step) ?? (await this.#execute(step));
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

const doneOrNot = (settled: Settled): 'done' | 'rejected' | 'unknown' =>
  settled.kind === 'returned' ? 'done' : settled.definite ? 'rejected' : 'unknown';
