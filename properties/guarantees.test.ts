import { describe, expect, test } from 'vitest';
import { abilitiesOf } from '../harness/explorer/abilities.ts';
import { EXPLORED, scopesOf } from '../harness/explorer/environments.ts';
import { worst } from '../harness/checkers/checker.ts';
import type { Exploration } from '../harness/explorer/explore.ts';
import { PROPERTIES, type Guarantee, type Strategy } from '../strategies/contract.ts';
import { luaDecrement } from '../strategies/lua-decrement.ts';
import { registry } from '../strategies/registry.ts';
import { exploring, server, subject } from './exploring.ts';

const redis = server();

/** What exploring all scopes of an environment makes of each property. */
async function explored(
  strategy: Strategy,
  environment: (typeof EXPLORED)[number],
): Promise<Record<string, Guarantee | 'inconclusive'>> {
  const found: Exploration[] = [];
  const abilities = await abilitiesOf(await subject(strategy), redis.target);
  for (const scope of scopesOf(environment, strategy, abilities, 1) ?? []) {
    found.push(await exploring(redis.target, strategy, scope, { auditSamples: 2 }));
  }
  for (const { coverage, audit } of found) {
    expect(coverage).toBe('exhausted');
    expect(audit.mismatches).toEqual([]);
  }
  const cell = (property: (typeof PROPERTIES)[number]): Guarantee | 'inconclusive' => {
    const verdicts = found.map(({ properties }) => properties[property].verdict);
    const told = verdicts.filter((verdict) => verdict !== 'n/a');
    const verdict = told.length === 0 ? 'n/a' : worst(told);
    return verdict === 'violated' ? 'breaks' : verdict;
  };
  return Object.fromEntries(PROPERTIES.map((property) => [property, cell(property)]));
}

const declared = (
  strategy: Strategy,
  environment: (typeof EXPLORED)[number],
): Record<string, Guarantee> | undefined => {
  const cells = PROPERTIES.map(
    (property) => [property, strategy.guarantees?.[property]?.[environment]] as const,
  );
  return cells.some(([, cell]) => cell !== undefined)
    ? (Object.fromEntries(cells) as Record<string, Guarantee>)
    : undefined;
};

describe.each(EXPLORED)('%s: every declared cell is what exploring it shows, both ways', (environment) => {
  const declaring = registry
    .map(({ strategy }) => strategy)
    .filter((strategy) => declared(strategy, environment));
  test.skipIf(declaring.length === 0).each(declaring.length > 0 ? declaring : [luaDecrement])(
    '$name',
    async (strategy) => {
      expect(await explored(strategy, environment)).toEqual(declared(strategy, environment));
    },
  );
});

test('a declaration that is wrong in either way is told apart', async () => {
  const shown = await explored(luaDecrement, 'buyer-crash');
  const right = declared(luaDecrement, 'buyer-crash')!;
  expect(shown).not.toEqual({ ...right, stranded: 'holds' });
  expect(shown).not.toEqual({ ...right, oversell: 'breaks' });
});
