import type { Sale } from '../../strategies/contract.ts';
import type { PropertyVerdict } from '../../harness/checkers/checker.ts';
import { foldRequests } from '../../harness/checkers/requests.ts';
import { judgeRefusals } from '../../harness/checkers/refusals.ts';
import { OperationColumns } from '../../harness/history/columns.ts';
import type { Operation } from '../../harness/history/operation.ts';

/** What the checker of refusals says about a history. */
export const refusals = (sale: Sale, history: Operation[], timeoutMs = 20_000): PropertyVerdict => {
  const operations = OperationColumns.from(history);
  return judgeRefusals(sale, operations, foldRequests(operations), { timeoutMs });
};

/** A purchase by a user of its own, invoked and completed at these instants. */
export const purchase = (
  request: string,
  outcome: Operation['outcome'],
  [invoked, completed]: [number, number],
  quantity = 1,
): Operation => ({
  process: 0,
  request,
  attempt: 1,
  user: `user of ${request}`,
  op: 'purchase',
  quantity,
  invoked,
  completed,
  outcome,
});
export const release = (request: string, interval: [number, number], quantity = 1): Operation => ({
  ...purchase(request, 'done', interval, quantity),
  op: 'release',
});
export const restock = (quantity: number, interval: [number, number]): Operation => ({
  ...purchase('', 'done', interval, quantity),
  user: '',
  op: 'restock',
});
export const tea = (stock: number): Sale => ({ sku: 'tea', stock });
