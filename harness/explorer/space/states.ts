import { asking, attemptsUsed, budgetsOf, disturbing, left, spend, type Extra } from '../scope/budgets.ts';
import type { Atom } from './cursor.ts';
import { isLone } from '../scope/layout.ts';
import { Interner } from './local.ts';
import { priceOf, type Move, type ServerMove } from '../scope/moves.ts';
import type { Space, Transition } from './space.ts';
import { idsIn } from '../scope/scope.ts';
import { enterSpans, NO_SPAN } from './spans.ts';

/** One event that may happen next. */
export interface Choice {
  /** Whose it is; SERVER for what befalls the server. */
  slot: number;
  move: Move | ServerMove;
  /** What it is paid from; undefined: the sale goes on by it. */
  price: Extra | undefined;
  id: number;
}

export const SERVER = -1;

/** Something that followed from an event. */
export type Happened =
  | { slot: number; atom: Atom }
  | { slot: typeof SERVER; atom: { event: ServerMove['kind']; key?: string; server: number } };

/** Where the parts of a state lie: the server, what is left of the budgets, a local state per slot, spans. */
const SERVER_AT = 0;
const BUDGETS_AT = 1;
const LOCALS_AT = 2;

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
  readonly #slots: number;
  readonly #spansAt: number;
  readonly #spans: number;
  readonly #allCompletions: boolean;
  readonly #moveIds = new Interner<Move | ServerMove>();
  readonly #choices = new Map<number, Choice[][]>();
  readonly #serverChoices = new Map<number, Choice[]>();
  readonly #transitions: Map<number, Transition[]>[];
  readonly #relaxed = new Map<number, Transition>();
  readonly #befallen = new Map<number, { next: number; touched: number }>();
  readonly #renamed = new Map<string, number>();
  readonly #renamedOffice = new Map<string, number>();
  /** Where the back office's local state lies; -1 if there is none to rename. */
  readonly #officeAt: number;
  readonly #named: boolean[] = [];
  /** Instances of each class that has several. */
  readonly #places: number[][];
  #unknown: () => Promise<void> = async () => {};

  /** @param tracksOrder real-time order is part of the state */
  constructor(space: Space, tracksOrder: boolean) {
    this.space = space;
    const { slots, operations, office } = space.layout;
    this.#slots = slots;
    this.#officeAt = office < 0 || !space.rules.renamedOffice ? -1 : LOCALS_AT + office;
    this.#spans = tracksOrder && space.rules.realTimeOrder ? operations : 0;
    this.#spansAt = LOCALS_AT + slots;
    this.width = this.#spansAt + this.#spans;
    this.next = new Int32Array(this.width);
    this.#allCompletions = space.scope.releases + space.scope.restocks > 0;
    const { classes } = space;
    this.#places = [...new Set(classes)]
      .map((c) => classes.flatMap((other, i) => (other === c ? [i] : [])))
      .filter((places) => places.length > 1);
    this.#transitions = Array.from({ length: slots * 4 }, () => new Map());
  }

  server = (vector: Int32Array): number => vector[SERVER_AT]!;
  /** Whether the server has lost its data since the sale was opened. */
  restarted = (vector: Int32Array): boolean =>
    left(vector[BUDGETS_AT]!, 'restart-without-aof') < this.space.scope.faults['restart-without-aof'];
  local = (vector: Int32Array, slot: number): number => vector[LOCALS_AT + slot]!;
  locals = (vector: Int32Array): number[] => [...vector.subarray(LOCALS_AT, LOCALS_AT + this.#slots)];
  spanOf = (vector: Int32Array, operation: number): number =>
    this.#spans > 0 ? vector[this.#spansAt + operation]! : 0;

  /** Slots of which a connection finds a watched key touched now, and did not before. */
  dirtied(before: Int32Array, after: Int32Array): number[] {
    const dirty = (vector: Int32Array, slot: number): number =>
      this.space.locals.values[this.local(vector, slot)]!.connections.filter((one) => one.dirty).length;
    return Array.from({ length: this.#slots }, (_, slot) => slot).filter(
      (slot) => dirty(after, slot) > dirty(before, slot),
    );
  }

  async initial(): Promise<{ vector: Int32Array; happened: Happened[] }> {
    const budgets = budgetsOf(this.space.scope);
    const { server, transitions } = await this.space.initial(budgets);
    const vector = this.next;
    vector.fill(NO_SPAN);
    vector[SERVER_AT] = server;
    vector[BUDGETS_AT] = budgets;
    this.happened = [];
    transitions.forEach((transition, slot) => {
      vector[LOCALS_AT + slot] = transition.local;
      this.#enter(slot, transition);
    });
    while (!this.#canonicalise()) await this.#unknown();
    return { vector: vector.slice(), happened: this.happened };
  }

  /** Everything that may happen next, what the sale itself does first. */
  choices(vector: Int32Array): Choice[] {
    const budgets = vector[BUDGETS_AT]!;
    const regular: Choice[] = [];
    const extra: Choice[] = [];
    for (let slot = 0; slot < this.#slots; slot++) {
      for (const choice of this.#choicesOf(vector[LOCALS_AT + slot]!, slot, budgets)) {
        (choice.price === undefined ? regular : extra).push(choice);
      }
    }
    if (left(budgets, 'retry') > 0) extra.push(...this.#takeovers(vector, budgets));
    if (left(budgets, 'repeat') > 0) extra.push(...this.#repeatsElsewhere(vector, budgets));
    for (const choice of this.#serverChoicesOf(vector[SERVER_AT]!)) {
      if (left(budgets, choice.price!) > 0) extra.push(choice);
    }
    return regular.length === 0 ? extra : [...regular, ...extra];
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
    const budgets =
      choice.price === undefined ? before[BUDGETS_AT]! : spend(before[BUDGETS_AT]!, choice.price);
    this.next[BUDGETS_AT] = budgets;
    const flags = flagsOf(budgets);
    if (choice.slot === SERVER) {
      if (variant > 0) return false;
      if (!this.#befall(choice, flags)) return undefined;
    } else {
      const transitions = this.#known(choice, flags);
      if (!transitions) return undefined;
      const transition = transitions[variant];
      if (!transition) return false;
      this.#land(choice.slot, transition);
    }
    if (flags !== flagsOf(before[BUDGETS_AT]!) && !this.#relax(choice.slot, flags)) return undefined;
    return this.#canonicalise() ? true : undefined;
  }

  #choicesOf(local: number, slot: number, budgets: number): readonly Choice[] {
    const key = budgets * 16 + slot;
    let known = this.#choices.get(key);
    if (!known) this.#choices.set(key, (known = []));
    return (known[local] ??= this.space
      .moves(local, slot, budgets)
      .map((move) => ({ slot, move, price: priceOf(move), id: this.#moveIds.id(move) })));
  }

  #takeovers(vector: Int32Array, budgets: number): Choice[] {
    const { firstRetry, firstRetrySlot, instances } = this.space.layout;
    const used = attemptsUsed(this.space.scope, budgets);
    const asked = new Set<number>();
    for (let slot = 0; slot < this.#slots; slot++) {
      for (const call of this.space.locals.values[vector[LOCALS_AT + slot]!]!.calls) {
        if (call.kind === 'purchase' && call.operation >= firstRetry) asked.add(call.buyer);
      }
    }
    const choices: Choice[] = [];
    for (let slot = 0; slot < instances; slot++) {
      for (const buyer of this.space.bereft(vector[LOCALS_AT + slot]!, slot)) {
        if (asked.has(buyer)) continue;
        const move: Move = { kind: 'takeover', buyer, operation: firstRetry + used };
        choices.push({ slot: firstRetrySlot + used, move, price: 'retry', id: this.#moveIds.id(move) });
      }
    }
    return choices;
  }

  #repeatsElsewhere(vector: Int32Array, budgets: number): Choice[] {
    const { firstRetry, firstRetrySlot, instances } = this.space.layout;
    const used = attemptsUsed(this.space.scope, budgets);
    const choices: Choice[] = [];
    for (let slot = 0; slot < instances; slot++) {
      for (const buyer of this.space.firstAttempts(this.space.locals.values[vector[LOCALS_AT + slot]!]!)) {
        const move: Move = { kind: 'repeat-elsewhere', buyer, operation: firstRetry + used };
        choices.push({ slot: firstRetrySlot + used, move, price: 'repeat', id: this.#moveIds.id(move) });
      }
    }
    return choices;
  }

  #serverChoicesOf(server: number): readonly Choice[] {
    const known = this.#serverChoices.get(server);
    if (known) return known;
    const { faults } = this.space.scope;
    const moves: ServerMove[] = [];
    for (const { key, volatile } of this.space.memo.keys(server)) {
      if (faults.expire > 0 && volatile) moves.push({ kind: 'expire', key });
      if (faults.evict > 0) moves.push({ kind: 'evict', key });
    }
    for (const kind of ['script-flush', 'restart', 'restart-without-aof'] as const) {
      if (faults[kind] > 0) moves.push({ kind });
    }
    const choices = moves.map((move) => ({
      slot: SERVER,
      move,
      price: priceOf(move),
      id: this.#moveIds.id(move),
    }));
    this.#serverChoices.set(server, choices);
    return choices;
  }

  #known({ slot, move, id }: Choice, flags: number): Transition[] | undefined {
    const [server, local, budgets] = [
      this.next[SERVER_AT]!,
      this.next[LOCALS_AT + slot]!,
      this.next[BUDGETS_AT]!,
    ];
    const map = this.#transitions[slot * 4 + flags]!;
    const key = transitionKey(server, local, id);
    const known = map.get(key);
    if (known) return known;
    this.#unknown = async () => {
      map.set(key, await this.space.expand(server, local, slot, move as Move, budgets));
    };
    return undefined;
  }

  /** A transition takes place: its slot moves on, and the others find their watched keys touched. */
  #land(slot: number, transition: Transition): void {
    this.next[SERVER_AT] = transition.server;
    this.next[LOCALS_AT + slot] = transition.local;
    if (transition.touched !== 0) this.#touch(transition.touched, slot);
    this.#enter(slot, transition);
  }

  #touch(touched: number, except: number): void {
    for (let slot = 0; slot < this.#slots; slot++) {
      if (slot === except) continue;
      this.next[LOCALS_AT + slot] = this.space.touch(this.next[LOCALS_AT + slot]!, slot, touched);
    }
  }

  #enter(slot: number, { started, completed, atoms }: Transition): void {
    if (this.#spans > 0)
      enterSpans(this.next, this.#spansAt, this.#spans, started, completed, this.#allCompletions);
    if (!this.recording) return;
    for (const atom of atoms) this.happened.push({ slot, atom });
    this.completed.push(...completed);
  }

  /** Something befalls the server; a restart also breaks every connection. @returns false if it is not known yet */
  #befall({ move, id }: Choice, flags: number): boolean {
    const server = this.next[SERVER_AT]!;
    const key = server * 512 + id;
    const befallen = this.#befallen.get(key);
    if (!befallen) {
      this.#unknown = async () => {
        this.#befallen.set(key, await this.space.memo.befall(server, move as ServerMove));
      };
      return false;
    }
    this.next[SERVER_AT] = befallen.next;
    if (befallen.touched !== 0) this.#touch(befallen.touched, SERVER);
    if (this.recording) {
      const told = 'key' in move ? { key: move.key } : {};
      this.happened.push({
        slot: SERVER,
        atom: { event: move.kind as ServerMove['kind'], ...told, server: befallen.next },
      });
    }
    if (move.kind !== 'restart' && move.kind !== 'restart-without-aof') return true;
    const cutAll: Move = { kind: 'cut-all' };
    for (let slot = 0; slot < this.#slots; slot++) {
      const local = this.space.locals.values[this.next[LOCALS_AT + slot]!]!;
      if (local.phase === 'done' || local.phase === 'absent') continue;
      if (local.phase === 'crashed') {
        this.next[LOCALS_AT + slot] = this.space.withoutGhost(this.next[LOCALS_AT + slot]!);
        continue;
      }
      const transitions = this.#known(
        { slot, move: cutAll, price: undefined, id: this.#moveIds.id(cutAll) },
        flags,
      );
      if (!transitions) return false;
      this.#land(slot, transitions[0]!);
    }
    return true;
  }

  /** What waited for something that can come no more happens at once. @returns false if it is not known yet */
  #relax(mover: number, flags: number): boolean {
    for (let slot = 0; slot < this.#slots; slot++) {
      if (slot === mover) continue;
      const [server, local, budgets] = [
        this.next[SERVER_AT]!,
        this.next[LOCALS_AT + slot]!,
        this.next[BUDGETS_AT]!,
      ];
      const key = (transitionKey(server, local, slot) * 4 + flags) * 1;
      const relaxed = this.#relaxed.get(key);
      if (!relaxed) {
        this.#unknown = async () => {
          this.#relaxed.set(key, await this.space.relax(server, local, slot, budgets));
        };
        return false;
      }
      this.#land(slot, relaxed);
    }
    return true;
  }

  /** Sorts interchangeable instances, and renames the server's content along. Ties stay as they are. */
  #canonicalise(): boolean {
    if (!this.space.reductions.symmetry || this.#isSorted()) return true;
    const office = this.#officeAt < 0 ? -1 : this.next[this.#officeAt]!;
    if (!this.#namesBuyers(this.next[SERVER_AT]!) && office < 0) {
      this.#sort();
      return true;
    }
    const to = this.#order();
    const server = this.#rename(this.next[SERVER_AT]!, to);
    const renamedOffice = server === undefined || office < 0 ? office : this.#renameOffice(office, to);
    if (server === undefined || renamedOffice === undefined) return false;
    const vector = this.next.slice();
    to.forEach((place, from) => {
      this.next[LOCALS_AT + place] = vector[LOCALS_AT + from]!;
      if (this.#spans > 0) this.next[this.#spansAt + place] = vector[this.#spansAt + from]!;
    });
    this.next[SERVER_AT] = server;
    if (office >= 0) this.next[this.#officeAt] = renamedOffice;
    return true;
  }

  #isSorted(): boolean {
    for (const places of this.#places) {
      for (let i = 1; i < places.length; i++) if (this.#precedes(places[i]!, places[i - 1]!)) return false;
    }
    return true;
  }

  /** Sorts each class in place: by insertion, as all but the instance that moved are in order. */
  #sort(): void {
    for (const places of this.#places) {
      for (let i = 1; i < places.length; i++) {
        for (let j = i; j > 0 && this.#precedes(places[j]!, places[j - 1]!); j--)
          this.#swap(places[j]!, places[j - 1]!);
      }
    }
  }

  #swap(a: number, b: number): void {
    const { next } = this;
    const local = next[LOCALS_AT + a]!;
    next[LOCALS_AT + a] = next[LOCALS_AT + b]!;
    next[LOCALS_AT + b] = local;
    if (this.#spans === 0) return;
    const span = next[this.#spansAt + a]!;
    next[this.#spansAt + a] = next[this.#spansAt + b]!;
    next[this.#spansAt + b] = span;
  }

  /** Whether the server's content holds ids of buyers, so that renaming them makes another content. */
  #namesBuyers(server: number): boolean {
    return (this.#named[server] ??= idsIn(this.space.memo.content(server)).size > 0);
  }

  /** For each instance, the place it takes when each class is sorted. */
  #order(): number[] {
    const { classes } = this.space;
    const to = Array.from(classes, (_, i) => i);
    for (const c of new Set(classes)) {
      const places = classes.flatMap((other, i) => (other === c ? [i] : []));
      const members = places.toSorted((a, b) =>
        this.#precedes(a, b) ? -1 : this.#precedes(b, a) ? 1 : a - b,
      );
      members.forEach((member, i) => (to[member] = places[i]!));
    }
    return to;
  }

  #rename(server: number, to: readonly number[]): number | undefined {
    const key = `${server} ${to.join()}`;
    const known = this.#renamed.get(key);
    if (known !== undefined) return known;
    this.#unknown = async () => {
      this.#renamed.set(key, await this.space.rename(server, this.#buyersTo(to)));
    };
    return undefined;
  }

  #renameOffice(local: number, to: readonly number[]): number | undefined {
    const key = `${local} ${to.join()}`;
    const known = this.#renamedOffice.get(key);
    if (known !== undefined) return known;
    this.#unknown = async () => {
      this.#renamedOffice.set(key, await this.space.renameOffice(local, this.#buyersTo(to)));
    };
    return undefined;
  }

  /** A lone buyer's number is its instance's; buyers that share an instance are never exchanged. */
  #buyersTo(to: readonly number[]): number[] {
    const { scope, layout } = this.space;
    return Array.from({ length: scope.buyers }, (_, b) =>
      b < layout.instances && isLone(scope, b) ? to[b]! : b,
    );
  }

  #precedes(a: number, b: number): boolean {
    const byLocal = this.next[LOCALS_AT + a]! - this.next[LOCALS_AT + b]!;
    if (byLocal !== 0 || this.#spans === 0) return byLocal < 0;
    return this.next[this.#spansAt + a]! < this.next[this.#spansAt + b]!;
  }
}

/** What of the budgets decides how an instance moves. */
const flagsOf = (budgets: number): number => (disturbing(budgets) ? 1 : 0) | (asking(budgets) ? 2 : 0);

/** 48 bits: 19 of server, 20 of local state, 9 of move. */
function transitionKey(server: number, local: number, move: number): number {
  if (server >= 1 << 19 || local >= 1 << 20 || move >= 1 << 9) {
    throw new RangeError('the scope is too large to be indexed: take fewer buyers, units or faults');
  }
  return (server * (1 << 20) + local) * (1 << 9) + move;
}
