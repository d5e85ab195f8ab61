import type { Outcome } from '../documents/vocabulary.ts';
import type { Joined, LedgerEntry, RequestFacts, SaleAtRest } from './facts.ts';

/** Units, unless said otherwise. `least` and `most`: with unknown releases and restocks taken or not. */
export interface Sums {
  onSaleLeast: number;
  onSaleMost: number;
  heldLeast: number;
  heldMost: number;
  /** Acknowledged and surely or possibly not released: what buyers were promised, whatever the ledger says. */
  acknowledged: number;
  /** Of requests that are sold or unknown, less what may have been released. */
  possiblySold: number;
  anyResent: boolean;
  /** Units per user: the least by ledger and by acknowledgement, and the most; absent where nobody asks for them. */
  heldByUser: Map<string, HeldByUser> | undefined;
  doubled: Excess[];
  lost: Excess[];
  /** Refused, by whatever words, and in the ledger all the same. */
  refusedThoughHeld: (Excess & { outcome: Outcome })[];
  stuck: RequestFacts[];
  /** Users who were told that they have something already, and whether they have, or gave it back. */
  claims: Map<string, boolean>;
}

interface HeldByUser {
  recorded: number;
  acknowledged: number;
  /** With all that may have taken effect, and what was acknowledged and lost. */
  most: number;
}

export interface Excess {
  request: string;
  units: number;
}

const REFUSED: ReadonlySet<Outcome> = new Set(['sold-out', 'limit-reached', 'gave-up', 'rejected']);

/** Goes through the requests once, and through what the ledger has beyond them. */
export function sumUp(facts: SaleAtRest, joined: Joined): Sums {
  const hasLedger = facts.recorded !== undefined;
  const onSale = facts.sale.stock + facts.restocked;
  const sums: Sums = {
    onSaleLeast: onSale,
    onSaleMost: onSale + (facts.restockedUnknown ?? 0),
    heldLeast: 0,
    heldMost: 0,
    acknowledged: 0,
    possiblySold: 0,
    anyResent: false,
    // Of a million users that is a large map.
    heldByUser: facts.sale.perUserLimit === undefined && !facts.allowances ? undefined : new Map(),
    doubled: [],
    lost: [],
    refusedThoughHeld: [],
    stuck: [],
    claims: new Map([...joined.claimants].map((user) => [user, false])),
  };
  for (const [request, entry] of joined.requests) {
    if (hasLedger) addRecorded(sums, request, entry);
    addAcknowledged(sums, request, !hasLedger);
    if (request.resent) sums.anyResent = true;
    if (request.stuck && request.outcome !== 'sold') sums.stuck.push(request);
    if (sums.claims.size > 0 && hasSomething(request, entry, hasLedger)) meetClaim(sums, request.userId);
  }
  for (const { requestId, userId, quantity } of joined.unasked()) {
    // Recorded for a request that nobody made: more than the nothing that it asked for.
    meetClaim(sums, userId);
    sums.heldMost += quantity;
    const request = requestId ? `${requestId} as an order of ${userId}` : `nobody's request of ${userId}`;
    sums.doubled.push({ request, units: quantity });
    addToUser(sums, userId, { recorded: quantity, most: quantity });
  }
  return sums;
}

/** A ledger may drop what was released or keep it, so no request holds less than nothing. */
function addRecorded(sums: Sums, request: RequestFacts, recorded: LedgerEntry | undefined): void {
  const { requestId, outcome, onHold = false } = request;
  const quantity = units(request.quantity);
  const releasedUnknown = request.releasedUnknown ?? 0;
  const inLedger = recorded?.quantity ?? 0;
  const least = units(inLedger - request.released - releasedUnknown);
  // Whoever was told what: an order in the ledger will be shipped. What is beyond the quantity is a double sale alone.
  sums.heldLeast += Math.min(least, quantity);
  // An unknown purchase may have taken effect after the release.
  let most = outcome === 'unknown' ? inLedger : units(inLedger - request.released);
  // A hold stands in no ledger while it lasts.
  if (onHold && !request.gone) most += units(quantity - request.released - inLedger);
  sums.heldMost += most;
  if (REFUSED.has(outcome) && least > 0)
    sums.refusedThoughHeld.push({ request: requestId, units: least, outcome });
  // Where the order of a release and a sale is in doubt, the request may rightly have been sold once more.
  const twice = inLedger - quantity - releasedUnknown;
  if (twice > 0) sums.doubled.push({ request: requestId, units: twice });
  const gone = request.released + (request.soldAnew ? 0 : releasedUnknown);
  const lost = outcome === 'sold' && !onHold ? quantity - gone - inLedger : 0;
  if (lost > 0) sums.lost.push({ request: requestId, units: lost });
  if (recorded) addToUser(sums, request.userId, { recorded: least });
  const promised = outcome === 'sold' && !onHold ? units(quantity - request.released) : 0;
  addToUser(sums, request.userId, { most: Math.max(most, promised) });
}

function addAcknowledged(sums: Sums, request: RequestFacts, countsAsHeld: boolean): void {
  const quantity = units(request.quantity);
  const most = units(quantity - request.released);
  if (countsAsHeld) addToUser(sums, request.userId, { most: withoutLedger(request, most) });
  if (request.onHold) {
    sums.possiblySold += most;
    if (countsAsHeld && !request.gone) sums.heldMost += most;
    return;
  }
  if (request.outcome === 'unknown') sums.possiblySold += quantity;
  if (request.outcome !== 'sold') return;
  const least = units(most - (request.releasedUnknown ?? 0));
  sums.possiblySold += most;
  sums.acknowledged += least;
  if (countsAsHeld) {
    sums.heldLeast += least;
    sums.heldMost += most;
  }
  addToUser(sums, request.userId, { acknowledged: least });
}

/** Units that the user may have by a request of which no ledger speaks. @param sold if it was sold */
function withoutLedger({ outcome, onHold, gone, quantity }: RequestFacts, sold: number): number {
  if (onHold) return gone ? 0 : sold;
  // An unknown purchase may have taken effect after the release.
  if (outcome === 'unknown') return units(quantity);
  return outcome === 'sold' ? sold : 0;
}

/** Whoever is told that they have something already has it in the ledger, or by acknowledgement, or gave it back. */
function hasSomething(request: RequestFacts, entry: LedgerEntry | undefined, hasLedger: boolean): boolean {
  const { outcome, onHold, released, releasedUnknown = 0 } = request;
  if (released + releasedUnknown > 0 || onHold) return true;
  return hasLedger ? (entry?.quantity ?? 0) > 0 : outcome === 'sold';
}

function meetClaim({ claims }: Sums, user: string): void {
  if (claims.has(user)) claims.set(user, true);
}

function addToUser(
  { heldByUser }: Sums,
  user: string,
  { recorded = 0, acknowledged = 0, most = 0 }: Partial<HeldByUser>,
): void {
  if (heldByUser === undefined) return;
  const held = heldByUser.get(user);
  if (held === undefined) {
    heldByUser.set(user, { recorded, acknowledged, most });
    return;
  }
  held.recorded += recorded;
  held.acknowledged += acknowledged;
  held.most += most;
}

/** A negative, fractional or missing count comes from a strategy that accepted nonsense; nobody holds less than 0. */
export const units = (count: number): number => (count > 0 ? count : 0);
