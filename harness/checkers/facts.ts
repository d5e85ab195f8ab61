import type { Outcome } from '../documents/vocabulary.ts';
import type { RecordedSale, Sale } from '../../strategies/contract.ts';

/** What is known of a sale at rest, before anybody judges it. */

/** What became of one purchase, all its attempts together. */
export interface RequestFacts {
  requestId: string;
  userId: string;
  /** Units that one sale of this request takes. */
  quantity: number;
  /** See `outcomeOfAttempts`, and `paid` where the strategy confirms. */
  outcome: Outcome;
  /** It was sold, and no confirm acknowledged that: it may have given its units back, or have them yet. */
  onHold?: boolean;
  /** At rest it could not be confirmed any more: nobody holds what it took. */
  gone?: boolean;
  /** It was told `already-yours`. */
  claims?: boolean;
  /** The client sent it again by itself, or the buyer asked again. */
  resent: boolean;
  /** Units that acknowledged releases gave back. */
  released: number;
  /** Units of releases whose outcome is unknown. */
  releasedUnknown?: number;
  /** It was asked for again after its releases, and sold: none of them can have taken what that sold. */
  soldAnew?: boolean;
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
  /** Buyers confirm: who was told `already-yours` may have had a hold, which has run out since. */
  confirmed?: boolean;
  /** By user, where units are left; absent where nobody asked. */
  allowances?: ReadonlyMap<string, Allowance>;
}

/** What a user can still buy at rest, by single units, while the others do nothing. */
export interface Allowance {
  /** Units that they were sold, no more than one beyond the limit; without a limit no more than one. */
  bought: number;
  /** What the last of their purchases was told instead; `unknown`: it threw, or never ended. */
  refusal?: Exclude<Outcome, 'sold' | 'done'>;
}

export interface FactsAtRest extends SaleAtRest {
  recorded?: readonly RecordedSale[];
  requests: Iterable<RequestFacts>;
}

/** Each request beside what the ledger has of it, if there is one. */
export interface Joined {
  requests: Iterable<readonly [RequestFacts, LedgerEntry | undefined]>;
  /** Users who were told `already-yours`. */
  claimants: ReadonlySet<string>;
  /** What it has of requests that nobody made; asked for after `requests` was gone through. */
  unasked(): Iterable<RecordedSale>;
}

/** The units that a ledger has for one request, in one or several entries. */
export interface LedgerEntry {
  userId: string;
  quantity: number;
}

/**
 * What a purchase came to. One acknowledgement makes it sold. Otherwise one attempt whose outcome is unknown keeps
 * it unknown, whatever later attempts were told, because that attempt may still have taken effect.
 */
export function outcomeOfAttempts(attempts: readonly Outcome[]): Outcome {
  if (attempts.includes('sold')) return 'sold';
  if (attempts.includes('unknown')) return 'unknown';
  return attempts.at(-1) ?? 'rejected';
}

/** What a request comes to where only a confirm acknowledges. One that was refused is refunded: it surely holds nothing. */
export function paid(
  attempts: readonly Outcome[],
  confirms: readonly Outcome[],
): Pick<RequestFacts, 'outcome' | 'onHold'> {
  if (confirms.includes('done')) return { outcome: 'sold' };
  if (confirms.includes('unknown')) return { outcome: 'unknown', onHold: true };
  // An attempt whose outcome is unknown may take units anew, after the refund.
  if (confirms.length > 0) return { outcome: attempts.includes('unknown') ? 'unknown' : 'rejected' };
  const outcome = outcomeOfAttempts(attempts);
  return outcome === 'sold' ? { outcome, onHold: true } : { outcome };
}

/**
 * Who is told `already-yours` and was never told `sold` has what one of their requests took whose outcome is unknown: the
 * one that was told so, if it may be that one; or what that one took when it was sent for the first time.
 * @returns its place; −1 if there is none
 */
export function claimed(requests: readonly { outcome: Outcome; claims: boolean; resent: boolean }[]): number {
  if (!requests.some(({ claims }) => claims)) return -1;
  if (requests.some(({ outcome }) => outcome === 'sold')) return -1;
  const own = requests.findIndex(({ outcome, claims }) => claims && outcome === 'unknown');
  if (own >= 0) return own;
  const other = requests.findIndex(({ outcome }) => outcome === 'unknown');
  return other >= 0 ? other : requests.findIndex(({ claims, resent }) => claims && resent);
}

/**
 * Deals a user's ledger lines that name no request out over the user's requests: those that were sold first, each as
 * much as it asked for. What is beyond all of them is the first one's.
 *
 * @returns units by request
 */
export function dealtByUser(units: number, requests: readonly Ranked[]): number[] {
  const shares = requests.map(() => 0);
  const order = [...requests.keys()].toSorted((a, b) => rank(requests[a]!) - rank(requests[b]!) || a - b);
  let left = units;
  for (const r of order) {
    shares[r] = Math.min(left, requests[r]!.quantity);
    left -= shares[r];
  }
  if (order.length > 0) shares[order[0]!]! += left;
  return shares;
}

type Ranked = Pick<RequestFacts, 'quantity' | 'outcome' | 'released' | 'releasedUnknown'>;

/** The request without what lines that name it have of it already. */
export const beyond = ({ quantity, ...facts }: Ranked, named: number): Ranked => ({
  ...facts,
  quantity: Math.max(0, quantity - named),
});

/** Who holds something most probably: what was given back is in no ledger any more. */
function rank({ outcome, released, releasedUnknown }: Ranked): number {
  if (outcome === 'sold') return released > 0 ? 4 : (releasedUnknown ?? 0) > 0 ? 1 : 0;
  return outcome === 'unknown' ? 2 : 3;
}

/**
 * Requests and ledger by name: each entry, or several together, beside the request that it is of. A line that names a request
 * and another buyer is that buyer's: an order that nobody made, and none of who made it. A name that is no buyer's says
 * nothing, as where a ledger keeps requests alone.
 */
export function joinByName(asked: Iterable<RequestFacts>, recorded: readonly RecordedSale[]): Joined {
  const requests = [...asked];
  const entries = new Map<string, LedgerEntry>();
  const nameless = new Map<string, number>();
  const add = (requestId: string, userId: string, quantity: number): void => {
    const earlier = entries.get(requestId);
    if (earlier) earlier.quantity += quantity;
    else entries.set(requestId, { userId, quantity });
  };
  const asker = new Map(requests.map(({ requestId, userId }) => [requestId, userId]));
  const users = new Set(requests.map(({ userId }) => userId));
  const isAsked = ({ requestId = '', userId }: RecordedSale): boolean =>
    asker.has(requestId) && (asker.get(requestId) === userId || !users.has(userId));
  for (const line of recorded) {
    const { requestId, userId, quantity } = line;
    if (requestId && isAsked(line)) add(requestId, userId, quantity);
    else if (requestId) continue;
    else nameless.set(userId, (nameless.get(userId) ?? 0) + quantity);
  }
  for (const [userId, units] of nameless) {
    const own = requests.filter((request) => request.userId === userId);
    const open = own.map((request) => beyond(request, entries.get(request.requestId)?.quantity ?? 0));
    dealtByUser(units, open).forEach((share, i) => {
      if (share !== 0) add(own[i]!.requestId, userId, share);
    });
  }
  return {
    requests: requests.map((request) => [request, entries.get(request.requestId)] as const),
    claimants: new Set(requests.flatMap(({ userId, claims }) => (claims ? [userId] : []))),
    unasked: () => recorded.filter((line) => !(line.requestId ? isAsked(line) : users.has(line.userId))),
  };
}
