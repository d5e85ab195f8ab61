import { abilitiesIn } from '../process/seller-abilities.ts';
import { ticksBefore } from '../process/ticks.ts';
import { isOutsideConnection } from '../outside-store.ts';
import { mayFire, type PendingTimer } from '../process/timers.ts';
import { isLocal } from '../server/explorable.ts';
import type { Observation } from '../process/instance-events.ts';
import type { CallState, Connection, ProcessState } from './process-state.ts';
import { decodeCommand } from '../../wire/resp.ts';
import { CursorClock } from './cursor-clock.ts';
import type { CursorContext } from './cursor-context.ts';
import { telling } from './on-server.ts';

/** Ticks of repeating timers that did not lead back, after which a process is taken to tick for ever. */
const MOST_TICKS = 8;

/** Where one instance stands: what is on its way, what may come next, and what it still owes. */
export class Standpoint {
  readonly clock: CursorClock;
  protected readonly context: CursorContext;
  protected readonly role: number;
  protected node: number;
  protected phase: 'live' | 'crashed';
  protected readonly calls: CallState[];
  protected readonly connections: Connection[];
  protected lost: readonly string[];
  protected changing: ProcessState['changing'];

  constructor(context: CursorContext, local: ProcessState) {
    if (local.phase === 'done' || local.phase === 'absent')
      throw new Error(`an instance that is ${local.phase} cannot go on`);
    this.context = context;
    this.role = local.role;
    this.node = local.node;
    this.phase = local.phase;
    this.calls = [...local.calls];
    this.connections = [...local.connections];
    this.lost = local.lost;
    this.changing = local.changing;
    this.clock = new CursorClock(local.due, context.clockMoves);
  }

  /** How often its code has read the clock. */
  get clockReads(): number {
    return this.context.histories.observation(this.node).clockReads;
  }

  /** Whether the connection leads to the node of a cluster. */
  protected isToCluster(c: number): boolean {
    return this.context.histories.observation(this.node).toCluster?.includes(c) ?? false;
  }

  /** Firing a timer moves the world's clock. */
  get movesClock(): boolean {
    return this.context.clockMoves;
  }

  get timers(): number {
    return this.pendingTimers.length;
  }

  protected get pendingTimers(): readonly PendingTimer[] {
    return this.phase === 'live' ? this.context.histories.observation(this.node).timers : [];
  }

  /** The one that fires next of those that do not repeat. */
  get nextOneShot(): number | undefined {
    return this.pendingTimers.find(({ repeats, firable }) => !repeats && firable)?.id;
  }

  /** As `mayFire` says. */
  get timerMatters(): boolean {
    return mayFire(this.pendingTimers, this.waits).length > 0;
  }

  /** Commands without a reply whose time limit may pass. */
  get limits(): number {
    return this.phase === 'live' ? this.context.histories.observation(this.node).limits : 0;
  }

  /** One timer is set, and it fires once. */
  get nextIsAlone(): boolean {
    const [timer, ...others] = this.pendingTimers;
    return timer !== undefined && others.length === 0 && !timer.repeats;
  }

  /** Timers that may be the next to fire: as `mayFire` says. @param isOpen a buyer may still come */
  firable(isOpen = false): (number | undefined)[] {
    return mayFire(this.pendingTimers, this.waits || isOpen);
  }

  /** It has done so much that it is taken to go on for ever; the search goes no further with it. */
  get endless(): boolean {
    // One that died stands where it stood alive, and had not done so much by then: else it would have gone no further.
    const { histories, mostEvents } = this.context;
    const ticks = histories.observation(this.node).timers.some(({ repeats }) => repeats);
    if (ticks && ticksBefore(histories, this.node) > MOST_TICKS) return true;
    return histories.depth(this.node) >= mostEvents;
  }

  /** Connections on which a command may run, as the search's branches. */
  executable(): number[] {
    return this.connections.flatMap((connection, c) => (connection.executed < this.endOf(c) ? [c] : []));
  }

  deliverable(): number[] {
    return this.connections.flatMap((_, c) => (this.arriving(c) > 0 ? [c] : []));
  }

  /**
   * Replies of the connection that may arrive now. What was put off by setImmediate comes before the reply to any
   * command that was written after it: the loop is in its check phase before it polls for that reply.
   */
  arriving(c: number): number {
    const { executed, replies } = this.connections[c]!;
    const writtenThen = this.#putOff ? (this.#putOff[c] ?? 0) : Infinity;
    return Math.max(0, Math.min(replies.length, writtenThen - (executed - replies.length)));
  }

  /** Something is put off by setImmediate. */
  get putsOff(): boolean {
    return this.#putOff !== undefined;
  }

  get #putOff(): readonly number[] | undefined {
    return this.phase === 'live' ? this.context.histories.observation(this.node).putOff : undefined;
  }

  /** What its seller can do; undefined while it has none. */
  get abilities(): ReturnType<typeof abilitiesIn> {
    return abilitiesIn(this.settled(0));
  }

  settled(index: number): Observation['settled'][number] {
    return this.context.histories.observation(this.node).settled[index];
  }

  /** Whether nothing that it was asked for is under way, its seller included. */
  get answered(): boolean {
    return this.calls.every((_, index) => this.settled(index) !== undefined);
  }

  /** Whether it was asked for this already. */
  hasCalled(operation: number): boolean {
    return this.calls.some((call) => call.operation === operation);
  }

  /** Connections that the client holds open. */
  openConnections(): number[] {
    return this.#openOnes().filter((c) => !this.isOutside(c));
  }

  /** Connections on which a call of a store beside Redis is under way. */
  outsideCalls(): number[] {
    const isUnderWay = (c: number): boolean => {
      const { commands, replies } = this.outstanding(c);
      return commands + replies > 0;
    };
    return this.#openOnes().filter((c) => this.isOutside(c) && isUnderWay(c));
  }

  /** Whether the connection is none of a client's, but one to a store beside Redis. */
  isOutside(c: number): boolean {
    return isOutsideConnection(this.written(c));
  }

  #openOnes(): number[] {
    if (this.phase !== 'live') return [];
    return this.connections.flatMap((connection, c) => (connection.open ? [c] : []));
  }

  /** Whether anything was ever sent to Redis, or to a store beside it. */
  get sentAnything(): boolean {
    return this.#openOnes().some((c) => this.wasUsed(c));
  }

  /** What is on its way on the connection: commands that did not run, and replies that did not arrive. */
  outstanding(c: number): { commands: number; replies: number } {
    const { executed, replies } = this.connections[c]!;
    return { commands: this.endOf(c) - executed, replies: replies.length };
  }

  /** Whether anything was ever sent on the connection. */
  wasUsed(c: number): boolean {
    return this.written(c).length > 0;
  }

  /** Every prefix of the connection's sent commands that can make a difference. */
  prefixes(c: number): number[] {
    const connection = this.connections[c]!;
    const pending = this.written(c).slice(connection.executed, this.endOf(c));
    return telling(pending, connection.queue !== undefined);
  }

  /** Nothing is on its way in either direction, and every call is answered or never will be. */
  get finished(): boolean {
    if (this.executable().length > 0) return false;
    return (
      this.phase === 'crashed' ||
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
    return this.phase === 'live' && this.context.histories.observation(this.node).settled.includes(undefined);
  }

  local(): ProcessState {
    return {
      role: this.role,
      node: this.node,
      phase: this.phase,
      calls: this.calls,
      connections: this.connections,
      lost: this.lost,
      due: this.clock.due,
      changing: this.changing,
    };
  }

  protected written(c: number): readonly string[] {
    return this.context.histories.observation(this.node).written[c]!;
  }

  /** How many of the written commands may run. */
  protected endOf(c: number, { limit }: Connection = this.connections[c]!): number {
    return Math.min(limit, this.written(c).length);
  }

  /** Whether the connection's next command touches nothing but the connection. */
  nextIsLocal(c: number): boolean {
    const connection = this.connections[c]!;
    return isLocal(decodeCommand(this.written(c)[connection.executed]!), connection.queue !== undefined);
  }
}
