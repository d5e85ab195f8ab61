import { EXPIRY } from '../../documents/faults.ts';
import { StartAgain } from '../cannot-explore.ts';
import { asSentAgain } from '../process/as-sent-again.ts';
import { outcomeOfCall } from '../process/call-outcome.ts';
import type { Call, InstanceEvent } from '../process/instance-events.ts';
import type { Atom } from './atom.ts';
import { GONE, late, NEW_CONNECTION, resent, type Answered, type CallState } from './process-state.ts';
import type { ProcessState } from './process-state.ts';
import type { CursorContext } from './cursor-context.ts';
import { limitId } from '../process/timers.ts';
import { dirtied, entryOf, isBlocked, runOn } from './on-server.ts';
import type { Entry } from '../server/memo.ts';
import { holdsTheSame } from '../server/content.ts';
import { askedIn } from '../server/orders.ts';
import { REPLICAS, toldOfReplicas } from '../server/replicas.ts';
import { Hearing } from './hearing.ts';
import type { Step } from '../server/step.ts';

/**
 * One instance in motion: the state of its server, its code and its connections, and the atoms that led there. The
 * search asks it for single events; what needs no decision (see `settle`) it does by itself.
 */
export class Cursor extends Hearing {
  readonly atoms: Atom[] = [];
  /** Its ticks do not lead back, as it is driven to an end that they may bring. */
  keepsTicks = false;
  /** Operations that started and that were answered on the way. */
  readonly started: number[] = [];
  readonly completed: Answered[] = [];
  /** Keys of `memo.watchable` that were touched, as bits. */
  touched = 0;
  server: number;
  /** Replicas that have stopped following. */
  stopped = 0;
  /** What was asked of the server last. */
  #step: Step | undefined;
  /** Which outcomes the last command had, of what the server chose. */
  #drawn: readonly number[] = [];
  /** The last command wrote something. */
  #wrote = false;

  /** @param picks answers for the choices (`env.pick`, the server's draws) on the way, in order */
  constructor(context: CursorContext, server: number, local: ProcessState, picks: readonly number[] = []) {
    super(context, local, picks);
    this.server = server;
    this.#growConnections();
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
    const index = this.calls.push({ ...state, resent: false }) - 1;
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

  /** The next command of the connection runs on the server; its reply sets out. */
  async execute(c: number, elapsedMs = 0): Promise<void> {
    this.#begin();
    const connection = this.connections[c]!;
    const command = this.context.swap(this.written(c)[connection.executed]!);
    const next = { ...connection, executed: connection.executed + 1 };
    this.#drawn = [];
    this.#wrote = false;
    const before = this.server;
    const queued = connection.queue?.map(this.context.swap) ?? [];
    const ask = (step: Step): Promise<Entry> => this.#ask(step);
    const answer = await runOn(this.context, next, command, { inCluster: this.isToCluster(c), ask });
    const behind = { acknowledged: REPLICAS - connection.lacking, keepsLog: this.context.keepsLog };
    const reply = toldOfReplicas(askedIn(command, queued), answer, behind);
    if (this.#wrote) next.lacking = this.stopped;
    await this.#noteTick(c, connection.executed, before);
    this.context.requireOwnIds(reply);
    if (next.open) next.replies = [...connection.replies, this.context.swap(reply)];
    this.connections[c] = next.open || next.executed < this.endOf(c, next) ? next : GONE;
    this.clock.forget(limitId(c));
    this.clock.follow(this.awaited);
    const picks = this.#drawn.length === 0 ? {} : { picks: this.#drawn };
    const written = { node: this.node, place: connection.executed };
    this.atoms.push({
      event: 'execute',
      connection: c,
      command,
      reply,
      server: this.server,
      ...written,
      ...picks,
      ...(elapsedMs > 0 && { elapsedMs }),
    });
    // A date that is past already: the key is gone as soon as it is set.
    if (this.context.memo.dates) await this.#forget(0);
    await this.lookAtBlocked();
  }

  /** The next command of the connection has waited in vain, for as long as it wanted to. */
  async lapse(c: number): Promise<void> {
    const inMs = this.clock.inMs(limitId(c));
    if (inMs > 0) await this.#elapse(inMs);
    await this.execute(c, inMs);
  }

  /** Finds out which commands wait for what is not there, as the server stands now. */
  async lookAtBlocked(): Promise<void> {
    for (const [c, connection] of this.connections.entries()) {
      const command = this.mostWaitMs(c) === undefined ? undefined : this.written(c)[connection.executed]!;
      const blocked =
        command !== undefined && (await isBlocked(this.context, this.server, this.context.swap(command)));
      if (blocked !== connection.blocked) this.connections[c] = { ...this.connections[c]!, blocked };
    }
  }

  /** The connection's oldest replies arrive, in one chunk. */
  async deliver(c: number, replies = 1): Promise<void> {
    const connection = this.connections[c]!;
    const bytes = connection.replies.slice(0, replies).join('');
    const left = connection.replies.slice(replies);
    // The server has ended it, as its client asked.
    const isOver = left.length === 0 && connection.limit <= connection.executed;
    this.connections[c] = isOver ? GONE : { ...connection, replies: left };
    this.atoms.push({ event: 'deliver', connection: c, ...(replies > 1 ? { replies } : {}) });
    await this.#happen({ type: 'deliver', connection: c, bytes });
  }

  /** All replies that wait. */
  async deliverAll(c: number): Promise<void> {
    while (this.connections[c]!.replies.length > 0) await this.deliver(c);
  }

  /** @param timer which of them; absent: the first */
  async fireTimer(timer?: number): Promise<void> {
    const which = timer === undefined ? {} : { timer };
    const { id } = this.pendingTimers.find((one) => timer === undefined || one.id === timer)!;
    const inMs = this.clock.inMs(id);
    const atom: Atom = { event: 'timer', ...which, ...(inMs > 0 ? { elapsedMs: inMs } : {}) };
    this.atoms.push(atom);
    if (inMs > 0) await this.#elapse(inMs);
    await this.#happen({ type: 'timer', ...which }, atom);
  }

  /** The clock moves on, and what the server was to forget by then is forgotten. */
  async #elapse(ms: number): Promise<void> {
    this.clock.pass(ms);
    if (this.context.holdsLapse)
      this.calls.splice(0, this.calls.length, ...late(this.calls, this.clockReads + this.timers > 0));
    await this.#forget(ms);
  }

  /** What the server was to forget within the time that has passed is forgotten. */
  async #forget(ms: number): Promise<void> {
    const { memo } = this.context;
    if (ms > 0 && memo.dates && this.clock.startMs === undefined)
      throw new StartAgain('clock-read', 'a key has a date for a deadline');
    const { next, touched, expired } = await memo.elapse(this.server, ms, this.clock.nowMs);
    for (const { key, server } of expired) this.atoms.push({ event: EXPIRY, key, server });
    this.server = next;
    this.#touch(touched);
  }

  /** The process dies. Of each connection's sent commands, the first `survivors` may still run: the ghost. */
  die(survivors: readonly number[]): void {
    this.#begin();
    this.phase = 'crashed';
    for (const { id } of this.limitsOfWaiting) this.clock.forget(id);
    for (let c = 0; c < this.connections.length; c++) this.#close(c, survivors[c] ?? 0);
  }

  /** The connection breaks; of its sent commands, the first `survivors` may still run. The client finds out. */
  async disconnect(c: number, survivors: number): Promise<void> {
    const { executed, replies } = this.connections[c]!;
    // A purchase whose first command is lost has begun, too. What a store beside Redis is asked, no client sends again.
    if (this.outstanding(c).commands > 0) this.#begin();
    if (!this.isOutside(c)) this.#lose(this.written(c).slice(executed - replies.length));
    this.#close(c, survivors);
    await this.#happen({ type: 'cut', connection: c });
  }

  /** The client gives up so many commands, the oldest; they stay where they are, and what comes of them is not heard of. */
  async timeOut(commands: number): Promise<void> {
    const sent = this.openConnections().flatMap((c) => {
      const { executed, replies } = this.connections[c]!;
      return this.written(c).slice(executed - replies.length);
    });
    this.#lose(sent);
    const unsent = this.limits > sent.length;
    await this.#happen({ type: 'timeout', commands });
    // What waits for a connection is sent once there is one, beside what the code asks instead of it.
    if (unsent) this.calls.splice(0, this.calls.length, ...this.calls.map(resent));
  }

  #close(c: number, survivors: number): void {
    const connection = this.connections[c]!;
    const limit = connection.open ? connection.executed + survivors : connection.limit;
    this.connections[c] =
      connection.executed < limit ? { ...connection, limit, replies: [], open: false } : GONE;
  }

  /** A lone buyer's purchase starts when its first command runs, when it finishes without one, or when it dies. */
  #begin(): void {
    this.calls.forEach((call, i) => {
      if (call.begun) return;
      this.calls[i] = { ...call, begun: true };
      this.started.push(call.operation);
    });
  }

  /** @param cause the atom that it is a part of */
  async #happen(what: InstanceEvent, cause = this.atoms.at(-1)): Promise<void> {
    const { histories } = this.context;
    const before = histories.observation(this.node);
    // The time belongs to the history only where it is read: what is not read makes no difference.
    const read = this.clock.shows && (await this.meets(what)).clockReads > before.clockReads;
    const event = read ? { ...what, atMs: this.clock.nowMs } : what;
    this.node = histories.known(this.node, event) ?? (await this.chosen(event, cause));
    if (cause) cause.node = this.node;
    const after = histories.observation(this.node);
    after.written.forEach((commands, c) => {
      const fresh = commands.slice(before.written[c]?.length ?? 0);
      for (const command of fresh) this.context.requireOwnIds(this.context.swap(command));
      if (c >= before.written.length || this.lost.length > 0) this.#noteResent(fresh);
    });
    after.settled.forEach((settled, i) => {
      if (!settled || before.settled[i] || this.calls[i]!.operation < 0) return;
      this.#begin();
      const outcome = outcomeOfCall(this.calls[i]!.kind, settled);
      this.calls[i] = { ...this.calls[i]!, outcome };
      this.completed.push({ operation: this.calls[i].operation, outcome });
    });
    if (!this.waits) this.lost = [];
    this.#growConnections();
    this.clock.follow(this.awaited);
    if (event.type === 'timer' || event.type === 'deliver') await this.#untick();
    await this.lookAtBlocked();
  }

  /**
   * A tick that changes what the server holds, deadlines apart, does not lead back.
   * @throws StartAgain if a second one at once would change it again: then several are not one, either
   */
  async #noteTick(c: number, place: number, before: number): Promise<void> {
    const { ticks, memo } = this.context;
    if (before === this.server || !ticks?.sent(this.node, c, place)) return;
    if (holdsTheSame(memo.content(before), memo.content(this.server))) return;
    this.changing = [...this.changing, [c, place]];
    const { entry } = await entryOf(this.context, this.server, this.#step!, []);
    if (!holdsTheSame(memo.content(this.server), memo.content(entry.next)))
      throw new StartAgain('ticks', 'each tick of a repeating timer changes what the server holds');
  }

  /** Back to the state before the last tick, if that is over and nothing of the process came of it. */
  async #untick(): Promise<void> {
    const { ticks, histories } = this.context;
    const { timers } = histories.observation(this.node);
    if (
      !ticks ||
      this.keepsTicks ||
      this.limitsOfWaiting.length > 0 ||
      this.isBlocked ||
      timers.length > 1 ||
      timers.some(({ repeats }) => !repeats)
    )
      return;
    if (this.connections.some(({ open }) => !open)) return;
    const back = await ticks.unticked(this.node);
    if (!back || this.changing.some(([c, place]) => back.sent[c]?.includes(place))) return;
    this.node = back.node;
    this.changing = this.changing.map(([c, place]) => [
      c,
      place - (back.sent[c] ?? []).filter((i) => i < place).length,
    ]);
    for (const [c, places] of back.sent.entries()) {
      const connection = this.connections[c]!;
      const ran = places.filter((i) => i < connection.executed).length;
      this.connections[c] = { ...connection, executed: connection.executed - ran };
    }
    const set = histories.observation(back.node).timers;
    this.clock.due = this.clock.due.map(([, inMs], i) => [set[i]!.id, inMs]);
  }

  #lose(commands: readonly string[]): void {
    this.lost = [...this.lost, ...commands.map(asSentAgain)];
  }

  /** The client, or the code, sends again what it had no reply to. */
  #noteResent(commands: readonly string[]): void {
    if (this.lost.length === 0) return;
    const fresh = commands.map(asSentAgain);
    if (!fresh.some((command) => this.lost.includes(command))) return;
    this.lost = this.lost.filter((command) => !fresh.includes(command));
    this.calls.splice(0, this.calls.length, ...this.calls.map(resent));
  }

  #growConnections(): void {
    const { length } = this.context.histories.observation(this.node).written;
    while (this.connections.length < length) this.connections.push(NEW_CONNECTION);
  }

  async #ask(step: Step): Promise<Entry> {
    this.#step = { ...step, atMs: this.context.laterMs + this.clock.nowMs };
    const { entry, drawn } = await entryOf(this.context, this.server, this.#step, this.picks);
    this.#drawn = drawn;
    this.#wrote = entry.wrote;
    this.server = entry.next;
    this.#touch(entry.touched);
    return entry;
  }

  /** The server tells whoever watches these keys. */
  #touch(touched: number): void {
    this.touched |= touched;
    if (touched === 0 || !this.context.rules.ownTouch) return;
    this.connections.forEach((other, c) => (this.connections[c] = dirtied(this.context, other, touched)));
  }
}
