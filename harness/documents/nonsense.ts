import type { PurchaseRequest } from '../../strategies/contract.ts';

/** Requests that make no sense, by what is wrong with them. A strategy must refuse each with a DefiniteError. */
export const NONSENSE = {
  'quantity-zero': { quantity: 0 },
  'quantity-negative': { quantity: -1 },
  'quantity-fractional': { quantity: 0.5 },
  'quantity-beyond-2^53': { quantity: 2 ** 53 },
  'request-id-empty': { requestId: '' },
  'user-id-empty': { userId: '' },
} as const satisfies Record<string, Partial<PurchaseRequest>>;

export type Nonsense = keyof typeof NONSENSE;
export const NONSENSES = Object.keys(NONSENSE) as Nonsense[];

/** How a verdict speaks of a request that makes no sense. */
export const INVALID_REQUEST = 'an invalid request';
