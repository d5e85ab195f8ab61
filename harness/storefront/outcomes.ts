import type { PurchaseOutcome } from '../../strategies/contract.ts';
import { isDefinite } from '../../strategies/errors.ts';
import type { AnswerCode } from '../documents/storefront.ts';

/** What a strategy's outcome is called over HTTP. */
export const OUTCOMES = {
  sold: 'success',
  'sold-out': 'sold-out',
  'limit-reached': 'limit-reached',
  'already-yours': 'already-yours',
  'gave-up': 'contention',
} as const satisfies Record<PurchaseOutcome['kind'], AnswerCode>;

/** What a strategy's definite errors are called. */
const DEFINITE: Readonly<Record<string, AnswerCode>> = {
  MISSING_PRODUCT: 'stock-lost',
  OTHER_REQUEST: 'other-request',
  RELEASED: 'token-released',
  INVALID_INPUT: 'bad-input',
};

/** The server refused the command before it ran. (Other errors of a script may come from its middle.) */
const REFUSED = /^(LOADING|READONLY|MASTERDOWN|NOAUTH|NOPERM|BUSY|OOM|MISCONF|NOREPLICAS|CLUSTERDOWN)\b/;

/** ioredis has no connection, keeps no queue for one, and has sent nothing. */
const UNSENT = /^Stream isn't writeable and enableOfflineQueue options is false/;

/** What a failed command comes to: surely no effect, or nobody knows. */
export function failureCode(error: unknown): AnswerCode {
  if (isDefinite(error)) return DEFINITE[error.code] ?? 'unavailable';
  const message = error instanceof Error ? error.message : '';
  return REFUSED.test(message) || UNSENT.test(message) ? 'unavailable' : 'unknown';
}
