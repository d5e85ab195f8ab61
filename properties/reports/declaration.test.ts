import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Exploration } from '../../harness/explorer/explore.ts';
import { strategiesIn } from '../../harness/loader/strategy-shape.ts';
import { declaration, type Discovery } from '../../reports/text/declaration.ts';
import { ENVIRONMENTS, PROPERTIES, type Guarantees } from '../../strategies/contract.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { readThenWrite } from '../../strategies/read-then-write.ts';
import { exploring, server } from '../helpers/exploring.ts';

const holder = server();

/** What somebody gets who pastes the text into a strategy that declared nothing. */
function pasted(text: string): Guarantees | undefined {
  const { guarantees: _, ...undeclared } = readThenWrite;
  const mine = { ...undeclared, ...(runInNewContext(`({ ${text} })`) as object) };
  return strategiesIn({ mine }, 'sell.ts', '')[0]!.strategy.guarantees;
}

const discover = async (strategy = readThenWrite, crash = 0, maxStates = 1e6): Promise<Exploration> =>
  exploring(
    holder.target,
    strategy,
    { buyers: 2, stock: 1, faults: { crash } },
    // One state at a time would be enough for a violation, never for its absence.
    { maxStates },
  );

test.each([readThenWrite, luaReserveOnce])('$name is discovered to be what it declares', async (strategy) => {
  const found: Discovery[] = [
    { environment: 'calm', ...(await discover(strategy)) },
    { environment: 'buyer-crash', ...(await discover(strategy, 1)) },
  ];
  const declared = pasted(declaration(found));
  for (const property of PROPERTIES) {
    const { calm, 'buyer-crash': crash } = strategy.guarantees?.[property] ?? {};
    // Without a limit in the sale, nothing is said about one.
    const expected =
      property === 'user-limit' ? { calm: 'n/a', 'buyer-crash': 'n/a' } : { calm, 'buyer-crash': crash };
    expect({ property, cells: declared?.[property] }).toEqual({ property, cells: expected });
  }
});

test('nothing is declared to hold that was not covered wholly, but what was seen to break is', async () => {
  const bounded = await discover(readThenWrite, 0, 6);
  expect(bounded.coverage).toBe('sampled');
  const declared = pasted(declaration([{ environment: 'calm', ...bounded }]));
  expect(Object.values(declared ?? {}).flatMap((row) => Object.values(row))).not.toContain('holds');
  const sampled = await discover();
  for (const result of Object.values(sampled.properties)) result.coverage = 'sampled';
  expect(pasted(declaration([{ environment: 'calm', ...sampled }]))).toEqual({
    oversell: { calm: 'breaks' },
    'user-limit': { calm: 'n/a' },
    'lost-sale': { calm: 'n/a' },
  });
});

test('every environment can be pasted', async () => {
  const { properties } = await discover();
  const declared = pasted(declaration(ENVIRONMENTS.map((environment) => ({ environment, properties }))));
  expect(Object.keys(declared?.oversell ?? {})).toEqual(ENVIRONMENTS);
});
