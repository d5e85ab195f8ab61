import * as fc from 'fast-check';
import { OPS } from '../../harness/documents/vocabulary.ts';
import type { Operation } from '../../harness/history/operation.ts';

/** A name of any kind. */
export const nameInHistory = fc.oneof(
  fc.stringMatching(/^[a-z]{1,5}$/),
  fc.string({ minLength: 1, unit: 'grapheme' }),
  fc.constantFrom('"quoted"', 'back\\slash', 'line\nbreak', '秒杀', '\u0000'),
);
const moment = fc.oneof(fc.integer({ min: 0, max: 2 ** 40 }), fc.double({ min: 0, max: 1e12, noNaN: true }));

/** One unit, sold to one buyer. */
export const soldOperation = {
  process: 0,
  request: 'r1',
  attempt: 1,
  user: 'u1',
  op: 'purchase',
  quantity: 1,
  invoked: 5,
  completed: 6,
  outcome: 'sold',
} as const;

/** Any operation that makes sense. */
export const operation: fc.Arbitrary<Operation> = fc
  .record({
    process: fc.nat(200),
    request: nameInHistory,
    attempt: fc.integer({ min: 1, max: 9 }),
    user: nameInHistory,
    op: fc.constantFrom(...OPS),
    quantity: fc.oneof(
      fc.integer({ min: 1, max: 9 }),
      fc.maxSafeNat().filter((units) => units > 0),
    ),
    invoked: moment,
    duration: moment,
    open: fc.boolean(),
    outcome: fc.constantFrom('sold', 'sold-out', 'limit-reached', 'gave-up', 'rejected', 'unknown'),
    remaining: fc.option(fc.nat()),
  })
  .map(({ duration, open, remaining, ...rest }): Operation => {
    const purchase = rest.op === 'purchase';
    const outcome = purchase || ['rejected', 'unknown'].includes(rest.outcome) ? rest.outcome : 'done';
    const names = rest.op === 'restock' ? { request: '', user: '' } : {};
    const completed = open && outcome === 'unknown' ? Infinity : rest.invoked + duration;
    return { ...rest, ...names, outcome, completed, ...(remaining !== null && { remaining }) };
  });

export const recordedSale = fc.record({
  requestId: nameInHistory,
  userId: nameInHistory,
  quantity: fc.integer({ min: 1, max: 9 }),
});
