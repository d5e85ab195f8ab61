import type { Environment, Strategy } from '../../strategies/contract.ts';
import { dealt, NO_FAULTS, type Faults, type Scope } from './scope.ts';

/** Environments that are explored; the others need a storm, or calls without a schedule. */
export const EXPLORED = [
  'calm',
  'several-units',
  'release-restock',
  'buyer-crash',
  'lost-reply',
  'retry',
  'script-flush',
  'expiry',
  'eviction',
] as const satisfies readonly Environment[];
export type ExploredEnvironment = (typeof EXPLORED)[number];

/** What an environment adds to calm. */
type Addition = Partial<Omit<Scope, 'faults'>> & { faults?: Partial<Faults> };

/** An environment that is several scopes holds where it holds in all of them. */
const ADDITIONS: Record<ExploredEnvironment, readonly Addition[]> = {
  calm: [{}],
  'several-units': [{ stock: 3, quantities: [2, 1, 2] }],
  'release-restock': [{ releases: 1, restocks: 1 }],
  'buyer-crash': [{ faults: { crash: 1 } }],
  'lost-reply': [{ faults: { 'lost-reply': 1 } }],
  retry: [{ faults: { crash: 1, retry: 1 } }, { faults: { 'lost-reply': 1, retry: 1 }, client: 'no-retry' }],
  'script-flush': [{ faults: { 'script-flush': 1 } }],
  expiry: [{ faults: { expire: 1 } }],
  eviction: [{ faults: { evict: 1 } }],
};

/** The first buyer and the third are one user, who may not have both of their purchases. */
const LIMIT = { users: 2, perUserLimit: 3 };

/**
 * The fixed scopes of an environment: three buyers on three instances, two units, quantity 1, three attempts, and
 * what the environment adds. Where quantities differ, strategies that keep a limit per user are held to one.
 *
 * @returns undefined where the strategy cannot run it
 */
export function scopesOf(
  environment: ExploredEnvironment,
  { supports }: Pick<Strategy, 'supports'>,
  seed: number,
): Scope[] | undefined {
  if (environment === 'several-units' && !supports?.includes('several-units')) return undefined;
  const limit = environment === 'several-units' && supports?.includes('limit') ? LIMIT : {};
  return ADDITIONS[environment].map((addition) => {
    const buyers = addition.buyers ?? 3;
    return {
      stock: 2,
      users: buyers,
      attempts: 3,
      instances: buyers,
      client: 'default',
      releases: 0,
      restocks: 0,
      jobs: 0,
      seed,
      ...addition,
      ...limit,
      buyers,
      quantities: dealt(addition.quantities ?? [1], buyers),
      faults: { ...NO_FAULTS, ...addition.faults },
    };
  });
}
