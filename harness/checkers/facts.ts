import type { Outcome } from '../documents/vocabulary.ts';
import type { RecordedSale, Sale } from '../../strategies/contract.ts';

/** What is known of a sale at rest, before anybody judges it. */

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

/**
 * What a purchase came to. One acknowledgement makes it sold. Otherwise one attempt whose outcome is unknown keeps
 * it unknown, whatever later attempts were told, because that attempt may still have taken effect.
 */
export function outcomeOfAttempts(attempts: readonly Outcome[]): Outcome {
  if (attempts.includes('sold')) return 'sold';
  if (attempts.includes('unknown')) return 'unknown';
  return attempts.at(-1) ?? 'rejected';
}

/** Requests and ledger by name: each entry, or several together, beside the request that it is of. */
export function joinByName(requests: Iterable<RequestFacts>, recorded: readonly RecordedSale[]): Joined {
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
