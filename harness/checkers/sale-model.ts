import type { Op, Outcome } from '../documents/vocabulary.ts';
import type { Sale } from '../../strategies/contract.ts';
import type { Model } from './model.ts';

/** What one request holds, and for whom. */
export interface Holding {
  readonly user: string;
  readonly quantity: number;
}

/** What a correct store knows: what is left, and who holds what. Never changed in place. */
export interface SaleState {
  /** Units; below zero only where a sale was let through that should have been refused. */
  readonly available: number;
  readonly holdings: ReadonlyMap<string, Holding>;
  /** Units by user; stays empty without a limit. */
  readonly heldBy: ReadonlyMap<string, number>;
}

/** One operation as the model sees it. `request` says nothing for a restock, and `user` only for a purchase. */
export interface SaleInput {
  readonly op: Op;
  readonly request: string;
  readonly user: string;
  readonly quantity: number;
  /** No other operation of the history asks for this request, or for its user where there is a limit. */
  readonly alone?: boolean;
}

/**
 * Whether the model may give this answer to a purchase. A request that holds units is sold, and never refused.
 * A request that is over the limit *and* asks for more than there is may be told either.
 */
function mayAnswer(
  sale: Sale,
  state: SaleState,
  purchase: SaleInput,
  answer: 'sold' | 'sold-out' | 'limit-reached' | 'already-yours',
): boolean {
  if (answer === 'already-yours')
    return [...state.holdings.values()].some(({ user }) => user === purchase.user);
  if (state.holdings.has(purchase.request)) return answer === 'sold';
  const short = purchase.quantity > state.available;
  const overLimit =
    sale.perUserLimit !== undefined &&
    (state.heldBy.get(purchase.user) ?? 0) + purchase.quantity > sale.perUserLimit;
  if (answer === 'sold') return !short && !overLimit;
  return answer === 'sold-out' ? short : overLimit;
}

/** The state after a purchase was sold, allowed or not; unchanged when the request holds units already. */
function sell(sale: Sale, state: SaleState, purchase: SaleInput): SaleState {
  const { request, user, quantity } = purchase;
  if (state.holdings.has(request)) return state;
  const available = state.available - quantity;
  // Nobody will ask what is remembered of it, and a short memory makes a search over many operations cheap.
  if (purchase.alone) return { ...state, available };
  return {
    available,
    holdings: new Map(state.holdings).set(request, { user, quantity }),
    heldBy: sale.perUserLimit === undefined ? state.heldBy : changed(state.heldBy, user, quantity),
  };
}

/** The state after a request gave all its units back, whoever did it for its user; unchanged when it holds none. */
function release(sale: Sale, state: SaleState, { request }: SaleInput): SaleState {
  const holding = state.holdings.get(request);
  if (holding === undefined) return state;
  const { user, quantity } = holding;
  const holdings = new Map(state.holdings);
  holdings.delete(request);
  return {
    available: state.available + quantity,
    holdings,
    heldBy: sale.perUserLimit === undefined ? state.heldBy : changed(state.heldBy, user, -quantity),
  };
}

function changed(units: ReadonlyMap<string, number>, user: string, by: number): ReadonlyMap<string, number> {
  return new Map(units).set(user, (units.get(user) ?? 0) + by);
}

/**
 * The sale as a model for the linearizability checker. Operations that surely had no effect (`gave-up`,
 * `rejected`) do not belong in its history; a confirm is a purchase of the same request, which changes nothing where that
 * holds its units, and a hold that nobody pays is a release of unknown outcome; those with an unknown outcome do, with an open end, and the checker
 * leaves them out where they did nothing.
 *
 * @param options `letThrough`: a sale always takes its units, and `available` may fall below zero. That asks
 * about the refusals alone: an oversold unit or a broken limit is then not reported a second time as a refusal
 * that nothing explains. What is *unknown* still takes units only where the model sells. `from`: where the history
 * begins, if not at the opening of the sale.
 */
export function saleModel(
  sale: Sale,
  options: { letThrough: boolean; from?: SaleState },
): Model<SaleState, SaleInput, Outcome> {
  const rules: Rules = { sale, letThrough: options.letThrough };
  return {
    init: () => options.from ?? { available: sale.stock, holdings: new Map(), heldBy: new Map() },
    step(state, input, outcome) {
      const next = apply(rules, state, input, outcome);
      return next === undefined ? { ok: false, state } : { ok: true, state: next };
    },
    equal: sameState,
    hash: (state) => state.available,
  };
}

interface Rules {
  sale: Sale;
  letThrough: boolean;
}

/** The state afterwards, or undefined where the model does not end this operation in this way. */
function apply(
  { sale, letThrough }: Rules,
  state: SaleState,
  input: SaleInput,
  outcome: Outcome,
): SaleState | undefined {
  if (outcome === 'sold-out' || outcome === 'limit-reached' || outcome === 'already-yours') {
    return mayAnswer(sale, state, input, outcome) ? state : undefined;
  }
  const next = effect(sale, state, input, letThrough && outcome === 'sold');
  // An open end that does nothing here need not be placed at all, so it is not tried.
  return outcome === 'unknown' && next === state ? undefined : next;
}

function effect(sale: Sale, state: SaleState, input: SaleInput, letThrough: boolean): SaleState | undefined {
  if (input.op === 'restock') return { ...state, available: state.available + input.quantity };
  if (input.op === 'release') return release(sale, state, input);
  return letThrough || mayAnswer(sale, state, input, 'sold') ? sell(sale, state, input) : undefined;
}

/** Two states of one history in which the same requests hold the same units; their users then do, too. */
function sameState(a: SaleState, b: SaleState): boolean {
  if (a.available !== b.available || a.holdings.size !== b.holdings.size) return false;
  for (const request of a.holdings.keys()) if (!b.holdings.has(request)) return false;
  return true;
}
