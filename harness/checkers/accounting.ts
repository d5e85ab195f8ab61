import type { Property, RecordedSale, Sale } from '../../strategies/contract.ts';
import type { Outcome } from '../documents/vocabulary.ts';
import type { Evidence, PropertyVerdict } from './checker.ts';

/** What became of one purchase, all its attempts together. */
export interface RequestFacts {
  requestId: string;
  userId: string;
  /** Units that one sale of this request takes. */
  quantity: number;
  /** See `outcomeOfAttempts`. */
  outcome: Outcome;
  /** The client sent it again by itself, or the buyer asked again. */
  resent: boolean;
  /** Units that acknowledged releases gave back. */
  released: number;
  /** Units of releases whose outcome is unknown. */
  releasedUnknown?: number;
  /** The buyer is alive, and the last attempt gave up, can never end, or failed with nobody but the code to blame. */
  stuck?: boolean;
}

/** What is known when nothing moves any more. */
export interface SaleAtRest {
  sale: Sale;
  /** Units that acknowledged restocks put on sale. */
  restocked: number;
  /** Units of restocks whose outcome is unknown. */
  restockedUnknown?: number;
  /** Units that could then be bought; absent when nobody measured it. */
  drained?: number;
  /** The ledger; absent when the strategy keeps none. */
  recorded?: Iterable<RecordedSale>;
  /** The store came back with less than it had acknowledged. */
  restarted?: boolean;
}

export interface FactsAtRest extends SaleAtRest {
  recorded?: readonly RecordedSale[];
  requests: Iterable<RequestFacts>;
}

/** Each request beside what the ledger has of it, if there is one. */
export interface Joined {
  requests: Iterable<readonly [RequestFacts, LedgerEntry | undefined]>;
  /** What it has of requests that nobody made; asked for after `requests` was gone through. */
  unasked(): Iterable<RecordedSale>;
}

/** The units that a ledger has for one request, in one or several entries. */
export interface LedgerEntry {
  userId: string;
  quantity: number;
}

/** The properties that sums can judge: all but the order of refusals. */
export type AccountedProperty = Exclude<Property, 'false-refusal'>;
export type Accounts = Record<AccountedProperty, PropertyVerdict>;

/**
 * What a purchase came to. One acknowledgement makes it sold. Otherwise one attempt whose outcome is unknown keeps
 * it unknown, whatever later attempts were told, because that attempt may still have taken effect.
 */
export function outcomeOfAttempts(attempts: readonly Outcome[]): Outcome {
  if (attempts.includes('sold')) return 'sold';
  if (attempts.includes('unknown')) return 'unknown';
  return attempts.at(-1) ?? 'rejected';
}

/** Requests named in evidence. */
const NAMED = 5;

/**
 * Judges what sums at rest can show. *Held*: ledger units of requests that are sold or unknown; without a ledger,
 * acknowledged units; less what was released. A release or restock whose outcome is unknown may or may not have
 * taken effect, so it counts in favour of the property in question.
 */
export function judgeAtRest(facts: FactsAtRest): Accounts {
  return judgeJoined(facts, joinByName(facts.requests, facts.recorded ?? []));
}

/** The same, where somebody can join requests and ledger faster than by name. */
export function judgeJoined(facts: SaleAtRest, joined: Joined): Accounts {
  const sums = sumUp(facts, joined);
  return {
    oversell: judgeOversell(facts, sums),
    stranded: judgeStranded(facts, sums),
    'double-sale': judgeDoubleSale(facts, sums),
    'user-limit': judgeUserLimit(facts, sums),
    'lost-sale': judgeLostSale(facts, sums),
    progress: judgeProgress(facts, sums),
  };
}

/** Units, unless said otherwise. `least` and `most`: with unknown releases and restocks taken or not. */
interface Sums {
  onSaleLeast: number;
  onSaleMost: number;
  heldLeast: number;
  heldMost: number;
  /** Acknowledged and surely or possibly not released: what buyers were promised, whatever the ledger says. */
  acknowledged: number;
  /** Of requests that are sold or unknown, less what may have been released. */
  possiblySold: number;
  anyResent: boolean;
  /** Least units per user, by ledger and by acknowledgement. */
  heldByUser: Map<string, { recorded: number; acknowledged: number }>;
  doubled: Excess[];
  lost: Excess[];
  stuck: RequestFacts[];
}

interface Excess {
  request: string;
  units: number;
}

function sumUp(facts: SaleAtRest, joined: Joined): Sums {
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
    heldByUser: new Map(),
    doubled: [],
    lost: [],
    stuck: [],
  };
  for (const [request, entry] of joined.requests) {
    if (hasLedger) addRecorded(sums, facts.sale, request, entry);
    addAcknowledged(sums, facts.sale, request, !hasLedger);
    if (request.resent) sums.anyResent = true;
    if (request.stuck && request.outcome !== 'sold') sums.stuck.push(request);
  }
  for (const { requestId, userId, quantity } of joined.unasked()) {
    // Recorded for a request that nobody made: more than the nothing that it asked for.
    sums.doubled.push({ request: requestId, units: quantity });
    addToUser(sums, facts.sale, userId, { recorded: quantity, acknowledged: 0 });
  }
  return sums;
}

function joinByName(requests: Iterable<RequestFacts>, recorded: readonly RecordedSale[]): Joined {
  const entries = new Map<string, LedgerEntry>();
  for (const { requestId, userId, quantity } of recorded) {
    const earlier = entries.get(requestId);
    if (earlier) earlier.quantity += quantity;
    else entries.set(requestId, { userId, quantity });
  }
  const asked = new Set<string>();
  function* join(): Generator<readonly [RequestFacts, LedgerEntry | undefined]> {
    for (const request of requests) {
      asked.add(request.requestId);
      yield [request, entries.get(request.requestId)];
    }
  }
  return { requests: join(), unasked: () => recorded.filter(({ requestId }) => !asked.has(requestId)) };
}

/** A ledger may drop what was released or keep it, so no request holds less than nothing. */
function addRecorded(sums: Sums, sale: Sale, request: RequestFacts, recorded: LedgerEntry | undefined): void {
  const { requestId, outcome } = request;
  const quantity = units(request.quantity);
  const releasedUnknown = request.releasedUnknown ?? 0;
  const inLedger = recorded?.quantity ?? 0;
  const least = units(inLedger - request.released - releasedUnknown);
  if (outcome === 'sold' || outcome === 'unknown') {
    sums.heldLeast += least;
    // An unknown purchase may have taken effect after the release.
    sums.heldMost += outcome === 'sold' ? units(inLedger - request.released) : inLedger;
  }
  // Where the order of a release and a sale is in doubt, the request may rightly have been sold once more.
  const twice = inLedger - quantity - releasedUnknown;
  if (twice > 0) sums.doubled.push({ request: requestId, units: twice });
  const lost = outcome === 'sold' ? quantity - request.released - releasedUnknown - inLedger : 0;
  if (lost > 0) sums.lost.push({ request: requestId, units: lost });
  if (recorded) addToUser(sums, sale, recorded.userId, { recorded: least, acknowledged: 0 });
}

function addAcknowledged(sums: Sums, sale: Sale, request: RequestFacts, countsAsHeld: boolean): void {
  const quantity = units(request.quantity);
  if (request.outcome === 'unknown') sums.possiblySold += quantity;
  if (request.outcome !== 'sold') return;
  const most = units(quantity - request.released);
  const least = units(most - (request.releasedUnknown ?? 0));
  sums.possiblySold += most;
  sums.acknowledged += least;
  if (countsAsHeld) {
    sums.heldLeast += least;
    sums.heldMost += most;
  }
  addToUser(sums, sale, request.userId, { recorded: 0, acknowledged: least });
}

function addToUser(
  sums: Sums,
  sale: Sale,
  user: string,
  more: { recorded: number; acknowledged: number },
): void {
  if (sale.perUserLimit === undefined) return;
  const held = sums.heldByUser.get(user);
  if (held === undefined) {
    sums.heldByUser.set(user, more);
    return;
  }
  held.recorded += more.recorded;
  held.acknowledged += more.acknowledged;
}

/** A negative, fractional or missing count comes from a strategy that accepted nonsense; nobody holds less than 0. */
const units = (count: number): number => (count > 0 ? count : 0);

const HOLDS: PropertyVerdict = { verdict: 'holds', evidence: [] };
const NOT_APPLICABLE: PropertyVerdict = { verdict: 'n/a', evidence: [] };

const finding = (
  verdict: 'violated' | 'inconclusive',
  property: Property,
  message: string,
  concerned: Pick<Evidence, 'units' | 'requests'> = {},
): PropertyVerdict => {
  const evidence: Evidence = { property, message, ...concerned, operations: [] };
  return { verdict, evidence: [evidence] };
};

const NOT_DRAINED = 'nobody measured how many units could still be bought at rest';

function judgeOversell({ drained }: SaleAtRest, sums: Sums): PropertyVerdict {
  const rest = units(drained ?? 0);
  const taken = Math.max(sums.heldLeast + rest, sums.acknowledged);
  const excess = taken - sums.onSaleMost;
  if (excess > 0) {
    const how =
      taken === sums.acknowledged
        ? `${sums.acknowledged} acknowledged`
        : `${sums.heldLeast} held and ${rest} still to be bought`;
    return finding('violated', 'oversell', `${how}, of ${sums.onSaleMost} put on sale`, { units: excess });
  }
  return drained === undefined ? finding('inconclusive', 'oversell', NOT_DRAINED) : HOLDS;
}

function judgeStranded(facts: SaleAtRest, sums: Sums): PropertyVerdict {
  const missing = sums.onSaleLeast - sums.heldMost - units(facts.drained ?? 0);
  if (missing <= 0) return HOLDS;
  if (facts.drained === undefined) return finding('inconclusive', 'stranded', NOT_DRAINED);
  const stranded = missing - doubleSaleWithoutLedger(facts, sums);
  if (stranded <= 0) return HOLDS;
  const message =
    `${sums.heldMost} held and ${facts.drained} still to be bought, of ${sums.onSaleLeast} put on sale: ` +
    `nobody is known to hold ${stranded}, and nobody can buy them`;
  return finding('violated', 'stranded', message, { units: stranded });
}

/**
 * Units that left the store beyond everything that was sold or unknown. Without a ledger they are a double sale
 * only where some purchase was sent or asked twice, and the store did not lose them itself; otherwise they are
 * stranded.
 */
function doubleSaleWithoutLedger({ recorded, drained, restarted }: SaleAtRest, sums: Sums): number {
  if (recorded !== undefined || drained === undefined || !sums.anyResent || restarted) return 0;
  return units(sums.onSaleLeast - units(drained) - sums.possiblySold);
}

function judgeDoubleSale(facts: SaleAtRest, sums: Sums): PropertyVerdict {
  if (facts.recorded !== undefined) {
    if (sums.doubled.length === 0) return HOLDS;
    const message = `in the ledger beyond what was asked for: ${listed(sums.doubled)}`;
    return finding('violated', 'double-sale', message, about(sums.doubled));
  }
  if (facts.drained === undefined) {
    const sure = !sums.anyResent || sums.onSaleLeast <= sums.possiblySold;
    return sure ? HOLDS : finding('inconclusive', 'double-sale', NOT_DRAINED);
  }
  const excess = doubleSaleWithoutLedger(facts, sums);
  if (excess === 0) return HOLDS;
  const message =
    `${sums.onSaleLeast - units(facts.drained)} units left the store for ${sums.possiblySold} that were sold ` +
    'or may have been, and a purchase was sent twice';
  return finding('violated', 'double-sale', message, { units: excess });
}

function judgeUserLimit({ sale }: SaleAtRest, sums: Sums): PropertyVerdict {
  const limit = sale.perUserLimit;
  if (limit === undefined) return NOT_APPLICABLE;
  const over: string[] = [];
  let excess = 0;
  for (const [user, { recorded, acknowledged }] of sums.heldByUser) {
    const held = Math.max(recorded, acknowledged);
    if (held <= limit) continue;
    over.push(`${user} holds ${held}`);
    excess += held - limit;
  }
  if (over.length === 0) return HOLDS;
  return finding('violated', 'user-limit', `${atMost(over)}; the limit is ${limit}`, { units: excess });
}

/** Without a ledger a sale is known to be lost only where its units are for sale again after a restart. */
function judgeLostSale(facts: SaleAtRest, sums: Sums): PropertyVerdict {
  const { lost, heldLeast, onSaleMost } = sums;
  const again = facts.restarted ? heldLeast + units(facts.drained ?? 0) - onSaleMost : 0;
  if (lost.length > 0) {
    const message = `acknowledged but not in the ledger: ${listed(lost)}`;
    return finding('violated', 'lost-sale', message, about(lost));
  }
  if (again > 0) {
    const message = `${again} units that were sold are for sale again after a restart`;
    return finding('violated', 'lost-sale', message, { units: again });
  }
  return facts.recorded === undefined ? NOT_APPLICABLE : HOLDS;
}

function judgeProgress({ drained }: SaleAtRest, { stuck }: Sums): PropertyVerdict {
  if (stuck.length === 0) return HOLDS;
  if (drained === undefined) {
    return finding('inconclusive', 'progress', `${stuck.length} requests gave up, and ${NOT_DRAINED}`);
  }
  const failed = stuck.filter((request) => request.quantity <= drained);
  if (failed.length === 0) return HOLDS;
  const asked = failed.map(({ requestId, quantity }) => ({ request: requestId, units: quantity }));
  const message = `gave up, hang or failed while ${drained} units could still be bought: ${listed(asked)}`;
  return finding('violated', 'progress', message, about(asked));
}

const about = (items: readonly Excess[]): Pick<Evidence, 'units' | 'requests'> => ({
  units: items.reduce((sum, item) => sum + item.units, 0),
  requests: items.slice(0, NAMED).map((item) => item.request),
});

const listed = (items: readonly Excess[]): string =>
  atMost(items.map((item) => `${item.request} (${item.units})`));

const atMost = (items: readonly string[]): string =>
  items.slice(0, NAMED).join(', ') + (items.length > NAMED ? ` and ${items.length - NAMED} more` : '');
