import type { Scope } from '../../harness/documents/scope.ts';
import type { Abilities } from '../../harness/explorer/process/seller-abilities.ts';
import { scopesOf } from '../../harness/evaluate/environment-scopes.ts';
import { NO_FAULTS } from '../../harness/documents/faults.ts';
import { dealt } from '../../harness/explorer/scope/ids.ts';
import type { Mutant, Smallest } from './parts.ts';

const AMOUNTS = ['releases', 'restocks', 'jobs', 'confirms'] as const;

/**
 * The smallest scope that shows the mistake: one of its environment's, with fewer buyers and units, and only those
 * of its faults and the like that are named.
 *
 * @throws if it lies within none of them without being said to go beyond them, or the other way round
 */
export function smallestScope({ caught, ...mutant }: Mutant, abilities: Abilities, seed: number): Scope {
  const { environment, scope, beyond } = caught;
  const fixed = scopesOf(environment, mutant, abilities, seed) ?? [];
  const within = fixed.find((large) => isWithin(scope, large));
  if ((within === undefined) !== (beyond !== undefined))
    throw new Error(`${mutant.name}: its smallest scope is ${within ? '' : 'not '}within "${environment}"`);
  return shrunk(within ?? { ...fixed[0]!, ...scope, faults: NO_FAULTS }, scope);
}

function isWithin({ buyers, stock, faults = {}, quantities, ...rest }: Smallest, large: Scope): boolean {
  const same = Object.entries(rest).every(([key, value]) => {
    const amount = AMOUNTS.find((one) => one === key);
    return amount ? Number(value) <= (large[amount] ?? 0) : large[key as keyof Scope] === value;
  });
  const spendable = Object.entries(faults).every(
    ([fault, amount]) => amount <= large.faults[fault as keyof typeof faults],
  );
  return same && spendable && quantities === undefined && buyers <= large.buyers && stock <= large.stock;
}

function shrunk(large: Scope, { buyers, stock, faults, quantities, ...rest }: Smallest): Scope {
  return {
    ...large,
    releases: 0,
    restocks: 0,
    jobs: 0,
    ...rest,
    buyers,
    stock,
    quantities: dealt(quantities ?? large.quantities, buyers),
    users: Math.min(rest.users ?? large.users, buyers),
    instances: Math.min(rest.instances ?? large.instances, buyers),
    faults: { ...NO_FAULTS, ...faults },
  };
}
