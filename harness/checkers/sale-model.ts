import type { Sale } from '../../strategies/contract.ts';
import type { Op, Outcome } from '../history/operation.ts';
import type { Model } from './linearizability.ts';

/** What a correct store knows: what is left, and who holds what. Never changed in place. */
export interface SaleState {
  /** Units; below zero only where a sale was let through that should have been refused. */
  readonly available: number;
  readonly holdings: ReadonlyMap<string, Holding>;
}

export interface Holding {
  readonly user: string;
  readonly quantity: number;
}

/** One operation as the model sees it. `request` and `user` say nothing for a restock. */
export interface SaleInput {
  readonly op: Op;
  readonly request: string;
  readonly user: string;
  readonly quantity: number;
}

/**
 * Whether the model may give this answer to a purchase. A request that holds units is sold, and never refused.
 * A request that is over the limit *and* asks for more than there is may be told either.
 */
function mayAnswer(
  sale: Sale,
  state: SaleState,
  purchase: SaleInput,
  answer: 'sold' | 'sold-out' | 'limit-reached',
): boolean {
  if (state.holdings.has(purchase.request)) return answer === 'sold';
  const short = purchase.quantity > state.available;
  const overLimit =
    sale.perUserLimit !== undefined && heldBy(state, purchase.user) + purchase.quantity > sale.perUserLimit;
  if (answer === 'sold') return !short && !overLimit;
  return answer === 'sold-out' ? short : overLimit;
}

/** The state after a purchase was sold, allowed or not; unchanged when the request holds units already. */
function sell(state: SaleState, { request, user, quantity }: SaleInput): SaleState {
  if (state.holdings.has(request)) return state;
  const holdings = new Map(state.holdings).set(request, { user, quantity });
  return { available: state.available - quantity, holdings };
}

/** The state after a request gave all its units back; unchanged when it holds none. */
function release(state: SaleState, request: string): SaleState {
  const holding = state.holdings.get(request);
  if (holding === undefined) return state;
  const holdings = new Map(state.holdings);
  holdings.delete(request);
  return { available: state.available + holding.quantity, holdings };
}

const restock = (state: SaleState, quantity: number): SaleState => ({
  available: state.available + quantity,
  holdings: state.holdings,
});

function heldBy(state: SaleState, user: string): number {
  let units = 0;
  for (const holding of state.holdings.values()) if (holding.user === user) units += holding.quantity;
  return units;
}

/**
 * The sale as a model for the linearizability checker. Operations that surely had no effect (`gave-up`,
 * `rejected`) do not belong in its history; those with an unknown outcome do, with an open end, and the checker
 * leaves them out where they did nothing.
 *
 * @param options `letThrough`: a sale always takes its units, and `available` may fall below zero. That asks
 * about the refusals alone: an oversold unit or a broken limit is then not reported a second time as a refusal
 * that nothing explains. What is *unknown* still takes units only where the model sells.
 */
export function saleModel(
  sale: Sale,
  options: { letThrough: boolean },
): Model<SaleState, SaleInput, Outcome> {
  return {
    init: () => ({ available: sale.stock, holdings: new Map() }),
    step(state, input, outcome) {
      const next = apply(sale, state, input, outcome, options.letThrough);
      return next === undefined ? { ok: false, state } : { ok: true, state: next };
    },
    equal: sameState,
    hash: (state) => state.available,
  };
}

/** The state afterwards, or undefined where the model does not end this operation in this way. */
function apply(
  sale: Sale,
  state: SaleState,
  input: SaleInput,
  outcome: Outcome,
  letThrough: boolean,
): SaleState | undefined {
  if (outcome === 'sold-out' || outcome === 'limit-reached') {
    return mayAnswer(sale, state, input, outcome) ? state : undefined;
  }
  const next = effect(sale, state, input, letThrough && outcome === 'sold');
  // An open end that does nothing here need not be placed at all, so it is not tried.
  return outcome === 'unknown' && next === state ? undefined : next;
}

function effect(sale: Sale, state: SaleState, input: SaleInput, letThrough: boolean): SaleState | undefined {
  if (input.op === 'restock') return restock(state, input.quantity);
  if (input.op === 'release') return release(state, input.request);
  return letThrough || mayAnswer(sale, state, input, 'sold') ? sell(state, input) : undefined;
}

function sameState(a: SaleState, b: SaleState): boolean {
  if (a.available !== b.available || a.holdings.size !== b.holdings.size) return false;
  for (const [request, holding] of a.holdings) {
    if (b.holdings.get(request)?.quantity !== holding.quantity) return false;
  }
  return true;
}
