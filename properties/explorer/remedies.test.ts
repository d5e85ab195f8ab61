import { expect, test } from 'vitest';
import { remedyFor, REMEDIES } from '../../harness/documents/remedies.ts';
import { eventOf, FAULTS } from '../../harness/documents/faults.ts';

import { PROPERTIES } from '../../strategies/contract.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { readThenWrite } from '../../strategies/read-then-write.ts';
import { watchRetry } from '../../strategies/watch-retry.ts';
import { exploring, server } from '../helpers/exploring.ts';

const redis = server();
const two = { buyers: 2, stock: 1 };

test.each([
  { strategy: readThenWrite, faults: {}, property: 'oversell', says: REMEDIES.oversell },
  { strategy: luaDecrement, faults: { cancel: 1 }, property: 'oversell', says: 'give back only what' },
  { strategy: luaDecrement, faults: { crash: 1 }, property: 'stranded', says: 'a process may die' },
  { strategy: luaDecrement, faults: { 'lost-reply': 1 }, property: 'double-sale', says: 'sends again' },
  { strategy: watchRetry, faults: { 'lost-reply': 1 }, property: 'oversell', says: 'without its WATCH' },
  { strategy: luaDecrement, faults: { timeout: 1 }, property: 'stranded', says: 'whoever hears an error' },
  { strategy: luaReserveOnce, faults: { failover: 1 }, property: 'lost-sale', says: 'lua-then-wait-all' },
  { strategy: luaReserveOnce, faults: { evict: 1 }, property: 'stranded', says: 'noeviction' },
] as const)(
  '$strategy.name is told what cures a violation of $property with $faults',
  async ({ strategy, faults, property, says }) => {
    const found = await exploring(redis.target, strategy, { ...two, faults });
    expect(found.properties[property].counterexample?.remedy).toContain(says);
  },
);

test('what a fault brings about is cured otherwise than what comes about without one', () => {
  const stock = 1;
  const caused = FAULTS.map(eventOf).filter((event) => event !== 'lag');
  for (const property of PROPERTIES) {
    const general = remedyFor(property);
    for (const event of caused) {
      const steps = [{ actor: 'server', event, stock }] as Parameters<typeof remedyFor>[1];
      expect(remedyFor(property, steps), `${property} after ${event}`).not.toBe(general);
    }
    // A step that disturbs nothing is no cause.
    expect(remedyFor(property, [{ actor: 'A', event: 'deliver', stock }])).toBe(general);
  }
});
