import type { Verdict } from '../../harness/documents/vocabulary.ts';
import type { RecordedSale } from '../../strategies/contract.ts';
import { judgeAtRest, type Accounts } from '../../harness/checkers/accounting.ts';
import type { FactsAtRest, RequestFacts } from '../../harness/checkers/facts.ts';

/** Sales at rest in a line each, and what sums say of them. */

export const request = (requestId: string, change: Partial<RequestFacts> = {}): RequestFacts => ({
  requestId,
  userId: `user of ${requestId}`,
  quantity: 1,
  outcome: 'sold',
  resent: false,
  released: 0,
  ...change,
});

export const facts = (change: Partial<FactsAtRest> = {}): FactsAtRest => ({
  sale: { sku: 'tea', stock: 2 },
  requests: [request('a'), request('b'), request('c', { outcome: 'sold-out' })],
  restocked: 0,
  drained: 0,
  ...change,
});

/** The ledger of these requests, one unit each. */
export const ledger = (...requestIds: string[]): RecordedSale[] =>
  requestIds.map((requestId) => ({ requestId, userId: `user of ${requestId}`, quantity: 1 }));

export const verdictsOf = (given: FactsAtRest): Record<keyof Accounts, Verdict> => {
  const accounts = judgeAtRest(given);
  return {
    oversell: accounts.oversell.verdict,
    stranded: accounts.stranded.verdict,
    'double-sale': accounts['double-sale'].verdict,
    'user-limit': accounts['user-limit'].verdict,
    'lost-sale': accounts['lost-sale'].verdict,
    progress: accounts.progress.verdict,
    'false-refusal': accounts['false-refusal'].verdict,
  };
};

export const unitsOf = (given: FactsAtRest, property: keyof Accounts): number | undefined =>
  judgeAtRest(given)[property].evidence[0]?.units;

export const message = (given: FactsAtRest, property: keyof Accounts): string =>
  judgeAtRest(given)[property].evidence[0]!.message;

export const sound = {
  oversell: 'holds',
  stranded: 'holds',
  'double-sale': 'holds',
  'user-limit': 'n/a',
  'lost-sale': 'n/a',
  progress: 'holds',
  'false-refusal': 'holds',
} as const;
