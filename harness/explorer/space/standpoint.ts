import { abilitiesIn } from '../process/seller-abilities.ts';
import { ticksBefore } from '../process/ticks.ts';
import { isOutsideConnection } from '../outside-store.ts';
import { limitId, mayFire, type PendingTimer } from '../process/timers.ts';
import { isInVain, mostWaitMs } from '../server/blocking.ts';
import { isLocal } from '../server/explorable.ts';
import type { Observation } from '../process/instance-events.ts';
import type { CallState, Connection, ProcessState } from './process-state.ts';
import { decodeCommand } from '../../wire/resp.ts';
import { CursorClock } from './cursor-clock.ts';
import type { CursorContext } from './cursor-context.ts';
import type { Awaited } from './dues.ts';
import { telling } from './on-server.ts';

/** Ticks of repeating timers that did not lead back, after which a process is taken to tick for ever. */
const MOST_TICKS = 8;

/** A command that waited in vain, and is sent again, so often: then it is taken to go on so. */
export const MOST_IN_VAIN = 2;

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
    return this.connections.flatMap(({ executed, blocked }, c) =>
      executed < this.endOf(c) && !blocked ? [c] : [],
    );
  }

  /** The next command of some connection waits for what is not there. */
  get isBlocked(): boolean {
    return this.connections.some(({ blocked }) => blocked);
  }

  /** A command comes next on some connection that may wait. */
  get mayWait(): boolean {
    return this.connections.some((_, c) => this.mostWaitMs(c) !== undefined);
  }

  /** The next command of the connection, if it may wait. @returns for how long, in milliseconds */
  protected mostWaitMs(c: number): number | undefined {
    const { executed, queue } = this.connections[c]!;
    return executed < this.endOf(c) && queue === undefined
      ? mostWaitMs(this.written(c)[executed]!)
      : undefined;
  }

  /** Time limits of commands that may wait, as timers. */
  protected get limitsOfWaiting(): { id: number; delayMs: number }[] {
    return this.#openOnes().flatMap((c) => {
      const delayMs = this.mostWaitMs(c) ?? Infinity;
      return delayMs < Infinity ? [{ id: limitId(c), delayMs }] : [];
    });
  }

  /** Timers, and time limits of commands that may wait. */
  get awaited(): readonly Awaited[] {
    return [...this.pendingTimers, ...this.limitsOfWaiting];
  }

  /**
   * Connections on which a command may have waited in vain, for as long as it wanted to. Who then sends the same again does
   * so for ever, so of that a few times are tried; more only where somebody is owed an answer, and nothing else may come. A timer that
   * repeats may come for ever, so that whoever is owed an answer would wait for it in vain.
   */
  lapsable(): number[] {
    const waiting = this.limitsOfWaiting.flatMap(({ id }) => {
      const c = -1 - id;
      return this.connections[c]!.blocked ? [{ c, inVain: this.#inVain(c) }] : [];
    });
    const few = waiting.filter(({ inVain }) => inVain < MOST_IN_VAIN);
    const comes =
      this.executable().length + this.deliverable().length > 0 ||
      this.pendingTimers.some(({ repeats }) => !repeats);
    const others = few.length > 0 || comes || this.putsOff || !this.waits;
    return (others ? few : waiting).map(({ c }) => c);
  }

  /** How often the connection's next command was sent there just before, and was answered that there was nothing. */
  #inVain(c: number): number {
    const written = this.written(c);
    const { executed } = this.connections[c]!;
    let times = 0;
    for (const event of this.context.histories.events(this.node).toReversed()) {
      if (event.type !== 'deliver' || event.connection !== c) continue;
      if (!isInVain(event.bytes) || written[executed - times - 1] !== written[executed]) break;
      times++;
    }
    return times;
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
    if (this.executable().length > 0 || this.isBlocked) return false;
    return (
      this.phase === 'crashed' ||
      (this.deliverable().length === 0 && !this.waits && !this.timerMatters && !this.putsOff)
    );
  }

  /** Nothing comes to it by itself: no reply, no timer, nothing that it sent or put off. */
  get idle(): boolean {
    const way = this.executable().length + this.deliverable().length + this.timers;
    return way === 0 && !this.putsOff && !this.isBlocked;
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
