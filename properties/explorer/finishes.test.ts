import { expect, test } from 'vitest';
import { finishesOf } from '../../harness/explorer/search/finishes.ts';
import type { CallState } from '../../harness/explorer/space/process-state.ts';
import type { Space } from '../../harness/explorer/space/space.ts';

const call = (change: Partial<CallState>): CallState => ({
  operation: 0,
  kind: 'purchase',
  buyer: 0,
  begun: true,
  outcome: 'sold',
  resent: false,
  ...change,
});

/** What became of these calls, of the second process of a sale that has two buyers alike. */
function finishes(phase: 'live' | 'crashed', ...calls: CallState[]): object[] {
  const space = {
    locals: { values: [{ phase, calls }] },
    layout: { operations: 0 },
    operationHere: (_slot: number, operation: number) => (operation === 0 ? 1 : operation),
    buyerHere: (_slot: number, buyer: number) => buyer + 1,
  };
  return finishesOf(space as unknown as Space, [0], () => 0).map(
    ({ invoked: _from, completed: _to, ...one }) => one,
  );
}

test('operations are told by their own buyers, and a restock is nobody’s, as it is over real sockets', () => {
  const restock = call({ kind: 'restock', buyer: -1, operation: 5, outcome: 'done' });
  expect(finishes('live', restock, call({}))).toEqual([
    { kind: 'purchase', buyer: 1, operation: 1, fate: 'sold', resent: false },
    { kind: 'restock', buyer: -1, operation: 5, fate: 'done', resent: false },
  ]);
});

test('what has no answer hangs where its process lives, and is unknown where it died; what has not begun is nothing', () => {
  const { outcome: _none, ...open } = call({});
  expect(finishes('live', open)).toMatchObject([{ fate: 'hung' }]);
  expect(finishes('crashed', open)).toMatchObject([{ fate: 'unknown' }]);
  expect(finishes('live', { ...open, begun: false }, call({ kind: 'other' }))).toEqual([]);
});
