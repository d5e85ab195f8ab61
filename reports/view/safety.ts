import type { Result, StrategyResult } from '../../harness/documents/result.ts';
import { ENVIRONMENTS, PROPERTIES, type Environment } from '../../strategies/contract.ts';
import { grouped, list, ratioText } from './figures.ts';
import { partsOf } from './view.ts';
import { BY_GRAVITY, EFFECTS, kindOf } from './words.ts';

/** Strategies that were tried in the same environments, and break in the same ones of them in the same way. */
export interface Tier {
  /** Where something is violated, and what that does to a sale; empty: nowhere that was tried. */
  broken: { environment: Environment; effects: string[] }[];
  /** Where nothing is violated, and something could not be decided. */
  open: Environment[];
  /** Where everything held. */
  held: Environment[];
  strategies: StrategyResult[];
  /** The fastest of them; absent where no speed was measured that counts. */
  fastest?: StrategyResult;
}

/** Which strategies are safe for what: those that break in the fewest environments first. Controls are not told. */
export function tiersOf({ strategies }: Result): Tier[] {
  const tiers = new Map<string, Tier>();
  for (const strategy of strategies) {
    if (strategy.control || partsOf(strategy).length === 0) continue;
    const tier = tierOf(strategy);
    const key = JSON.stringify([tier.broken, tier.open, tier.held]);
    const known = tiers.get(key);
    if (known) known.strategies.push(strategy);
    else tiers.set(key, tier);
  }
  return [...tiers.values()]
    .map((tier) => {
      const [fastest] = bySpeed(tier.strategies);
      return fastest ? { ...tier, fastest } : tier;
    })
    .toSorted((a, b) => unsafe(a) - unsafe(b) || b.held.length - a.held.length);
}

const unsafe = ({ broken, open }: Tier): number => broken.length + open.length;

function tierOf(strategy: StrategyResult): Tier {
  const broken = brokenIn(strategy);
  const open = openIn(strategy).filter((environment) => !broken.includes(environment));
  return {
    broken: broken.map((environment) => ({ environment, effects: effectsIn(strategy, environment) })),
    open,
    held: triedIn(strategy).filter(
      (environment) => !broken.includes(environment) && !open.includes(environment),
    ),
    strategies: [strategy],
  };
}

/** The fastest first; without those whose figures are void. */
export const bySpeed = (strategies: readonly StrategyResult[]): StrategyResult[] =>
  strategies
    .filter(({ cost }) => cost?.verdict === 'holds' && cost.salesPerSecond.median !== null)
    .toSorted((a, b) => b.cost!.salesPerSecond.median! - a.cost!.salesPerSecond.median!);

/** Those of which curves are drawn, more of which nobody could tell apart: the safest, of equals the fastest. */
export function drawn({ strategies }: Result, most = 5): StrategyResult[] {
  const swept = bySpeed(strategies).filter(({ offered }) => offered);
  const safest = bySpeed(strategies).toSorted((a, b) => brokenIn(a).length - brokenIn(b).length);
  return (swept.length > 0 ? swept : safest).slice(0, most);
}

/** Environments in which something of the strategy is violated, declared or not. */
const brokenIn = (strategy: StrategyResult): Environment[] =>
  ENVIRONMENTS.filter((environment) => effectsIn(strategy, environment).length > 0);

const triedIn = (strategy: StrategyResult): Environment[] =>
  ENVIRONMENTS.filter((environment) => partsOf(strategy).some((part) => part.environment === environment));

function effectsIn(strategy: StrategyResult, environment: Environment): string[] {
  const parts = partsOf(strategy).filter((part) => part.environment === environment);
  return BY_GRAVITY.filter((property) =>
    parts.some(({ properties }) => properties[property].verdict === 'violated'),
  ).map((property) => EFFECTS[property]);
}

const openIn = (strategy: StrategyResult): Environment[] =>
  ENVIRONMENTS.filter((environment) =>
    partsOf(strategy).some(
      (part) =>
        part.environment === environment &&
        PROPERTIES.some((property) => kindOf(part.properties[property]) === 'open'),
    ),
  );

/** The answer in two sentences: who is safe where, and who of them is the fastest. */
export function answer(result: Result): string[] {
  const [safest] = tiersOf(result);
  if (!safest) return ['Nothing was run, so nothing can be said.'];
  const names = list(safest.strategies.map(({ name }) => name));
  const [it, holds, breaks] =
    safest.strategies.length === 1 ? ['it', 'holds', 'breaks'] : ['they', 'hold', 'break'];
  const tried = unsafe(safest) + safest.held.length;
  const count = unsafe(safest) === 0 ? `all ${tried}` : `${safest.held.length} of ${tried}`;
  const where = [
    `${names} ${holds} every property in ${count} environments that were tried`,
    ...(safest.broken.length > 0 ? [`${it} ${breaks} in ${brokenWords(safest)}`] : []),
    ...(safest.open.length > 0 ? [`${it} could not be decided in ${safest.open.join(', ')}`] : []),
  ].join('; ');
  const { fastest } = safest;
  if (!fastest) return [`${where}.`];
  const { median } = fastest.cost!.salesPerSecond;
  const ratio = fastest.cost!.ratioToBaseline;
  const baseline = result.session?.baseline;
  const compared = ratio.median === null ? '' : `, ${ratioText(ratio)} of ${baseline}`;
  const of = safest.strategies.length === 1 ? 'It sells' : `The fastest of them is ${fastest.name}:`;
  return [`${where}.`, `${of} ${grouped(median!)} sales/s${compared}.`];
}

/** "eviction (strands, loses sales)" */
const brokenWords = ({ broken }: Tier): string =>
  list(
    broken.map(({ environment, effects }) => `${environment} (${effects.join(', ')})`),
    20,
  );
