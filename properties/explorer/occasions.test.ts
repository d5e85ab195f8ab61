import { expect, test } from 'vitest';
import { explorationSchema } from '../../harness/documents/exploration.ts';
import type { Extra, Faults } from '../../harness/documents/faults.ts';
import { explorationDocument } from '../../harness/explorer/document.ts';
import { explorationText } from '../../reports/text/explore.ts';
import { lockGuarded } from '../../strategies/lock-guarded.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import type { Strategy } from '../../strategies/contract.ts';
import { exploring, server } from '../helpers/exploring.ts';

const redis = server();

const sales: [Strategy, Partial<Faults>, Extra[]][] = [
  // Nothing has a TTL, and every answer is certain.
  [luaDecrement, { expire: 1 }, ['expire']],
  [luaDecrement, { retry: 1 }, ['retry']],
  [luaDecrement, { crash: 1, retry: 1 }, []],
  [luaReserveOnce, { 'script-flush': 1, repeat: 1 }, []],
  [lockGuarded, { expire: 1 }, []],
];
const named = sales.map(([strategy, faults, unspent]) => {
  const what = Object.keys(faults).join(' and ');
  return [`${strategy.name} with ${what}`, strategy, faults, unspent] as const;
});

test.each(named)(
  '%s: what had no occasion in any interleaving is said',
  async (_, strategy, faults, unspent) => {
    const found = await exploring(redis.target, strategy, { buyers: 2, stock: 1, faults });
    expect(found.coverage).toBe('exhausted');
    expect(found.unspent ?? []).toEqual(unspent);
    const document = explorationSchema.parse(JSON.parse(JSON.stringify(explorationDocument(found, {}))));
    expect(document.unspent).toEqual(found.unspent);
    const text = explorationText(document);
    expect(text.includes('never happened, because there was no occasion for it')).toBe(unspent.length > 0);
    for (const extra of unspent) expect(text).toMatch(new RegExp(`^ {2}${extra}: `, 'm'));
  },
);

test('of a search that did not end nothing is said, and a document without it is readable', async () => {
  const scope = { buyers: 3, stock: 2, faults: { expire: 1 } };
  const found = await exploring(redis.target, luaDecrement, scope, { maxStates: 2 });
  expect(found.coverage).not.toBe('exhausted');
  const document = explorationDocument(found, {});
  expect(document).not.toHaveProperty('unspent');
  expect(explorationSchema.parse(document)).toEqual(document);
});
