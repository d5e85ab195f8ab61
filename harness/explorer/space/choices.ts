import { KEY_FAULTS, SERVER_FAULTS, faultRow, type Extra } from '../../documents/faults.ts';
import { priceOf, SERVER, type Choice, type Move, type ServerMove } from '../scope/moves.ts';
import { Interner } from './process-state.ts';
import { BUDGETS_AT, LOCALS_AT, SERVER_AT } from './vector-shape.ts';
import type { Space } from './space.ts';

/** What may happen next in each state. Every move has a small number of its own, by which what it does is remembered. */
export class Choices {
  readonly #space: Space;
  readonly #moveIds = new Interner<Move | ServerMove>();
  readonly #ofSlots = new Map<number, Choice[][]>();
  readonly #ofServer = new Map<number, Choice[]>();

  constructor(space: Space) {
    this.#space = space;
  }

  choice(slot: number, move: Move | ServerMove): Choice {
    return { slot, move, price: priceOf(move), id: this.#moveIds.id(move) };
  }

  /** Everything that may happen next, what the sale itself does first. */
  of(vector: Int32Array): Choice[] {
    const packed = vector[BUDGETS_AT]!;
    const { budgets, layout } = this.#space;
    const regular: Choice[] = [];
    const extra: Choice[] = [];
    for (let slot = 0; slot < layout.slots; slot++) {
      for (const choice of this.#slotChoices(vector[LOCALS_AT + slot]!, slot, packed)) {
        (choice.price === undefined ? regular : extra).push(choice);
      }
    }
    if (budgets.left(packed, 'retry') > 0) extra.push(...this.#takeovers(vector, packed));
    if (budgets.left(packed, 'repeat') > 0) extra.push(...this.#repeatsElsewhere(vector, packed));
    for (const choice of this.#serverChoices(vector[SERVER_AT]!)) {
      if (budgets.left(packed, choice.price!) > 0) extra.push(choice);
    }
    return regular.length === 0 ? extra : [...regular, ...extra];
  }

  #slotChoices(local: number, slot: number, packed: number): readonly Choice[] {
    const key = packed * this.#space.layout.slots + slot;
    let known = this.#ofSlots.get(key);
    if (!known) this.#ofSlots.set(key, (known = []));
    return (known[local] ??= this.#space.moves(local, slot, packed).map((move) => this.choice(slot, move)));
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
        const move: Move = { kind: 'takeover', buyer, operation: firstRetry + used };
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
        const move: Move = { kind: 'repeat-elsewhere', buyer, operation: firstRetry + used };
        choices.push(this.choice(firstRetrySlot + used, move));
      }
    }
    return choices;
  }

  #serverChoices(server: number): readonly Choice[] {
    const known = this.#ofServer.get(server);
    if (known) return known;
    const choices = serverMoves(this.#space.scope.faults, this.#space.memo.keys(server)).map((move) =>
      this.choice(SERVER, move),
    );
    this.#ofServer.set(server, choices);
    return choices;
  }
}

/** What may happen to a server with these keys by itself, by what is asked for at all. */
export function serverMoves(
  budget: Readonly<Record<Extract<Extra, ServerMove['kind']>, number>>,
  keys: readonly { key: string; volatile: boolean }[],
): ServerMove[] {
  const ofKeys = keys.flatMap(({ key, volatile }) =>
    KEY_FAULTS.filter((kind) => budget[kind] > 0 && (volatile || !faultRow(kind).onlyVolatile)).map(
      (kind): ServerMove => ({ kind, key }),
    ),
  );
  const ofServer = SERVER_FAULTS.filter((kind) => budget[kind] > 0).map((kind): ServerMove => ({ kind }));
  return [...ofKeys, ...ofServer];
}
