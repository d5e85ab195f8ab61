import { textTable } from '../../reports/text/text-table.ts';
import { systemClock } from '../../harness/ground/ambient.ts';
import { abilitiesOf } from '../../harness/explorer/space/abilities.ts';
import type { Counterexample } from '../../harness/documents/counterexample.ts';
import { scopesOf } from '../../harness/evaluate/environment-scopes.ts';
import { explore } from '../../harness/explorer/explore.ts';
import type { Scope } from '../../harness/documents/scope.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import type { Property, Strategy } from '../../strategies/contract.ts';
import { subject } from './corpus.ts';
import type { Mutant } from './parts.ts';
import { smallestScope } from './scopes.ts';

export interface Hunt {
  counterexample: Counterexample | null;
  /** Whether each scope was exhausted; where there is a counterexample, the search stopped at it. */
  exhausted: boolean;
  states: number;
  elapsedMs: number;
}

/** Explores the scopes, one after the other, until the property is violated. */
export async function hunt(
  strategy: Strategy,
  property: Property,
  scopes: readonly Scope[],
  target: RedisTarget,
): Promise<Hunt> {
  const hunted: Hunt = { counterexample: null, exhausted: true, states: 0, elapsedMs: 0 };
  for (const scope of scopes) {
    const found = await explore({
      scope,
      subject: await subject(strategy),
      target,
      properties: [property],
      auditSamples: 0,
      now: () => systemClock.monotonicNs() / 1e6,
    });
    hunted.exhausted &&= found.coverage === 'exhausted';
    hunted.states += found.states;
    hunted.elapsedMs += found.elapsedMs;
    hunted.counterexample = found.properties[property].counterexample;
    if (hunted.counterexample) break;
  }
  return hunted;
}

/** One row of the kill table. */
export interface Kill {
  mutant: string;
  mistake: string;
  property: string;
  environment: string;
  /** What was explored until the mistake showed, in the environment's own scopes. */
  states: number;
  elapsedMs: number;
  /** What the corpus says of it that is not so. */
  fault?: 'survives' | 'shows in a smaller scope than said';
}

/** Hunts for mutants in the fixed scopes of their environments: what `oversell evaluate` would find of them. */
export async function* kills(
  hunted: readonly Mutant[],
  target: RedisTarget,
  seed: number,
): AsyncGenerator<Kill> {
  for (const mutant of hunted) {
    const { property, environment, beyond } = mutant.caught;
    const abilities = await abilitiesOf(await subject(mutant), target);
    const smallest = smallestScope(mutant, abilities, seed);
    const scopes = beyond === undefined ? scopesOf(environment, mutant, abilities, seed)! : [smallest];
    const { counterexample, states, elapsedMs } = await hunt(mutant, property, scopes, target);
    const fault = faultOf(counterexample, smallest);
    const where = beyond === undefined ? environment : `beyond ${environment}`;
    const { name, mistake } = mutant;
    yield { mutant: name, mistake, property, environment: where, states, elapsedMs, ...(fault && { fault }) };
  }
}

function faultOf(found: Counterexample | null, smallest: Scope): Kill['fault'] {
  if (!found) return 'survives';
  const { buyers, stock } = found.scope;
  const smaller = buyers < smallest.buyers || (buyers === smallest.buyers && stock < smallest.stock);
  return smaller ? 'shows in a smaller scope than said' : undefined;
}

export const killTable = (rows: readonly Kill[]): string =>
  textTable(
    ['mutant', 'property', 'environment', 'states', 'ms', ''],
    rows.map(({ mutant, property, environment, states, elapsedMs, fault }) => [
      mutant,
      property,
      environment,
      String(states),
      elapsedMs.toFixed(0),
      fault === undefined ? '' : fault.toUpperCase(),
    ]),
    [4, 5],
  );
