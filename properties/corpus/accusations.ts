import type { ExploredEnvironment } from '../../harness/documents/environments.ts';
import { expect } from 'vitest';
import { systemClock } from '../../harness/ground/ambient.ts';
import { abilitiesOf } from '../../harness/explorer/space/abilities.ts';
import { scopesOf } from '../../harness/evaluate/environment-scopes.ts';
import { explore } from '../../harness/explorer/explore.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import type { Strategy } from '../../strategies/contract.ts';
import { properties } from '../helpers/exploring.ts';
import { seed } from '../helpers/seed.ts';
import { subject } from './corpus.ts';

/** Properties that the environment's scopes show to be violated; every scope must be exhausted. */
export async function accusations(
  strategy: Strategy,
  environment: ExploredEnvironment,
  target: RedisTarget,
): Promise<Set<string>> {
  const evaluated = await subject(strategy);
  const scopes = scopesOf(environment, strategy, await abilitiesOf(evaluated, target), seed)!;
  expect(scopes).not.toEqual([]);
  const accused = new Set<string>();
  for (const scope of scopes) {
    const found = await explore({
      scope,
      subject: evaluated,
      target,
      auditSamples: 0,
      now: () => systemClock.monotonicNs() / 1e6,
    });
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'inconclusive')).toEqual([]);
    for (const property of properties(found, 'violated')) accused.add(property);
  }
  return accused;
}
