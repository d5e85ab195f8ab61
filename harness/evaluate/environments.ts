import type { Scope } from '../documents/scope.ts';
import type { Strategy } from '../../strategies/contract.ts';
import type { Abilities } from '../explorer/process/instance.ts';
import { NONSENSES } from '../documents/nonsense.ts';
import { NO_FAULTS, type Faults } from '../documents/faults.ts';
import type { ExploredEnvironment } from '../documents/vocabulary.ts';
import { dealt } from '../explorer/scope/scope.ts';

/** What a scope adds to calm. */
type Addition = Partial<Omit<Scope, 'faults'>> & {
  faults?: Partial<Faults>;
  /** Only for strategies that use their connections in this way. */
  only?: Strategy['connection'];
};

/** An environment that is several scopes holds where it holds in all of them. */
const ADDITIONS: Record<ExploredEnvironment, readonly Addition[]> = {
  // Three buyers, one of whom is refused; two of whom are; and two of one process, its connection and its memory.
  calm: [{}, { stock: 1 }, { only: 'shared', buyers: 2, stock: 1, instances: 1 }],
  // Three buyers, who cannot all have what they want; one user who buys twice; and two of one process.
  'several-units': [
    { stock: 3, quantities: [2, 1, 2] },
    { buyers: 2, stock: 3, quantities: [2, 1], users: 1 },
    { only: 'shared', buyers: 2, quantities: [2, 1], instances: 1 },
  ],
  'release-restock': [
    { releases: 1, restocks: 1 },
    // Two are refused for one unit, and the second of them after it was given back.
    { stock: 1, releases: 1 },
    // A process that was told "sold out" is asked again, after what another one sold has been given back.
    { only: 'shared', stock: 1, instances: 2, releases: 1 },
  ],
  'buyer-crash': [{ faults: { crash: 1 } }],
  // A reply; or, as nobody can tell them apart, the command, which may also be late.
  'lost-reply': [
    { faults: { 'lost-reply': 1 } },
    { buyers: 1, faults: { 'lost-request': 1 } },
    { buyers: 1, faults: { 'late-request': 1 } },
  ],
  // The buyer asks again, on a new process or on the old one, also when all that can expire has expired.
  retry: [
    { faults: { crash: 1, retry: 1 } },
    { faults: { 'lost-reply': 1, retry: 1 }, client: 'no-retry' },
    { buyers: 1, faults: { 'lost-reply': 1, retry: 1, expire: 1 }, client: 'no-retry' },
  ],
  'script-flush': [{ faults: { 'script-flush': 1 } }],
  expiry: [{ faults: { expire: 1 } }],
  eviction: [{ faults: { evict: 1 } }],
  // One buyer whose request makes no sense beside one whose does; and two, one of whom asks twice at once.
  'hostile-input': [
    ...NONSENSES.map((nonsense) => ({ buyers: 2, nonsense })),
    { only: 'exclusive', buyers: 2, faults: { repeat: 1 } },
    { only: 'shared', buyers: 2, instances: 1, faults: { repeat: 1 } },
  ],
  // A restart breaks every connection at once, which leaves a great many ways to come back.
  restart: [{ buyers: 2, stock: 1, faults: { restart: 1 } }],
  'restart-without-aof': [{ buyers: 2, stock: 1, faults: { 'restart-without-aof': 1 } }],
};

/** Scopes of strategies that keep a limit per user. */
const LIMITED: Partial<Record<ExploredEnvironment, readonly Addition[]>> = {
  'several-units': [
    // Enough for all. The first buyer and the third are one user, who may have one of the two; the second is another.
    { stock: 5, quantities: [2, 1, 2], users: 2, perUserLimit: 2 },
    // Enough for all. They are one user, who may have two of the three, in one of two ways.
    { stock: 5, quantities: [2, 1, 2], users: 1, perUserLimit: 3 },
    // Not even enough for two.
    { stock: 2, quantities: [2, 1, 2], users: 1, perUserLimit: 3 },
  ],
  // What is sent twice counts once: the user's second purchase is within the limit.
  'lost-reply': [{ buyers: 2, users: 1, perUserLimit: 2, faults: { 'lost-reply': 1 } }],
  // Enough for two. One user may have the third purchase once the others were given back, or are not had at all.
  'release-restock': [{ stock: 3, quantities: [1, 1, 2], users: 1, perUserLimit: 2, releases: 1 }],
};

/** Passes of background work that may fall between the purchases; at rest there are as many as it takes. */
const JOBS = 1;

/**
 * The fixed scopes of an environment: three buyers on three instances, two units, quantity 1, three attempts, and
 * what the environment adds. Strategies that keep a limit per user are held to one in scopes of its own; those that
 * work in the background do so between the purchases, too.
 *
 * @returns undefined where the strategy cannot run it
 */
export function scopesOf(
  environment: ExploredEnvironment,
  { supports, connection }: Pick<Strategy, 'supports' | 'connection'>,
  abilities: Abilities,
  seed: number,
): Scope[] | undefined {
  const severalUnits = supports?.includes('several-units') ?? false;
  if (environment === 'several-units' && !severalUnits) return undefined;
  if (environment === 'release-restock' && !abilities.release && !abilities.restock) return undefined;
  const limited = (supports?.includes('limit') && severalUnits && LIMITED[environment]) || [];
  const possible = [...ADDITIONS[environment], ...limited].filter(
    ({ only }) => only === undefined || only === connection,
  );
  return possible.map(({ only: _only, ...addition }) => {
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
