import { expect, test } from 'vitest';
import type { Sale } from '../../strategies/contract.ts';
import type { Operation } from '../../harness/history/operation.ts';
import { purchase, refusals, release, restock, tea } from '../helpers/refusals.ts';

/** What is explained, and its twin that is not: one figure or instant differs. */
test.each<[string, Sale, Operation[], Operation[]]>([
  [
    'the example in the argument',
    tea(1),
    [
      purchase('A', 'sold', [0, 4]),
      purchase('B', 'sold-out', [2, 6]),
      release('A', [5, 9]),
      purchase('C', 'sold-out', [9, 12]),
    ],
    [purchase('A', 'sold', [0, 4]), release('A', [5, 9]), purchase('C', 'sold-out', [10, 12])],
  ],
  [
    'a sale that only touches the refusal',
    tea(1),
    [purchase('B', 'sold-out', [0, 5]), purchase('A', 'sold', [5, 6])],
    [purchase('B', 'sold-out', [0, 5]), purchase('A', 'sold', [6, 7])],
  ],
  [
    'a restock that only touches the refusal',
    tea(0),
    [restock(1, [0, 5]), purchase('A', 'sold-out', [5, 6])],
    [restock(1, [0, 4]), purchase('A', 'sold-out', [5, 6])],
  ],
  [
    'more is asked for than there is',
    tea(2),
    [purchase('A', 'sold-out', [0, 1], 3)],
    [purchase('A', 'sold-out', [0, 1], 2)],
  ],
  [
    'the next attempt is sold',
    tea(1),
    [
      purchase('B', 'sold', [0, 9]),
      release('B', [10, 11]),
      purchase('A', 'sold-out', [4, 6]),
      purchase('A', 'sold', [12, 13]),
    ],
    [purchase('A', 'sold-out', [4, 6]), purchase('A', 'sold', [5, 13])],
  ],
  [
    'two attempts are refused before the third is sold',
    tea(1),
    [
      purchase('B', 'sold', [0, 1]),
      purchase('A', 'sold', [0, 20]),
      purchase('A', 'sold-out', [0, 3]),
      purchase('A', 'sold-out', [5, 8]),
      release('B', [9, 12]),
    ],
    [
      purchase('B', 'sold', [0, 1]),
      purchase('A', 'sold', [0, 4]),
      purchase('A', 'sold-out', [5, 8]),
      release('B', [9, 12]),
    ],
  ],
  [
    'it was sold, given back, and sold to another',
    tea(1),
    [
      purchase('A', 'sold', [0, 1]),
      release('A', [2, 3]),
      purchase('B', 'sold', [4, 5]),
      purchase('A', 'sold-out', [6, 7]),
    ],
    [purchase('A', 'sold', [0, 1]), release('A', [2, 3]), purchase('A', 'sold-out', [6, 7])],
  ],
  [
    'it was sold, given back, and sold again',
    tea(1),
    [
      purchase('A', 'sold', [0, 1]),
      release('A', [2, 3]),
      purchase('A', 'sold', [4, 5]),
      purchase('B', 'sold-out', [6, 7]),
    ],
    [purchase('A', 'sold', [0, 1]), release('A', [2, 3]), purchase('B', 'sold-out', [6, 7])],
  ],
  [
    'a release that only touches its sale may come first and free nothing',
    tea(1),
    [purchase('A', 'sold', [0, 2]), release('A', [2, 3]), purchase('B', 'sold-out', [5, 6])],
    [purchase('A', 'sold', [0, 1]), release('A', [2, 3]), purchase('B', 'sold-out', [5, 6])],
  ],
  [
    'it was sold, and is refused while it holds units',
    tea(1),
    [purchase('A', 'sold', [0, 1]), purchase('A', 'sold', [2, 3])],
    [purchase('A', 'sold', [0, 1]), purchase('A', 'sold-out', [2, 3])],
  ],
  [
    'an unknown purchase took the last unit',
    tea(1),
    [purchase('U', 'unknown', [0, 1]), purchase('A', 'sold-out', [5, 6])],
    [purchase('U', 'unknown', [7, 8]), purchase('A', 'sold-out', [5, 6])],
  ],
  [
    'an unknown purchase took effect long after it was given up',
    tea(1),
    [
      purchase('B', 'sold', [0, 1]),
      purchase('U', 'unknown', [2, 3]),
      release('B', [10, 11]),
      purchase('A', 'sold-out', [20, 21]),
    ],
    [
      purchase('B', 'sold', [0, 1]),
      purchase('U', 'gave-up', [2, 3]),
      release('B', [10, 11]),
      purchase('A', 'sold-out', [20, 21]),
    ],
  ],
  [
    'an unknown attempt takes effect after the next one was refused',
    tea(1),
    [
      purchase('B', 'sold', [0, 1]),
      purchase('A', 'unknown', [2, 3]),
      purchase('A', 'sold-out', [4, 5]),
      release('B', [6, 7]),
      purchase('C', 'sold-out', [10, 11]),
    ],
    [
      purchase('B', 'sold', [0, 1]),
      purchase('A', 'gave-up', [2, 3]),
      release('B', [6, 7]),
      purchase('C', 'sold-out', [10, 11]),
    ],
  ],
  [
    'an unknown purchase may take effect after its own release',
    tea(1),
    [purchase('U', 'unknown', [0, 1]), release('U', [2, 3]), purchase('A', 'sold-out', [5, 6])],
    [purchase('U', 'gave-up', [0, 1]), release('U', [2, 3]), purchase('A', 'sold-out', [5, 6])],
  ],
  [
    'an unknown purchase that is too large leaves what there is',
    tea(2),
    [purchase('U', 'unknown', [0, 1], 2), purchase('A', 'sold-out', [5, 6])],
    [purchase('U', 'unknown', [0, 1], 3), purchase('A', 'sold-out', [5, 6])],
  ],
  [
    'two unknown purchases of which only the second fits well',
    tea(2),
    [
      purchase('U', 'unknown', [0, 1], 1),
      purchase('V', 'unknown', [2, 3], 2),
      purchase('A', 'sold-out', [5, 6]),
    ],
    [purchase('U', 'unknown', [0, 1], 1), purchase('A', 'sold-out', [5, 6])],
  ],
  [
    'the limit',
    { sku: 'tea', stock: 9, perUserLimit: 2 },
    [
      { ...purchase('A', 'sold', [0, 1], 2), user: 'u' },
      { ...purchase('B', 'limit-reached', [2, 3]), user: 'u' },
    ],
    [
      { ...purchase('A', 'sold', [0, 1]), user: 'u' },
      { ...purchase('B', 'limit-reached', [2, 3]), user: 'u' },
    ],
  ],
  [
    'the limit, by one purchase alone',
    { sku: 'tea', stock: 9, perUserLimit: 2 },
    [purchase('A', 'limit-reached', [0, 1], 3)],
    [purchase('A', 'limit-reached', [0, 1], 2)],
  ],
  [
    'the limit, until units are given back',
    { sku: 'tea', stock: 9, perUserLimit: 1 },
    [
      { ...purchase('A', 'sold', [0, 1]), user: 'u' },
      { ...release('A', [2, 4]), user: 'u' },
      { ...purchase('B', 'limit-reached', [3, 5]), user: 'u' },
    ],
    [
      { ...purchase('A', 'sold', [0, 1]), user: 'u' },
      { ...release('A', [2, 4]), user: 'u' },
      { ...purchase('B', 'limit-reached', [5, 6]), user: 'u' },
    ],
  ],
  [
    'a release that does not say whose units it gives back',
    { sku: 'tea', stock: 9, perUserLimit: 1 },
    [
      { ...purchase('B', 'sold', [0, 1]), user: 'u' },
      { ...purchase('A', 'sold', [0, 5]), user: 'u' },
      { ...release('A', [2, 3]), user: '' },
      { ...purchase('A', 'limit-reached', [8, 9]), user: 'u' },
    ],
    [
      { ...purchase('A', 'sold', [0, 5]), user: 'u' },
      { ...release('A', [2, 3]), user: '' },
      { ...purchase('A', 'limit-reached', [8, 9]), user: 'u' },
    ],
  ],
  [
    'no limit at all',
    tea(1),
    [purchase('A', 'sold', [0, 1]), purchase('B', 'sold-out', [2, 3])],
    [purchase('A', 'sold', [0, 1]), purchase('B', 'limit-reached', [2, 3])],
  ],
])(
  'a refusal holds if an order explains it, and its twin does not: %s',
  (_, sale, explained, unexplained) => {
    expect(refusals(sale, explained).verdict).toBe('holds');
    const found = refusals(sale, unexplained);
    expect(found.verdict).toBe('violated');
    expect(found.evidence[0]!.property).toBe('false-refusal');
    expect(found.evidence[0]!.message).not.toContain('such refusals');
    expect(found.evidence[0]!.operations).toContainEqual(
      unexplained.find(({ outcome }) => outcome === 'sold-out' || outcome === 'limit-reached'),
    );
  },
);
