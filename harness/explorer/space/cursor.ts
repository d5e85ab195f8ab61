import { outcomeOfCall } from '../process/call-outcome.ts';
import { isLocal } from '../server/explorable.ts';
import { abilitiesIn, type Call, type InstanceEvent, type Observation } from '../process/instance.ts';
import type { Atom } from './atom.ts';
import { GONE, NEW_CONNECTION, resent, type Answered, type CallState } from './process-state.ts';
import type { Connection, ProcessState } from './process-state.ts';
import { decodeCommand } from '../../wire/resp.ts';
import type { CursorContext } from './cursor-context.ts';
import { dirtied, entryOf, runOn, telling } from './on-server.ts';
import type { Entry } from '../server/memo.ts';
import type { Step } from '../server/step-server.ts';

/**
 * One instance in motion: the state of its server, its code and its connections, and the atoms that led there. The
 * search asks it for single events; what needs no decision (see `settle`) it does by itself.
 */
export class Cursor {
  readonly atoms: Atom[] = [];
  /** Operations that started and that were answered on the way. */
  readonly started: number[] = [];
  readonly completed: Answered[] = [];
  /** Keys of `memo.watchable` that were touched, as bits. */
  touched = 0;
  server: number;
  readonly #context: CursorContext;
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
  constructor(context: CursorContext, server: number, local: ProcessState, picks: readonly number[] = []) {
    if (local.phase === 'done' || local.phase === 'absent')
      throw new Error(`an instance that is ${local.phase} cannot go on`);
    this.#context = context;
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
    return this.#phase === 'live' ? this.#context.histories.observation(this.#node).timers : 0;
  }

  /** A timer may fire: while something is asked, any; afterwards those that do not repeat for ever. */
  get timerMatters(): boolean {
    if (this.#phase !== 'live') return false;
    const { timers, repeating } = this.#context.histories.observation(this.#node);
    return this.waits ? timers > 0 : timers > repeating;
  }

  /** It has done so much that it is taken to go on for ever; the search goes no further with it. */
  get endless(): boolean {
    return this.#phase === 'live' && this.#context.histories.depth(this.#node) >= this.#context.mostEvents;
  }

  /** Connections on which a command may run, as the search's branches. */
  executable(): number[] {
    return this.#connections.flatMap((connection, c) => (connection.executed < this.#end(c) ? [c] : []));
  }

  deliverable(): number[] {
    return this.#connections.flatMap((_, c) => (this.arriving(c) > 0 ? [c] : []));
  }

  /**
   * Replies of the connection that may arrive now. What was put off by setImmediate comes before the reply to any
   * command that was written after it: the loop is in its check phase before it polls for that reply.
   */
  arriving(c: number): number {
    const { executed, replies } = this.#connections[c]!;
    const writtenThen = this.#putOff ? (this.#putOff[c] ?? 0) : Infinity;
    return Math.max(0, Math.min(replies.length, writtenThen - (executed - replies.length)));
  }

  /** Something is put off by setImmediate. */
  get putsOff(): boolean {
    return this.#putOff !== undefined;
  }

  get #putOff(): readonly number[] | undefined {
    return this.#phase === 'live' ? this.#context.histories.observation(this.#node).putOff : undefined;
  }

  async fireImmediates(): Promise<void> {
    this.atoms.push({ event: 'immediate' });
    await this.#happen({ type: 'immediate' });
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

  /** What its seller can do; undefined while it has none. */
  get abilities(): ReturnType<typeof abilitiesIn> {
    return abilitiesIn(this.settled(0));
  }

  settled(index: number): Observation['settled'][number] {
    return this.#context.histories.observation(this.#node).settled[index];
  }

  /** The next command of the connection runs on the server; its reply sets out. */
  async execute(c: number): Promise<void> {
    this.#begin();
    const connection = this.#connections[c]!;
    const command = this.#context.swap(this.#written(c)[connection.executed]!);
    const next = { ...connection, executed: connection.executed + 1 };
    this.#drawn = undefined;
    const reply = await runOn(this.#context, next, command, (step) => this.#ask(step));
    this.#context.requireOwnIds(reply);
    if (next.open) next.replies = [...connection.replies, this.#context.swap(reply)];
    this.#connections[c] = next.open || next.executed < this.#end(c, next) ? next : GONE;
    const picks = this.#drawn === undefined ? {} : { picks: [this.#drawn] };
    this.atoms.push({ event: 'execute', connection: c, command, reply, server: this.server, ...picks });
  }

  /** The connection's oldest replies arrive, in one chunk. */
  async deliver(c: number, replies = 1): Promise<void> {
    const connection = this.#connections[c]!;
    const bytes = connection.replies.slice(0, replies).join('');
    this.#connections[c] = { ...connection, replies: connection.replies.slice(replies) };
    this.atoms.push({ event: 'deliver', connection: c, ...(replies > 1 ? { replies } : {}) });
    await this.#happen({ type: 'deliver', connection: c, bytes });
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
    // A purchase whose first command is lost has begun, too: its buyer waits.
    if (this.outstanding(c).commands > 0) this.#begin();
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

  /** Every prefix of the connection's sent commands that can make a difference. */
  prefixes(c: number): number[] {
    const connection = this.#connections[c]!;
    const pending = this.#written(c).slice(connection.executed, this.#end(c));
    return telling(pending, connection.queue !== undefined);
  }

  /** Nothing is on its way in either direction, and every call is answered or never will be. */
  get finished(): boolean {
    if (this.executable().length > 0) return false;
    return (
      this.#phase === 'crashed' ||
      (this.deliverable().length === 0 && !this.waits && !this.timerMatters && !this.putsOff)
    );
  }

  /** Nothing comes to it by itself: no reply, no timer, nothing that it sent or put off. */
  get idle(): boolean {
    const way = this.executable().length + this.deliverable().length + this.timers;
    return way === 0 && !this.putsOff;
  }

  /** A call has no answer yet. */
  get waits(): boolean {
    return (
      this.#phase === 'live' && this.#context.histories.observation(this.#node).settled.includes(undefined)
    );
  }

  local(): ProcessState {
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
    return this.#context.histories.observation(this.#node).written[c]!;
  }

  /** How many of the written commands may run. */
  #end(c: number, { limit }: Connection = this.#connections[c]!): number {
    return Math.min(limit, this.#written(c).length);
  }

  /** Whether the connection's next command touches nothing but the connection. */
  nextIsLocal(c: number): boolean {
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
    const { histories } = this.#context;
    const before = histories.observation(this.#node);
    this.#node = histories.known(this.#node, event) ?? (await this.#chosen(event));
    const after = histories.observation(this.#node);
    after.written.forEach((commands, c) => {
      const fresh = commands.slice(before.written[c]?.length ?? 0);
      for (const command of fresh) this.#context.requireOwnIds(this.#context.swap(command));
      if (c >= before.written.length || this.#lost.length > 0) this.#noteResent(fresh);
    });
    after.settled.forEach((settled, i) => {
      if (!settled || before.settled[i] || this.#calls[i]!.operation < 0) return;
      this.#begin();
      const outcome = outcomeOfCall(this.#calls[i]!.kind, settled);
      this.#calls[i] = { ...this.#calls[i]!, outcome };
      this.completed.push({ operation: this.#calls[i].operation, outcome });
    });
    if (!this.waits) this.#lost = [];
    this.#growConnections();
  }

  /** The node after an event that asks for choices. */
  async #chosen(event: InstanceEvent): Promise<number> {
    const { node, picks } = await this.#context.histories.choosing(this.#node, event, this.#picks);
    const cause = this.atoms.at(-1);
    if (picks.length > 0 && cause) cause.picks = picks;
    return node;
  }

  /** The client sends again what it had no reply to. */
  #noteResent(fresh: readonly string[]): void {
    if (!fresh.some((command) => this.#lost.includes(command))) return;
    this.#lost = this.#lost.filter((command) => !fresh.includes(command));
    this.#calls.splice(0, this.#calls.length, ...this.#calls.map(resent));
  }

  #growConnections(): void {
    const { length } = this.#context.histories.observation(this.#node).written;
    while (this.#connections.length < length) this.#connections.push(NEW_CONNECTION);
  }

  async #ask(step: Step): Promise<Entry> {
    const { entry, drawn } = await entryOf(this.#context, this.server, step, this.#picks);
    this.#drawn ??= drawn;
    this.server = entry.next;
    this.touched |= entry.touched;
    if (entry.touched !== 0 && this.#context.rules.ownTouch) {
      this.#connections.forEach(
        (other, c) => (this.#connections[c] = dirtied(this.#context, other, entry.touched)),
      );
    }
    return entry;
  }
}
