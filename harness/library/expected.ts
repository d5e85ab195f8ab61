import type { PurchaseRequest, RecordedSale, Sale } from '../../strategies/contract.ts';
import { saleModel, type SaleInput, type SaleState } from '../checkers/sale-model.ts';
import type { Op, Outcome } from '../documents/vocabulary.ts';

/** One operation, and how it ended. */
export interface Ended {
  op: Op;
  request: PurchaseRequest;
  outcome: Outcome;
}

/** Outcomes that a purchase may have. */
const ANSWERS = ['sold', 'sold-out', 'limit-reached', 'already-yours'] as const satisfies readonly Outcome[];

const NOBODY: PurchaseRequest = { requestId: '', userId: '', quantity: 1 };

/** What the model of a sale knows: each state in which it may be, given the answers so far. */
export class Expected {
  readonly #sale: Sale;
  #states: readonly SaleState[];
  /** Requests that were told to be sold and have not been released. */
  readonly held = new Map<string, PurchaseRequest>();
  /** Of those, the ones that were confirmed. */
  readonly #confirmed = new Set<string>();
  /** Requests that were made. */
  readonly asked = new Set<string>();
  /** One was made again. */
  #repeats = false;

  constructor(sale: Sale) {
    this.#sale = sale;
    this.#states = [saleModel(sale, { letThrough: false }).init()];
  }

  /** Takes in what was asked at once. @returns what is wrong with the answers; undefined: the model gives them, in some order */
  takes(ended: readonly Ended[]): string | undefined {
    const next = this.#after(this.#states, ended);
    for (const { op, request } of ended) {
      if (op !== 'purchase') continue;
      this.#repeats ||= this.asked.has(request.requestId);
      this.asked.add(request.requestId);
    }
    if (next.length === 0) return this.#unexplained(ended) + this.#hint();
    this.#states = next;
    for (const { op, request, outcome } of ended) {
      const { requestId } = request;
      if (op === 'purchase' && outcome === 'sold') this.held.set(requestId, request);
      if (op === 'confirm') this.#confirmed.add(requestId);
    }
    for (const { op, request } of ended) if (op === 'release') this.held.delete(request.requestId);
    return undefined;
  }

  /** @returns what is wrong with the units that are left, by the code's own word */
  left(units: number): string | undefined {
    const states = this.#states.filter(({ available }) => available === units);
    if (states.length === 0)
      return `${units} left at rest, and the model has ${this.#words()}${this.#hint()}`;
    this.#states = states;
    return undefined;
  }

  /** @param confirms only what was confirmed is remembered @returns what is wrong with what the code remembers */
  ledger(lines: readonly RecordedSale[], confirms: boolean): string | undefined {
    const byRequest = lines.every(({ requestId }) => requestId !== undefined);
    const said = unitsBy(lines, ({ requestId, userId }) =>
      byRequest ? `${requestId} of ${userId}` : userId,
    );
    const isSaid = ({ holdings }: SaleState): boolean => {
      const held = [...holdings].filter(([request]) => !confirms || this.#confirmed.has(request));
      const units = unitsBy(held, ([request, { user }]) => (byRequest ? `${request} of ${user}` : user));
      return units === said;
    };
    if (this.#states.some(isSaid)) return undefined;
    return `the ledger at rest has ${said || 'nothing'}, and the model has ${this.#words()}${this.#hint()}`;
  }

  /** The states after these, in whatever order they came. */
  #after(states: readonly SaleState[], ended: readonly Ended[], alone = ended.length === 1): SaleState[] {
    if (ended.length === 0) return [...states];
    const after = ended.flatMap((one, i) => {
      const stepped = states.flatMap((state) => this.#step(state, one, alone) ?? []);
      return stepped.length === 0 ? [] : this.#after(stepped, ended.toSpliced(i, 1), alone);
    });
    return distinct(after);
  }

  #step(state: SaleState, { op, request, outcome }: Ended, alone: boolean): SaleState | undefined {
    const { requestId, userId, quantity } = request;
    const input: SaleInput = { op, request: requestId, user: userId, quantity };
    const step = (as: Outcome): SaleState | undefined => {
      const { ok, state: next } = saleModel(this.#sale, { letThrough: false }).step(state, input, as);
      return ok ? next : undefined;
    };
    if (outcome !== 'gave-up' && outcome !== 'rejected') return step(outcome);
    // It surely had no effect. Whoever holds is not refused, and whoever is alone has nobody to give way to.
    const mayBe = !state.holdings.has(requestId) && !(alone && step('sold'));
    return op === 'purchase' && mayBe ? state : undefined;
  }

  #unexplained(ended: readonly Ended[]): string {
    const answers = ended
      .map(({ op, request, outcome }) => `${wordsOf(op, request)} → ${outcome}`)
      .join(', ');
    if (ended.length > 1)
      return `no order explains what these were told at once: ${answers}; before them the model had ${this.#words()}`;
    const { op, request } = ended[0]!;
    const allowed = ANSWERS.filter(
      (outcome) => this.#after(this.#states, [{ op, request, outcome }]).length > 0,
    );
    const instead = op === 'purchase' ? allowed.join(' or ') : 'done';
    return `${answers}, and the model answers ${instead}: it had ${this.#words()}`;
  }

  /** What may be no mistake. */
  #hint(): string {
    return this.#repeats
      ? '; a request was made again, which sells once: give repeats: false if no buyer does so'
      : '';
  }

  #words(): string {
    const words = this.#states.map(({ available, holdings }) => {
      const held = [...holdings].map(([request, { quantity }]) => `${request} holds ${quantity}`);
      return [`${available} left`, ...held].join(', ');
    });
    return [...new Set(words)].join('; or ');
  }
}

/** An operation for people. */
export function wordsOf(op: Op, { requestId, userId, quantity }: PurchaseRequest = NOBODY): string {
  if (op === 'restock') return `restock(${quantity})`;
  return op === 'purchase' ? `purchase(${requestId}, ${userId}, ${quantity})` : `${op}(${requestId})`;
}

/** Units by what they are counted by, in words. */
function unitsBy<T extends { quantity: number } | [string, { quantity: number }]>(
  lines: readonly T[],
  key: (line: T) => string,
): string {
  const units = new Map<string, number>();
  for (const line of lines) {
    const { quantity } = Array.isArray(line) ? line[1] : line;
    units.set(key(line), (units.get(key(line)) ?? 0) + quantity);
  }
  return [...units]
    .map(([by, quantity]) => `${quantity} for ${by}`)
    .toSorted()
    .join(', ');
}

function distinct(states: readonly SaleState[]): SaleState[] {
  const byWords = new Map<string, SaleState>();
  for (const state of states)
    byWords.set(`${state.available} ${[...state.holdings.keys()].toSorted().join()}`, state);
  return [...byWords.values()];
}
