import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Sale } from '../../strategies/contract.ts';
import { falseRefusals, timed } from '../../harness/checkers/false-refusals.ts';
import { checkLinearizable } from '../../harness/checkers/linearizability.ts';
import { foldRequests } from '../../harness/checkers/requests.ts';
import { saleModel } from '../../harness/checkers/sale-model.ts';
import { judgeRefusals } from '../../harness/checkers/refusals.ts';
import { OperationColumns } from '../../harness/history/columns.ts';
import type { Operation } from '../../harness/history/operation.ts';
import { seededRandom } from '../../harness/ground/random.ts';
import { simulate, smallHistory, someOrderExplains, type Load } from '../helpers/histories.ts';
import { purchase, refusals, release, restock, tea } from '../helpers/refusals.ts';

/** The same question to the general checker, about the whole history. */
const byTheOracle = (sale: Sale, operations: Operation[]): 'holds' | 'violated' | 'inconclusive' => {
  const effective = operations.filter(({ outcome }) => outcome !== 'gave-up');
  return checkLinearizable(saleModel(sale, { letThrough: true }), effective.map(timed), { timeoutMs: 5_000 })
    .verdict;
};

test('the sweep agrees with the trial of every order on any small history', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(smallHistory(6), ({ sale, operations }) => {
      const { verdict, note } = refusals(sale, operations);
      expect(verdict).toBe(someOrderExplains(sale, operations, true) ? 'holds' : 'violated');
      seen.add(`${verdict} by the ${note === undefined ? 'sweep' : 'search'}`);
    }),
    { numRuns: 4000 },
  );
  // Both ways are taken, to both answers.
  expect([...seen].toSorted()).toEqual([
    'holds by the search',
    'holds by the sweep',
    'violated by the search',
    'violated by the sweep',
  ]);
});

/** Nothing unknown or given back, and no request both sold and refused: then there is no choice of whom to blame. */
const certain = (operations: Operation[]): Operation[] => {
  const sold = new Set(operations.filter(({ outcome }) => outcome === 'sold').map(({ request }) => request));
  return operations.filter(
    ({ op, outcome, request }) =>
      op !== 'release' && outcome !== 'unknown' && (outcome === 'sold' || !sold.has(request)),
  );
};

test('the sweep names the very refusals that the exact search for a few operations names', () => {
  let named = 0;
  fc.assert(
    fc.property(smallHistory(7), ({ sale, operations: all }) => {
      const operations = certain(all);
      const found = falseRefusals(sale, operations);
      const { evidence } = refusals(sale, operations);
      expect(evidence.flatMap(({ requests }) => requests)).toEqual(
        found.slice(0, 5).map(({ request }) => request),
      );
      named += found.length;
    }),
    { numRuns: 2000 },
  );
  expect(named).toBeGreaterThan(200);
});

const load: Load = {
  operations: 250,
  processes: 5,
  sale: { sku: 'tea', stock: 60, perUserLimit: 8 },
  maxQuantity: 3,
  users: 25,
  releases: 0.1,
  restocks: 0.03,
  unknown: 0.02,
};

/** Small changes to what a correct store recorded; after some of them an order still explains it, after others none. */
const changes: Record<string, (operation: Operation) => void> = {
  'a sale is refused': (operation) => {
    if (operation.outcome === 'sold') operation.outcome = 'sold-out';
  },
  'a refusal is sold': (operation) => {
    if (operation.outcome === 'sold-out') operation.outcome = 'sold';
  },
  'another reason is given': (operation) => {
    if (operation.outcome === 'sold-out') operation.outcome = 'limit-reached';
    else if (operation.outcome === 'limit-reached') operation.outcome = 'sold-out';
  },
  'it is recorded later': (operation) => {
    operation.invoked += 25;
    operation.completed += 25;
  },
  'it is not known how it ended': (operation) => {
    operation.outcome = 'unknown';
  },
};

const changedLoads = fc.record({
  seed: fc.integer(),
  maxQuantity: fc.integer({ min: 1, max: 3 }),
  unknown: fc.constantFrom(0, 0.02),
  releases: fc.constantFrom(0, 0.1),
  limited: fc.boolean(),
  stock: fc.integer({ min: 20, max: 120 }),
  changed: fc.array(fc.constantFrom(...Object.keys(changes)), { maxLength: 3 }),
});

test('the sweep and the general checker agree on generated histories of a few hundred operations', () => {
  const seen = { holds: 0, violated: 0, inconclusive: 0 };
  fc.assert(
    fc.property(changedLoads, ({ seed, maxQuantity, unknown, releases, limited, stock, changed }) => {
      const random = seededRandom(seed);
      const sale: Sale = limited ? { sku: 'tea', stock, perUserLimit: 8 } : { sku: 'tea', stock };
      const { operations } = simulate({ ...load, sale, maxQuantity, unknown, releases }, random);
      const purchases = operations.filter(({ op }) => op === 'purchase');
      // Where units run out, a change is most likely to matter, and least likely to matter much.
      const end = purchases.findIndex(({ outcome }) => outcome === 'sold-out');
      for (const change of changed) {
        const place = Math.max(0, end + random.below(60) - 30);
        changes[change]!(purchases[place % purchases.length]!);
      }
      const { verdict } = refusals(sale, operations);
      if (changed.length === 0) expect(verdict).toBe('holds');
      const oracle = byTheOracle(sale, operations);
      // Neither has a time limit that such a history comes near to; should it, nothing is compared.
      if (oracle !== 'inconclusive' && verdict !== 'inconclusive') expect(verdict).toBe(oracle);
      seen[oracle]++;
    }),
    { numRuns: 150 },
  );
  expect(Math.min(seen.holds, seen.violated)).toBeGreaterThan(10);
});

test('a release that begins after its sale is over needs no search', () => {
  const history = [purchase('A', 'sold', [0, 1]), release('A', [2, 3]), purchase('B', 'sold-out', [4, 5])];
  const found = refusals(tea(1), history);
  expect(found.verdict).toBe('violated');
  expect(found.note).toBeUndefined();
});

test.each<[string, Operation[]]>([
  ['after a restock', [restock(1, [5, 6]), restock(1, [7, 8]), purchase('A', 'sold-out', [20, 21])]],
  ['after a release', [release('B', [5, 6], 2), purchase('A', 'sold-out', [20, 21])]],
  ['within the refusal', [restock(1, [2, 3]), purchase('A', 'sold-out', [10, 30]), restock(1, [11, 20])]],
  ['at its last instant', [restock(1, [2, 3]), purchase('A', 'sold-out', [10, 30]), restock(1, [11, 30])]],
])('an unknown purchase that takes what others give back needs no search: %s', (_, rest) => {
  const history = [purchase('B', 'sold', [0, 1], 2), purchase('U', 'unknown', [2, 3], 2), ...rest];
  expect(refusals(tea(2), history)).toEqual({ verdict: 'holds', evidence: [] });
});

test('each of several false refusals is counted', () => {
  const history = [purchase('A', 'sold-out', [0, 1]), purchase('B', 'sold-out', [2, 3])];
  const messages = refusals(tea(1), history).evidence.map(({ message }) => message);
  expect(messages).toEqual([
    expect.stringContaining('(1 of 2 such refusals)'),
    expect.stringContaining('(2 of 2 such refusals)'),
  ]);
});

test('an unknown purchase that fills a limit to the unit needs no search', () => {
  const history = [
    purchase('A', 'sold', [0, 1]),
    purchase('U', 'unknown', [2, 3]),
    purchase('B', 'limit-reached', [4, 5]),
  ].map((operation) => ({ ...operation, user: 'u' }));
  expect(refusals({ ...tea(9), perUserLimit: 2 }, history)).toEqual({ verdict: 'holds', evidence: [] });
  expect(refusals({ ...tea(9), perUserLimit: 3 }, history).verdict).toBe('violated');
});

test('where the general search runs out of time the verdict is inconclusive and says so', () => {
  // Neither reading decides: only V, which does not fit behind U, would explain A.
  const history = [
    purchase('U', 'unknown', [0, 1], 1),
    purchase('V', 'unknown', [2, 3], 2),
    purchase('A', 'sold-out', [5, 6]),
  ];
  const { verdict, evidence } = refusals(tea(2), history, 0);
  expect(verdict).toBe('inconclusive');
  expect(evidence[0]!.message).toContain('general search');
  expect(refusals(tea(2), history)).toMatchObject({ verdict: 'holds' });
});

test('a part that is too large for the general search is inconclusive, and its size is named', () => {
  const history = [
    purchase('U', 'unknown', [0, 1], 1),
    purchase('V', 'unknown', [2, 3], 2),
    purchase('A', 'sold-out', [5, 6]),
    ...Array.from({ length: 50_000 }, (_, i) => purchase(`r${i}`, 'sold-out', [7 + i, 8 + i], 3)),
  ];
  const { verdict, evidence } = refusals(tea(2), history);
  expect(verdict).toBe('inconclusive');
  expect(evidence[0]!.message).toContain('50003 of 50003 operations');
});

test('a long part is decided, as what nobody asks for again is not remembered', () => {
  const many = 20_000;
  const after = (last: Operation): Operation[] => [
    purchase('U', 'unknown', [0, 1], 1),
    purchase('V', 'unknown', [2, 3], 2),
    purchase('A', 'sold-out', [5, 6]),
    restock(many, [7, 8]),
    ...Array.from({ length: many }, (_, i) => purchase(`r${i}`, 'sold', [9 + i, 10 + i])),
    last,
  ];
  const end: [number, number] = [2 * many, 2 * many + 1];
  // Each state with all that was sold before it would be two hundred million entries.
  expect(refusals(tea(2), after(purchase('B', 'sold-out', end)), 10_000)).toMatchObject({
    verdict: 'holds',
    note: expect.stringContaining('decided by the general search') as string,
  });
  const unexplained = after(purchase('r0', 'sold-out', end));
  expect(refusals(tea(2), unexplained, 10_000).verdict).toBe('violated');
});

/** How often a quantity is looked at: that counts steps, whatever the machine. */
function looksAt(sale: Sale, history: Operation[]): number {
  const operations = OperationColumns.from(history);
  const requests = foldRequests(operations);
  let looks = 0;
  const counting = (column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> =>
    new Proxy(column, { get: (target, key) => (looks++, Reflect.get(target, key) as unknown) });
  operations.quantity = counting(operations.quantity);
  requests.quantity = counting(requests.quantity as Float64Array<ArrayBuffer>);
  judgeRefusals(sale, operations, requests, { timeoutMs: 0 });
  return looks;
}

test.each<[string, number, (n: number) => Operation[]]>([
  [
    'all refusals wait for one user to reach the limit',
    Infinity,
    (n) => [
      ...Array.from({ length: n }, (_, i) => purchase(`refused ${i}`, 'limit-reached', [i, 9 * n])),
      ...Array.from({ length: n }, (_, i) => purchase(`sold ${i}`, 'sold', [n + i, n + i + 1])),
    ],
  ],
  [
    'all that is unknown waits for one user to give back',
    2,
    (n) => [
      ...Array.from({ length: n }, (_, i) => purchase(`lost ${i}`, 'unknown', [5, 5], 2)),
      ...Array.from({ length: n }, (_, i) => [
        purchase(`sold ${i}`, 'sold', [3 * i, 3 * i + 1]),
        release(`sold ${i}`, [3 * i + 2, 3 * i + 4]),
      ]).flat(),
    ],
  ],
  [
    'all that is unknown waits for a unit more',
    Infinity,
    (n) => [
      ...Array.from({ length: n }, (_, i) => purchase(`lost ${i}`, 'unknown', [0, 1], n + 2)),
      ...Array.from({ length: n }, (_, i) => restock(1, [i + 2, i + 3])),
    ],
  ],
])('twice the history is hardly more than twice the work where %s', (_, perUserLimit, historyOf) => {
  const looks = (n: number): number => {
    const history = historyOf(n).map((operation) => ({ ...operation, user: 'u' }));
    return looksAt({ sku: 'tea', stock: n, perUserLimit }, [
      ...history,
      purchase('unexplained', 'sold-out', [0, 0]),
    ]);
  };
  expect(looks(1_000)).toBeLessThan(2.5 * looks(500));
});

test('each fault that `npm run mutants` puts into the sweep still has its place there', () => {
  const subject = readFileSync('harness/checkers/stock-order.ts', 'utf8');
  const faults = JSON.parse(readFileSync('properties/checkers/stock-order-mutants.json', 'utf8')) as {
    from: string;
  }[];
  expect(faults).toHaveLength(10);
  for (const { from } of faults) expect(subject.split(from)).toHaveLength(2);
});
