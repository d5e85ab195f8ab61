import type { Environment, Strategy } from '../../strategies/contract.ts';
import {
  environmentRow,
  SAMPLED,
  type Addition,
  type ExploredEnvironment,
  type LargeSale,
} from '../documents/environments.ts';
import { NO_FAULTS } from '../documents/faults.ts';
import type { Scope } from '../documents/scope.ts';
import type { Abilities } from '../explorer/process/seller-abilities.ts';
import { dealt } from '../explorer/scope/ids.ts';
import { confirmsOf } from '../explorer/scope/payments.ts';

/** A large sale under real concurrency. */
export interface SampledSale extends LargeSale {
  environment: Environment;
}

/** Of more buyers than this one confirm is enough: who confirms twice, and who else confirms, are tried with fewer. */
const CROWD = 2;

/**
 * The scope of a strategy of which buyers confirm. Each confirm is as much to explore as a purchase, so where something
 * happens besides, two buyers for one unit stand for three for two, and one of them confirms.
 */
function withConfirms(addition: Addition): Addition {
  const { buyers = 3, stock = 2, faults, releases, restocks } = addition;
  const confirms = { confirms: buyers > CROWD ? 1 : confirmsOf({ buyers }) };
  if (!faults && !releases && !restocks) return { ...confirms, ...addition };
  const fewer = buyers > CROWD ? { buyers: CROWD, stock: Math.max(1, stock - 1) } : {};
  return { confirms: 1, ...addition, ...fewer };
}

/** Passes of background work that may fall between the purchases; at rest there are as many as it takes. */
const JOBS = 1;

/**
 * The fixed scopes of an environment: three buyers on three instances, two units, quantity 1, three attempts, and
 * what the environment adds. Strategies that keep a limit per user are held to one in scopes of its own; those that
 * work in the background do so between the purchases, too; and where there is a confirm, buyers confirm.
 *
 * @returns undefined where the strategy cannot run it
 */
export function scopesOf(
  environment: ExploredEnvironment,
  { supports, connection }: Pick<Strategy, 'supports' | 'connection'>,
  abilities: Abilities,
  seed: number,
): Scope[] | undefined {
  const { needs, scopes, limited = [], confirmed = [] } = environmentRow(environment);
  const severalUnits = supports?.includes('several-units') ?? false;
  if (needs === 'several-units' && !severalUnits) return undefined;
  if (needs === 'release' && !abilities.release) return undefined;
  if (needs === 'release or restock' && !abilities.release && !abilities.restock) return undefined;
  const keepsLimit = severalUnits && supports?.includes('limit');
  const additions = [...scopes, ...(keepsLimit ? limited : []), ...(abilities.confirm ? confirmed : [])];
  const possible = additions.filter(
    ({ only, works, atOnce }) =>
      (only === undefined || only === connection) &&
      (!works || abilities.runJob) &&
      (!atOnce || !abilities.confirm),
  );
  return possible.map(({ only: _only, works: _works, atOnce: _atOnce, ...given }) => {
    const addition = abilities.confirm ? withConfirms(given) : given;
    const buyers = addition.buyers ?? 3;
    return {
      stock: 2,
      users: buyers,
      attempts: 3,
      instances: buyers,
      client: 'default',
      jobs: abilities.runJob ? JOBS : 0,
      seed,
      ...addition,
      buyers,
      quantities: dealt(addition.quantities ?? [1], buyers),
      faults: { ...NO_FAULTS, ...addition.faults },
      releases: abilities.release ? (addition.releases ?? 0) : 0,
      restocks: abilities.restock ? (addition.restocks ?? 0) : 0,
    };
  });
}

/** The large sales that the strategy can sell. */
export const salesOf = ({ supports }: Strategy): SampledSale[] =>
  SAMPLED.flatMap((environment) => {
    const { needs, sale } = environmentRow(environment);
    const can = needs !== 'several-units' || supports?.includes('several-units');
    return sale && can ? [{ environment, ...sale }] : [];
  });
