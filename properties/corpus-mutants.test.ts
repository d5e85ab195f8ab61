import { describe, expect, test } from 'vitest';
import { systemClock } from '../harness/ambient.ts';
import { abilitiesOf } from '../harness/explorer/abilities.ts';
import { explore, type Exploration } from '../harness/explorer/explore.ts';
import type { Scope } from '../harness/explorer/scope.ts';
import type { Property, Strategy } from '../strategies/contract.ts';
import { mutants, subject } from './corpus/corpus.ts';
import { smallestScope } from './corpus/scopes.ts';
import { server } from './exploring.ts';
import { seed } from './seed.ts';

const redis = server();

const judged = async (strategy: Strategy, scope: Scope, property: Property): Promise<Exploration> =>
  explore({
    scope,
    subject: await subject(strategy),
    target: redis.target,
    properties: [property],
    auditSamples: 0,
    now: () => systemClock.monotonicNs() / 1e6,
  });

describe('a mistake shows in the scope that is said to be the smallest, in none smaller, and not once it is mended', () => {
  test.each(mutants)('$name ($caught.property, $caught.environment)', async (mutant) => {
    const { property } = mutant.caught;
    const abilities = await abilitiesOf(await subject(mutant), redis.target);
    const scope = smallestScope(mutant, abilities, seed);
    const { verdict, counterexample } = (await judged(mutant, scope, property)).properties[property];
    expect(verdict).toBe('violated');
    expect(counterexample).toMatchObject({ minimal: true, scope });
    const mended = (await judged(mutant.mended, scope, property)).properties[property];
    expect(mended).toMatchObject({ counterexample: null, coverage: 'exhausted' });
  });
});
