import { KEY_FAULTS, LAG, PROMOTION, SERVER_FAULTS, faultRow, type Extra } from '../../documents/faults.ts';
import {
  priceOf,
  SERVER,
  type Choice,
  type Move,
  type ServerFaultMove,
  type ServerMove,
} from '../scope/moves.ts';
import { amountsOf } from '../scope/budgets.ts';
import { REPLICAS } from '../server/replicas.ts';
import { cancellations, mayStillTake, payments, type Served } from '../scope/payments.ts';
import { Interner } from './process-state.ts';
import { BUDGETS_AT, LOCALS_AT, SERVER_AT } from './vector-shape.ts';
import type { Space } from './space.ts';

/** Longer than anybody holds a unit of a flash sale. */
export const AN_HOUR_MS = 3_600_000;

/** What may happen next in each state. Every move has a small number of its own, by which what it does is remembered. */
export class Choices {
  readonly #space: Space;
  readonly #moveIds = new Interner<Move | ServerMove>();
  readonly #ofSlots = new Map<number, Choice[][]>();
  readonly #ofServer = new Map<string, Choice[]>();

  constructor(space: Space) {
    this.#space = space;
  }

  choice(slot: number, move: Move | ServerMove): Choice {
    return { slot, move, price: priceOf(move), id: this.#moveIds.id(move) };
  }

  /** Everything that may happen next, what the sale itself does first. */
  of(vector: Int32Array, clockMs: number | undefined, stops: readonly number[]): Choice[] {
    const packed = vector[BUDGETS_AT]!;
    const { budgets, layout } = this.#space;
    const regular: Choice[] = [];
    const extra: Choice[] = [];
    for (let slot = 0; slot < layout.slots; slot++) {
      for (const choice of this.#slotChoices(vector[LOCALS_AT + slot]!, slot, packed)) {
        if (choice.price === undefined) regular.push(choice);
        else extra.push(choice.move.kind === 'release' ? this.#releasing(vector, choice) : choice);
      }
    }
    if (budgets.left(packed, 'retry') > 0) extra.push(...this.#takeovers(vector, packed));
    if (budgets.left(packed, 'repeat') > 0) extra.push(...this.#repeatsElsewhere(vector, packed));
    if (budgets.left(packed, 'cancel') > 0) extra.push(...this.#cancellations(vector, packed));
    for (const choice of this.#serverChoices(vector[SERVER_AT]!, stops)) {
      if (budgets.left(packed, choice.price!) > 0) extra.push(choice);
    }
    // At rest time passes anyway.
    if (regular.length > 0 && budgets.left(packed, 'slow') > 0)
      extra.push(...this.#spans(vector, clockMs).map((ms) => this.choice(SERVER, { kind: 'slow', ms })));
    if (budgets.left(packed, 'confirm') > 0) extra.push(...this.#confirms(vector, packed, clockMs));
    return regular.length === 0 ? extra : [...regular, ...extra];
  }

  #slotChoices(local: number, slot: number, packed: number): readonly Choice[] {
    const key = packed * this.#space.layout.slots + slot;
    let known = this.#ofSlots.get(key);
    if (!known) this.#ofSlots.set(key, (known = []));
    return (known[local] ??= this.#space.moves(local, slot, packed).map((move) => this.choice(slot, move)));
  }

  /** Time passes to any deadline that is known, or by an hour, where only code that reads the clock knows of one. */
  #spans(vector: Int32Array, clockMs: number | undefined): number[] {
    const { layout, locals, memo, reductions } = this.#space;
    if (reductions.stillClock) return [];
    const spans = new Set(memo.remaining(vector[SERVER_AT]!, clockMs ?? 0));
    for (let slot = 0; slot < layout.slots; slot++)
      for (const [, inMs] of locals.values[vector[LOCALS_AT + slot]!]!.due) spans.add(inMs);
    if (clockMs !== undefined) spans.add(AN_HOUR_MS);
    return [...spans].filter((ms) => ms > 0).toSorted((a, b) => a - b);
  }

  /** What each process was asked for. */
  #served(vector: Int32Array): Served[] {
    return Array.from({ length: this.#space.layout.slots }, (_, slot) =>
      this.#space.served(vector[LOCALS_AT + slot]!, slot),
    );
  }

  /** The release as it stands to what other processes may have been asked for. */
  #releasing(vector: Int32Array, choice: Choice): Choice {
    const { slot, move } = choice;
    const { layout } = this.#space;
    // A purchase alone has its answer when it is released.
    if (layout.till < 0 && layout.firstRelease === layout.firstRetry) return choice;
    if (move.kind !== 'release' && move.kind !== 'cancel') return choice;
    return mayStillTake(move.buyer, this.#served(vector))
      ? this.choice(slot, { ...move, uncertain: true })
      : choice;
  }

  #cancellations(vector: Int32Array, packed: number): Choice[] {
    const { scope, layout, budgets, abilities } = this.#space;
    if (!abilities.release) return [];
    const operation = layout.firstRelease + budgets.releasesUsed(packed);
    return cancellations(scope, layout, this.#served(vector)).map((buyer) =>
      this.#releasing(vector, this.choice(layout.till, { kind: 'cancel', buyer, operation })),
    );
  }

  /** Buyers confirm; and while one may still do so, time passes. Where nobody can tell the time, it passes all the same. */
  #confirms(vector: Int32Array, packed: number, clockMs: number | undefined): Choice[] {
    const { scope, layout, budgets, abilities } = this.#space;
    if (!abilities.confirm) return [];
    const due = payments(scope, layout, this.#served(vector));
    const choices = due.flatMap(({ slots, ...paying }) =>
      slots.map((slot) => this.choice(slot, { kind: 'confirm', ...paying })),
    );
    if (due.length === 0 || budgets.left(packed, 'late') === 0) return choices;
    const spans = this.#spans(vector, clockMs);
    for (const ms of spans.length > 0 ? spans : [AN_HOUR_MS])
      choices.push(this.choice(SERVER, { kind: 'late', ms }));
    return choices;
  }

  #takeovers(vector: Int32Array, packed: number): Choice[] {
    const { layout, locals, budgets } = this.#space;
    const { firstRetry, firstRetrySlot, instances, slots } = layout;
    const used = budgets.attemptsUsed(packed);
    const asked = new Set<number>();
    for (let slot = 0; slot < slots; slot++) {
      for (const call of locals.values[vector[LOCALS_AT + slot]!]!.calls) {
        if (call.kind === 'purchase' && call.operation >= firstRetry) asked.add(call.buyer);
      }
    }
    const choices: Choice[] = [];
    for (let slot = 0; slot < instances; slot++) {
      for (const buyer of this.#space.buyersOfCrashed(vector[LOCALS_AT + slot]!, slot)) {
        if (asked.has(buyer)) continue;
        const move: Move = { kind: 'elsewhere', buyer, operation: firstRetry + used, as: 'retry' };
        choices.push(this.choice(firstRetrySlot + used, move));
      }
    }
    return choices;
  }

  #repeatsElsewhere(vector: Int32Array, packed: number): Choice[] {
    const { firstRetry, firstRetrySlot, instances } = this.#space.layout;
    const used = this.#space.budgets.attemptsUsed(packed);
    const choices: Choice[] = [];
    for (let slot = 0; slot < instances; slot++) {
      for (const buyer of this.#space.firstAttempts(vector[LOCALS_AT + slot]!)) {
        const move: Move = { kind: 'elsewhere', buyer, operation: firstRetry + used, as: 'repeat' };
        choices.push(this.choice(firstRetrySlot + used, move));
      }
    }
    return choices;
  }

  #serverChoices(server: number, stops: readonly number[]): readonly Choice[] {
    const key = `${server} ${stops.join()}`;
    const known = this.#ofServer.get(key);
    if (known) return known;
    const { scope, memo, mostStops } = this.#space;
    const choices = serverMoves(amountsOf(scope), memo.keys(server), { stops, most: mostStops }).map((move) =>
      this.choice(SERVER, move),
    );
    this.#ofServer.set(key, choices);
    return choices;
  }
}

/**
 * What may happen to a server with these keys by itself, by what is asked for at all.
 * @param replicas where each that has stopped did so, and how many may
 */
export function serverMoves(
  budget: Readonly<Record<Extract<Extra, ServerFaultMove['kind']>, number>>,
  keys: readonly { key: string; volatile: boolean }[],
  { stops, most = REPLICAS }: { stops: readonly unknown[]; most?: number },
): ServerFaultMove[] {
  const ofKeys = keys.flatMap(({ key, volatile }) =>
    KEY_FAULTS.filter((kind) => budget[kind] > 0 && (volatile || !faultRow(kind).onlyVolatile)).map(
      (kind): ServerFaultMove => ({ kind, key }),
    ),
  );
  const ofServer = SERVER_FAULTS.filter((kind) => budget[faultRow(kind).partOf ?? kind] > 0).flatMap(
    (kind): ServerFaultMove[] => {
      const follows = stops.length < (kind === LAG ? most : kind === PROMOTION ? REPLICAS : Infinity);
      const stopped = kind === PROMOTION ? [...stops.keys()] : [];
      const different = stopped.filter((replica) => stops.indexOf(stops[replica]) === replica);
      return [...(follows ? [{ kind }] : []), ...different.map((replica) => ({ kind, replica }))];
    },
  );
  return [...ofKeys, ...ofServer];
}
