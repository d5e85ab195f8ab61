import { expect, test } from 'vitest';
import { layoutOf } from '../../harness/explorer/scope/layout.ts';
import { mayBeAsked, payments, type Served } from '../../harness/explorer/scope/payments.ts';
import { scopeOf } from '../helpers/exploring.ts';

const SOLD = { kind: 'purchase', buyer: 0, outcome: 'sold' } as const;
const PAID = { kind: 'confirm', buyer: 0, outcome: 'done' } as const;
const REFUSED = { kind: 'purchase', buyer: 0, outcome: 'sold-out' } as const;

test('a process that sold is asked to confirm twice, and one that sold nothing is not asked', () => {
  expect(mayBeAsked({ calls: [SOLD] })).toBe(true);
  expect(mayBeAsked({ calls: [SOLD, PAID] })).toBe(true);
  expect(mayBeAsked({ calls: [REFUSED, SOLD] })).toBe(true);
  expect(mayBeAsked({ calls: [SOLD, PAID, PAID] })).toBe(false);
  expect(mayBeAsked({ calls: [REFUSED] })).toBe(false);
});

/** How the first buyer's next confirm stands to these calls on their process. */
function paying(...calls: Served['calls']): { late: boolean; paid: boolean } | undefined {
  const scope = scopeOf({ buyers: 1, stock: 1, confirms: 2 });
  const served: Served[] = [
    { live: true, calls },
    { live: true, calls: [] },
  ];
  const [found] = payments(scope, layoutOf(scope), served);
  return found && { late: found.late, paid: found.paid };
}

test('a confirm is late where the clock has moved since the purchase, and repeated where one was acknowledged', () => {
  expect(paying(SOLD)).toEqual({ late: false, paid: false });
  expect(paying({ ...SOLD, late: true })).toEqual({ late: true, paid: false });
  expect(paying(SOLD, PAID)).toEqual({ late: false, paid: true });
  expect(paying(SOLD, PAID, PAID)).toBeUndefined();
  expect(paying(REFUSED)).toBeUndefined();
});
