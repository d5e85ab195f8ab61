import { EXPIRY, faultRow, furtherReleases, LOSING_DATA, type Extra } from '../../documents/faults.ts';
import { REPLICAS } from '../server/replicas.ts';
import { Replication } from './replication.ts';
import { SERVER, type Choice, type Move, type ServerFaultMove, type ServerMove } from '../scope/moves.ts';
import { CannotExplore } from '../cannot-explore.ts';
import { Canonical } from './canonical.ts';
import { Choices } from './choices.ts';
import { told, type Happened, type Suffered } from './happened.ts';
import { transitionKey } from './transition-key.ts';
import { BUDGETS_AT, LOCALS_AT, SERVER_AT, shapeOf, type Shape } from './vector-shape.ts';
import type { Elapsed } from '../server/deadlines.ts';
import type { Space, Transition } from './space.ts';
import { enterSpans, NO_SPAN, type Spans } from './spans.ts';
import { WaitingLocals } from './waiting-locals.ts';

/**
 * States of the whole sale as vectors of small integers, and what leads from one to the next. What is known is
 * answered at once, without allocating; what is not is asked (`learn`), and then asked for again.
 */
export class States {
  readonly space: Space;
  readonly width: number;
  /** The state that `apply` came to. */
  readonly next: Int32Array;
  /** What followed from the last event, while `recording`. */
  happened: Happened[] = [];
  completed: { operation: number; outcome: string }[] = [];
  recording = false;
  readonly #shape: Shape;
  /** Those of `next`. */
  readonly #spans: Spans;
  readonly #replication: Replication;
  readonly #canonical: Canonical;
  readonly #waiting: WaitingLocals;
  readonly #choices: Choices;
  readonly #cutAll: Choice['id'];
  readonly #allCompletions: boolean;
  /** Faults after which acknowledged data may be gone, with what the scope has of them. */
  readonly #losingData: readonly (readonly [Extra, number])[];
  /** How far the clock moved with what is applied. */
  #passedMs = 0;
  /** By what the clock shows, then by slot, flags and how many replicas have stopped. */
  readonly #transitions = new Map<number, Map<number, Transition[]>[]>();
  readonly #relaxed = new Map<number, Transition>();
  readonly #serverFaults = new Map<number, { next: number; touched: number }>();
  readonly #elapsed = new Map<string, Elapsed>();
  /** Finds out what the last attempt lacked. */
  #unknown: () => Promise<void> = async () => {};

  /** @param tracksOrder real-time order is part of the state */
  constructor(space: Space, tracksOrder: boolean) {
    this.space = space;
    this.#shape = shapeOf(space, tracksOrder);
    this.width = this.#shape.width;
    this.next = new Int32Array(this.width);
    this.#spans = { vector: this.next, offset: this.#shape.spansAt, count: this.#shape.spans };
    this.#canonical = new Canonical(space, this.#shape, (find) => (this.#unknown = find));
    this.#choices = new Choices(space);
    this.#waiting = new WaitingLocals(space);
    this.#replication = new Replication(space.memo);
    this.#cutAll = this.#choices.choice(SERVER, CUT_ALL).id;
    const { releases, restocks, faults } = space.scope;
    const { reserves = false } = space.subject.strategy;
    this.#allCompletions = reserves || releases + restocks + furtherReleases(faults) > 0;
    this.#losingData = LOSING_DATA.map((fault) => [fault, space.scope.faults[fault]]);
  }

  server = (vector: Int32Array): number => vector[SERVER_AT]!;
  /** What has happened on the way to this state. */
  suffered = (vector: Int32Array): Suffered => {
    const { stops, lost } = this.#replication.of(this.#replicas(vector));
    const { budgets } = this.space;
    const packed = vector[BUDGETS_AT]!;
    const restarted = lost || this.#losingData.some(([fault, had]) => budgets.left(packed, fault) < had);
    return { restarted, struck: budgets.struck(packed, stops.length) };
  };
  #replicas = (vector: Int32Array): number =>
    this.#shape.replicasAt < 0 ? 0 : vector[this.#shape.replicasAt]!;
  /** What the clock shows, in milliseconds after the world's beginning; undefined: nobody reads it. */
  clockMs = (vector: Int32Array): number | undefined =>
    this.#shape.clockAt < 0 ? undefined : vector[this.#shape.clockAt]!;
  local = (vector: Int32Array, slot: number): number => vector[LOCALS_AT + slot]!;
  locals = (vector: Int32Array): number[] => [...vector.subarray(LOCALS_AT, this.#shape.spansAt)];
  spanOf = (vector: Int32Array, operation: number): number =>
    this.#shape.spans > 0 ? vector[this.#shape.spansAt + operation]! : 0;

  async initial(): Promise<{ vector: Int32Array; happened: Happened[] }> {
    const { server, transitions } = await this.space.initial();
    const vector = this.next;
    vector.fill(NO_SPAN);
    vector[SERVER_AT] = server;
    vector[BUDGETS_AT] = this.space.budgets.whole;
    if (this.#shape.clockAt >= 0) vector[this.#shape.clockAt] = 0;
    if (this.#shape.replicasAt >= 0) vector[this.#shape.replicasAt] = 0;
    this.happened = [];
    transitions.forEach((transition, slot) => {
      vector[LOCALS_AT + slot] = transition.local;
      this.#enter(slot, transition);
    });
    while (!this.#lookAtWaiting() || !this.#canonical.bring(vector)) await this.#unknown();
    return { vector: vector.slice(), happened: this.happened };
  }

  /**
   * Whether nothing of the sale is left to do, as these choices say. A path that was cut has no end: what would have come
   * of it is not known.
   */
  isEnd(vector: Int32Array, choices: readonly Choice[]): boolean {
    if (choices.some(({ price }) => price === undefined)) return false;
    return !this.space.cut || !this.locals(vector).some((local) => this.space.isCut(local));
  }

  /** Everything that may happen next, what the sale itself does first. */
  choices(vector: Int32Array): Choice[] {
    const { stops } = this.#replication.of(this.#replicas(vector));
    return this.#choices.of(vector, this.clockMs(vector), stops);
  }

  /**
   * Lets the choice happen. The code may choose in turn (`env.pick`): `variant` counts what it can come to.
   * @returns the state in `next`; false if there is no such variant
   */
  async apply(before: Int32Array, choice: Choice, variant: number): Promise<boolean> {
    for (;;) {
      const done = this.tryApply(before, choice, variant);
      if (done !== undefined) return done;
      await this.#unknown();
    }
  }

  /** As `apply`, at once; undefined if something is not known yet: then `apply` it. */
  tryApply(before: Int32Array, choice: Choice, variant: number): boolean | undefined {
    if (this.recording) {
      this.happened = [];
      this.completed = [];
    }
    this.next.set(before);
    this.#passedMs = 0;
    const had = before[BUDGETS_AT]!;
    const packed = choice.price === undefined ? had : this.space.budgets.spend(had, choice.price);
    this.next[BUDGETS_AT] = packed;
    const flags = this.#flagsOf(packed);
    if (choice.slot === SERVER) {
      if (variant > 0) return false;
      const { move, id } = choice as { move: ServerMove; id: number };
      if (!('ms' in move ? this.#pass(move) : this.#applyServerFault(move, id, flags))) return undefined;
    } else {
      const transitions = this.#known(choice.slot, choice.move as Move, choice.id, flags);
      if (!transitions) return undefined;
      const transition = transitions[variant];
      if (!transition) return false;
      this.#land(choice.slot, transition);
    }
    if (!this.#lookAtWaiting()) return undefined;
    if (flags !== this.#flagsOf(had) && !this.#relax(choice.slot, flags)) return undefined;
    if (this.#passedMs > 0 && !this.#ageReplicas(this.#passedMs)) return undefined;
    return this.#canonical.bring(this.next) ? true : undefined;
  }

  /** What the move comes to, if it is known. */
  #known(slot: number, move: Move, id: number, flags: number): Transition[] | undefined {
    const server = this.next[SERVER_AT]!;
    const local = this.next[LOCALS_AT + slot]!;
    const clockMs = this.clockMs(this.next);
    const stopped = this.#replication.of(this.#replicas(this.next)).stops.length;
    const map = this.#transitionsAt(clockMs ?? 0)[(slot * 4 + flags) * (REPLICAS + 1) + stopped]!;
    const key = transitionKey(server, local, id);
    const known = map.get(key);
    if (known) return known;
    const asked = { server, local, slot, packed: this.next[BUDGETS_AT]!, clockMs, stopped };
    this.#unknown = async () => {
      map.set(key, await this.space.expand(asked, move));
    };
    return undefined;
  }

  /** A transition takes place: its slot moves on, and the others find their watched keys touched. */
  #land(slot: number, transition: Transition): void {
    this.next[SERVER_AT] = transition.server;
    this.next[LOCALS_AT + slot] = transition.local;
    if (transition.touched !== 0) this.#touch(transition.touched, slot);
    if (transition.elapsedMs > 0) this.#age(transition.elapsedMs, slot);
    this.#enter(slot, transition);
  }

  #transitionsAt(clockMs: number): Map<number, Transition[]>[] {
    const known = this.#transitions.get(clockMs);
    if (known) return known;
    const length = this.#shape.slots * 4 * (REPLICAS + 1);
    const made = Array.from({ length }, () => new Map<number, Transition[]>());
    this.#transitions.set(clockMs, made);
    return made;
  }

  /** Time has passed for everybody. */
  #age(elapsedMs: number, except: number): void {
    this.#passedMs += elapsedMs;
    if (this.#shape.clockAt >= 0) this.next[this.#shape.clockAt]! += elapsedMs;
    for (let slot = 0; slot < this.#shape.slots; slot++) {
      if (slot === except) continue;
      this.next[LOCALS_AT + slot] = this.space.aged(this.next[LOCALS_AT + slot]!, elapsedMs);
    }
  }

  /** Time has passed for replicas that stopped, too. @returns false if what it comes to is not known yet */
  #ageReplicas(ms: number): boolean {
    const replicas = this.#replicas(this.next);
    const clockMs = this.clockMs(this.next) ?? 0;
    const aged = this.#replication.knownAged(replicas, ms, clockMs);
    this.#unknown = () => this.#replication.age(replicas, ms, clockMs);
    if (aged !== undefined && this.#shape.replicasAt >= 0) this.next[this.#shape.replicasAt] = aged;
    return aged !== undefined;
  }

  /** Time passes while everybody waits. @returns false if what it comes to is not known yet */
  #pass({ kind: event, ms }: Extract<ServerMove, { ms: number }>): boolean {
    const server = this.next[SERVER_AT]!;
    const clockMs = (this.clockMs(this.next) ?? 0) + ms;
    const key = `${server} ${ms} ${clockMs}`;
    const elapsed = this.#elapsed.get(key);
    if (!elapsed) {
      this.#unknown = async () => {
        this.#elapsed.set(key, await this.space.memo.elapse(server, ms, clockMs));
      };
      return false;
    }
    this.next[SERVER_AT] = elapsed.next;
    if (elapsed.touched !== 0) this.#touch(elapsed.touched, SERVER);
    this.#age(ms, SERVER);
    if (!this.recording) return true;
    this.happened.push({ slot: SERVER, atom: { event, elapsedMs: ms, server } });
    for (const expired of elapsed.expired)
      this.happened.push({ slot: SERVER, atom: { event: EXPIRY, ...expired } });
    return true;
  }

  #touch(touched: number, except: number): void {
    for (let slot = 0; slot < this.#shape.slots; slot++) {
      if (slot === except) continue;
      this.next[LOCALS_AT + slot] = this.space.touch(this.next[LOCALS_AT + slot]!, slot, touched);
    }
  }

  #enter(slot: number, { started, completed, atoms }: Transition): void {
    if (this.#shape.spans > 0) enterSpans(this.#spans, started, completed, this.#allCompletions);
    if (!this.recording) return;
    for (const atom of atoms)
      this.happened.push(atom.event === EXPIRY ? { slot: SERVER, atom } : { slot, atom });
    this.completed.push(...completed);
  }

  /** A fault hits the server; a restart also breaks every connection. @returns false if it is not known yet */
  #applyServerFault(move: ServerFaultMove, id: number, flags: number): boolean {
    const before = this.next[SERVER_AT]!;
    const { promotes, partOf, breaksConnections } = faultRow(move.kind);
    const replicas = this.#replicas(this.next);
    const server = promotes ? this.#replication.successor(replicas, before, move) : before;
    const key = server * 512 + id;
    const applied = this.#serverFaults.get(key);
    if (!applied) {
      this.#unknown = async () => {
        this.#serverFaults.set(key, await this.space.memo.applyFault(server, move));
      };
      return false;
    }
    if (promotes || partOf)
      this.next[this.#shape.replicasAt] = this.#replication.after(replicas, before, move);
    this.next[SERVER_AT] = applied.next;
    if (applied.touched !== 0) this.#touch(applied.touched, SERVER);
    if (this.recording) this.happened.push({ slot: SERVER, atom: told(move, applied.next) });
    return !breaksConnections || this.#breakConnections(flags);
  }

  /** Every connection breaks at once, and what dead processes had sent is lost. @returns false if it is not known yet */
  #breakConnections(flags: number): boolean {
    for (let slot = 0; slot < this.#shape.slots; slot++) {
      const local = this.space.locals.values[this.next[LOCALS_AT + slot]!]!;
      if (local.phase === 'done' || local.phase === 'absent') continue;
      if (local.phase === 'crashed') {
        this.next[LOCALS_AT + slot] = this.space.withoutGhost(this.next[LOCALS_AT + slot]!, slot);
        continue;
      }
      const transitions = this.#known(slot, CUT_ALL, this.#cutAll, flags);
      if (!transitions) return false;
      if (transitions.length > 1) {
        throw new CannotExplore(
          'it calls env.pick because its connections broke',
          'call env.pick after the next reply, not in the error handler',
        );
      }
      this.#land(slot, transitions[0]!);
    }
    return true;
  }

  /** @returns false if it is not known yet whether there is something for commands that wait */
  #lookAtWaiting(): boolean {
    const find = this.#waiting.bring(this.next);
    return find === undefined || ((this.#unknown = find), false);
  }

  /** What waited for something that can come no more happens at once. @returns false if it is not known yet */
  #relax(mover: number, flags: number): boolean {
    for (let slot = 0; slot < this.#shape.slots; slot++) {
      if (slot === mover) continue;
      const server = this.next[SERVER_AT]!;
      const local = this.next[LOCALS_AT + slot]!;
      const key = transitionKey(server, local, slot) * 4 + flags;
      const relaxed = this.#relaxed.get(key);
      if (!relaxed) {
        const clockMs = this.clockMs(this.next);
        const asked = { server, local, slot, packed: this.next[BUDGETS_AT]!, clockMs };
        this.#unknown = async () => {
          this.#relaxed.set(key, await this.space.relax(asked));
        };
        return false;
      }
      this.#land(slot, relaxed);
    }
    return true;
  }

  /** What of the budgets decides how an instance moves. */
  #flagsOf(packed: number): number {
    const { budgets } = this.space;
    return (budgets.disturbing(packed) ? 1 : 0) | (budgets.asking(packed) ? 2 : 0);
  }
}

const CUT_ALL: Move = { kind: 'cut-all' };
