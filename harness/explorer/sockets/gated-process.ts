import { abilitiesIn, type Abilities } from '../process/seller-abilities.ts';
import { outcomeOfCall } from '../process/call-outcome.ts';
import type { FaultStep } from '../../documents/counterexample.ts';
import type { Call, Instance, InstanceEvent } from '../process/instance-events.ts';
import { limitId, mayFire, type PendingTimer } from '../process/timers.ts';
import type { Paying, Releasing } from '../scope/moves.ts';
import { MOST_RELEASES, type Served } from '../scope/payments.ts';
import type { Finish } from '../search/judge-end.ts';
import type { Awaited } from '../space/dues.ts';
import { askedBy, inCanonicalOrder, type Asked } from '../server/orders.ts';
import { toldOfReplicas } from '../server/replicas.ts';
import { isUnderWay, OutsidePassage, type Way } from './outside-passage.ts';
import type { World } from './venue.ts';
import { drive, nextCommand } from './drive-process.ts';
import { Resends } from './resends.ts';
import { Waiting } from './waiting.ts';

interface Called extends Partial<Paying>, Releasing {
  operation: number;
  kind: Finish['kind'] | 'other';
  buyer: number;
}

const NOBODYS: Called = { operation: -1, kind: 'other', buyer: -1 };

export const kindOf = ({ method }: Call): Called['kind'] =>
  method === 'purchase' || method === 'release' || method === 'restock' || method === 'confirm'
    ? method
    : 'other';

/** One application process behind the gate. */
export class Process {
  readonly instance: Instance;
  readonly passages: readonly Way[];
  readonly calls: Called[] = [];
  crashed = false;
  readonly #answered = new Set<number>();
  readonly #resends: Resends;
  readonly #world: World;
  readonly #wroteAt: number[] = []; // by connection: see RealReplicas
  /** When each timer is due, by that clock. */
  readonly #due = new Map<number, number>();
  readonly waiting: Waiting;

  constructor(instance: Instance, passages: readonly Way[], world: World) {
    this.waiting = new Waiting(instance, passages, world);
    this.#resends = new Resends(instance, this.calls);
    this.instance = instance;
    this.passages = passages;
    this.#world = world;
  }

  /** What its seller can do; undefined while it has none. */
  get abilities(): Abilities | undefined {
    return abilitiesIn(this.instance.look().settled[0]);
  }

  get timers(): readonly PendingTimer[] {
    return this.crashed ? [] : this.instance.look().timers;
  }

  /** Timers that may be the next to fire: as `mayFire` says. */
  firable(isOpen = false): (number | undefined)[] {
    return mayFire(this.timers, this.owes || isOpen);
  }

  /** How long it takes until each timer that is set is due. */
  remaining(): number[] {
    return this.awaited.map(({ id }) => this.remainingOf(id));
  }

  /** How long it takes until this is due, be it a timer or a time limit. */
  remainingOf(id: number): number {
    return Math.max(0, this.#due.get(id)! - this.#world.clock.nowMs);
  }

  /** How long the next command of the connection has to wait until it has waited in vain; 0: it runs now. */
  async waitedMs(connection: number): Promise<number> {
    return (await this.waiting.isBlocked(connection)) ? this.remainingOf(limitId(connection)) : 0;
  }

  /** Timers, and time limits of commands that may wait. */
  get awaited(): Awaited[] {
    return this.crashed ? [] : [...this.timers, ...this.waiting.limits()];
  }

  /** Those of its commands that may have waited in vain: see `Standpoint.lapsable`. */
  lapsable(): Promise<number[]> {
    return this.waiting.lapsable(this);
  }

  /** The same of one timer; absent: the first. */
  dueIn(timer?: number): number {
    const { id } = this.timers.find((one) => timer === undefined || one.id === timer)!;
    return this.remainingOf(id);
  }

  /** Commands without a reply whose time limit may pass. */
  get limits(): number {
    return this.crashed ? 0 : this.instance.look().limits;
  }

  /** Something is put off by setImmediate. */
  get putsOff(): boolean {
    return !this.crashed && this.instance.look().putOff !== undefined;
  }

  /** Replies of the connection that may arrive now: see `Cursor.arriving`. */
  arriving(connection: number): number {
    const { replies, answered } = this.passages[connection]!;
    const { putOff } = this.instance.look();
    if (!putOff || this.crashed) return replies.length;
    return Math.max(0, Math.min(replies.length, (putOff[connection] ?? 0) - answered));
  }

  /** Nothing comes to it by itself: see `Standpoint.idle`. */
  get idle(): boolean {
    const way = this.passages.some(({ pending, replies }) => pending.length + replies.length > 0);
    return !way && this.timers.length === 0 && !this.putsOff;
  }

  /** Something is under way. */
  get busy(): boolean {
    const waiting = this.passages.some(({ pending, replies }) => pending.length + replies.length > 0);
    return !this.crashed && (waiting || this.owes || this.firable().length > 0 || this.putsOff);
  }

  /** It lives, and a call has no answer. */
  get owes(): boolean {
    return !this.crashed && this.instance.look().settled.includes(undefined);
  }

  /** A pass of background work is under way. */
  get isWorking(): boolean {
    const { settled } = this.instance.look();
    return this.calls.some(({ operation }, i) => operation < 0 && !settled[i]);
  }

  /** Buyers who were sold something here, and may give it back here. */
  holders(): number[] {
    const calls = this.finished();
    const isReleased = (buyer: number): boolean =>
      calls.filter((call) => call.kind === 'release' && call.buyer === buyer).length >= MOST_RELEASES;
    return calls.flatMap(({ kind, fate, buyer }) =>
      kind === 'purchase' && fate === 'sold' && !isReleased(buyer) ? [buyer] : [],
    );
  }

  async call(call: Call, called: Called = NOBODYS, picks?: readonly number[]): Promise<number> {
    const index = this.calls.push(called) - 1;
    await this.apply({ type: 'call', call }, picks);
    return index;
  }

  async apply(event: InstanceEvent, picks: readonly number[] = []): Promise<void> {
    await this.instance.apply({ ...event, picks, atMs: this.#world.clock.nowMs });
    this.#noteDue();
    this.#resends.note();
  }

  #noteDue(): void {
    for (const { id, delayMs } of this.awaited)
      if (!this.#due.has(id)) this.#due.set(id, this.#world.clock.nowMs + delayMs);
  }

  /** @param instead what the server is given in its place @param retell the reply as it is told to the process */
  async execute(
    connection: number,
    instead?: string,
    retell?: (asked: Asked, reply: string) => string,
  ): Promise<{ command: string; reply: string }> {
    const passage = this.passages[connection]!;
    const seen = this.instance.observe();
    const written = seen.written[connection]!;
    const at = passage.answered + passage.replies.length;
    const sent = await this.#world.sending.sent(passage, written, at, seen.toCluster?.includes(connection));
    const run = (): ReturnType<Way['execute']> => passage.execute(instead ?? sent.command, sent.before);
    const ran = await this.#world.replicas.during(run, this.#wroteAt, connection);
    const { command, reply: own, ...behind } = ran;
    const asked = askedBy(written, at);
    const answered = toldOfReplicas(asked, sent.told(own), behind);
    const reply = retell?.(asked, answered) ?? answered;
    passage.replies.splice(-1, 1, reply);
    if (this.crashed || passage.isCut) passage.replies.length = 0;
    this.#due.delete(limitId(connection));
    this.#noteDue();
    return { command, reply };
  }

  async deliver(connection: number, replies = 1, picks?: readonly number[]): Promise<void> {
    const bytes = this.passages[connection]!.replies.splice(0, replies).join('');
    this.waiting.noteDelivery(connection, bytes);
    await this.apply({ type: 'deliver', connection, bytes }, picks);
  }

  /** What a fault of a process, of a connection or of a client does to it. */
  async suffer(step: FaultStep): Promise<void> {
    switch (step.event) {
      case 'cut':
        return this.cut(step.connection, step.survivors, step.picks);
      case 'crash':
        return this.crash(step.survivors);
      case 'timeout':
        return this.timeOut(step.commands, step.picks);
      case 'outside':
        return this.cut(step.connection, 0, step.picks);
    }
  }

  async cut(connection: number, survivors: number, picks?: readonly number[]): Promise<void> {
    const passage = this.passages[connection]!;
    // What is asked of a store beside the server, no client sends again.
    if (passage instanceof OutsidePassage) passage.cut();
    else this.#resends.lose(passage.unanswered());
    this.#due.delete(limitId(connection));
    passage.pending.length = survivors;
    passage.replies.length = 0;
    await this.apply({ type: 'cut', connection }, picks);
  }

  /** Connections on which a call of a store beside the server is under way. */
  outsideCalls(): number[] {
    return this.passages.flatMap((passage, c) =>
      passage instanceof OutsidePassage && isUnderWay(passage) ? [c] : [],
    );
  }

  async timeOut(commands: number, picks?: readonly number[]): Promise<void> {
    const sent = this.passages.flatMap((passage) =>
      passage.isCut || passage instanceof OutsidePassage ? [] : passage.unanswered(),
    );
    this.#resends.lose(sent);
    const unsent = this.limits > sent.length;
    await this.apply({ type: 'timeout', commands }, picks);
    if (unsent) this.#resends.noteAll(); // what waits for a connection is sent once there is one, beside what is asked instead
  }

  async crash(survivors: readonly number[]): Promise<void> {
    this.crashed = true;
    this.passages.forEach((passage, c) => {
      passage.pending.length = Math.min(
        passage.pending.length,
        passage.isCut ? Infinity : (survivors[c] ?? 0),
      );
      passage.replies.length = 0;
    });
    await this.instance.kill();
  }

  dropGhost(): void {
    for (const passage of this.passages) if (!(passage instanceof OutsidePassage)) passage.pending.length = 0;
  }

  isSet(timer?: number): boolean {
    return this.timers.some(({ id }) => timer === undefined || id === timer);
  }

  /** Operations answered since this was last asked. */
  newlyAnswered(): number[] {
    if (this.crashed) return [];
    const { settled } = this.instance.look();
    const fresh = this.calls.flatMap(({ operation }, i) =>
      operation >= 0 && settled[i] && !this.#answered.has(operation) ? [operation] : [],
    );
    for (const operation of fresh) this.#answered.add(operation);
    return fresh;
  }

  /** The clock has moved. @param intervals tells which operations have begun */
  noteLate(intervals: { of(operation: number): unknown }): void {
    const { settled, clockReads } = this.instance.look();
    const dated = clockReads + this.timers.length > 0;
    this.calls.forEach((call, i) => {
      if (
        call.kind === 'purchase'
          ? dated || intervals.of(call.operation)
          : call.kind === 'confirm' && !settled[i]
      )
        call.late = true;
    });
  }

  /** What it was asked for, as far as paying goes. */
  get served(): Served {
    const calls = this.finished().map(({ kind, buyer, fate, late }) => ({
      kind,
      buyer,
      late,
      outcome: fate === 'hung' ? undefined : fate,
    }));
    return { live: !this.crashed && this.abilities !== undefined, calls };
  }

  /** What became of each operation that it was asked for. */
  finished(): Omit<Finish, 'invoked' | 'completed'>[] {
    const { settled } = this.instance.look();
    return this.calls.flatMap(({ operation, kind, buyer, late, paid, uncertain }, i) => {
      if (kind === 'other' || operation < 0) return [];
      // What its code does after its death is nobody's answer.
      const answer = this.crashed && !this.#answered.has(operation) ? undefined : settled[i];
      const resent = this.#resends.has(operation);
      return [
        {
          operation,
          kind,
          buyer,
          resent,
          ...(late && { late }),
          ...(paid && { paid }),
          ...(uncertain && { uncertain }),
          fate: answer ? outcomeOfCall(kind, answer) : this.crashed ? 'unknown' : 'hung',
        },
      ];
    });
  }

  /** Runs everything to its end in the plainest order, and lists in one; `meanwhile` is what others do before each timer. */
  drive(
    meanwhile?: () => Promise<unknown>,
    execute = (c: number): Promise<unknown> => this.execute(c, undefined, inCanonicalOrder),
  ): Promise<void> {
    return drive(this, execute, meanwhile);
  }

  /** It lives, and what a command of it has waited for is there. */
  async isServed(): Promise<boolean> {
    return !this.crashed && (await nextCommand(this)) >= 0;
  }
}
