import { causeOf } from '../../harness/documents/causes.ts';
import { EXPLORED } from '../../harness/documents/environments.ts';
import { afterAll, describe, expect, test } from 'vitest';
import { abilitiesOf } from '../../harness/explorer/space/abilities.ts';
import { PROPERTIES } from '../../strategies/contract.ts';
import { CAUSES } from '../corpus/causes.ts';
import { mutants, subject, variants } from '../corpus/corpus.ts';
import { hunt, kills, killTable, type Hunt, type Kill } from '../corpus/kills.ts';
import type { Mutant } from '../corpus/parts.ts';
import { smallestScope } from '../corpus/scopes.ts';
import { server } from '../helpers/exploring.ts';
import { badAdvice } from '../helpers/remedies.ts';
import { everything, thirdOf, rotating } from '../helpers/rotating.ts';
import { seed } from '../helpers/seed.ts';

const redis = server();
const rows: Kill[] = [];

describe('a mistake shows in the scope that is said to be the smallest, in none smaller, and not once it is fixed; and is explained', () => {
  test.each(thirdOf(mutants, 'mistakes'))(
    '$name violates $caught.property in $caught.environment, and its fixed twin does not',
    async (mutant) => {
      const { property } = mutant.caught;
      const abilities = await abilitiesOf(await subject(mutant), redis.target);
      const scope = smallestScope(mutant, abilities, seed);
      const { counterexample } = await hunt(mutant, property, [scope], redis.target);
      expect(counterexample).toMatchObject({ minimal: true, scope });
      expect(causeOf(counterexample!).name).toBe(CAUSES[mutant.name]);
      expect(badAdvice(counterexample!, mutant.caught.environment)).toEqual([]);
      const mended = await once(`${mutant.fixed.name} ${property} ${JSON.stringify(scope)}`, () =>
        hunt(mutant.fixed, property, [scope], redis.target),
      );
      expect(mended).toMatchObject({ counterexample: null, exhausted: true });
    },
  );
});

/** Several mutants have the same fixed twin, and meet it in one scope. */
const hunts = new Map<string, Promise<Hunt>>();
function once(key: string, make: () => Promise<Hunt>): Promise<Hunt> {
  const known = hunts.get(key) ?? make();
  hunts.set(key, known);
  return known;
}

test('every property and every environment catches somebody', () => {
  const caught = mutants.map((mutant) => mutant.caught);
  expect(new Set(caught.map(({ property }) => property))).toEqual(new Set(PROPERTIES));
  expect(new Set(caught.map(({ environment }) => environment))).toEqual(new Set(EXPLORED));
});

test('every mutant has a cause by which it has to be explained, and nobody else has', () => {
  expect(Object.keys(CAUSES).toSorted()).toEqual(mutants.map(({ name }) => name).toSorted());
});

test('every name is there once', () => {
  const names = [...mutants, ...variants].map(({ name }) => name);
  expect(names.filter((name, i) => names.indexOf(name) < i)).toEqual([]);
});

describe('the fixed scopes of an environment catch what its smallest scope catches', () => {
  test.each(rotating(mutants, 2, 'kills'))('$name is caught by the fixed scopes', async (mutant) => {
    const [row] = await table([mutant]);
    expect(row!.fault).toBeUndefined();
    rows.push(row!);
  });
});

afterAll(() => {
  if (everything) process.stderr.write(`\nThe kill table\n${killTable(rows)}\n\n`);
});

test('the kill table names what survives, and what shows in a smaller scope than it says', async () => {
  const [first] = mutants;
  const right: Mutant = { ...first!, ...first!.fixed, fixed: first!.fixed, name: first!.fixed.name };
  const { caught } = first!;
  const misplaced: Mutant = { ...first!, caught: { ...caught, scope: { ...caught.scope, stock: 2 } } };
  const told = await table([right, misplaced]);
  expect(told.map(({ fault }) => fault)).toEqual(['survives', 'shows in a smaller scope than said']);
  expect(killTable(told)).toContain('SURVIVES');
});

async function table(hunted: readonly Mutant[]): Promise<Kill[]> {
  const killed: Kill[] = [];
  for await (const row of kills(hunted, redis.target, seed)) killed.push(row);
  return killed;
}
