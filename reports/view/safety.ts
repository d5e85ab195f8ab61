import type { Result, StrategyResult } from '../../harness/documents/result.ts';
import { ENVIRONMENTS, PROPERTIES, type Environment, type Property } from '../../strategies/contract.ts';
import { grouped, known, list, ms, ratioText } from './figures.ts';
import { partsOf } from './view.ts';
import { BY_GRAVITY, EFFECTS, kindOf } from './words.ts';

/** The strategies that break in the fewest environments, all of them in the same ones. */
export interface Safest {
  strategies: StrategyResult[];
  /** Where something of them is violated, and what that does to a sale; empty: nowhere that was tried. */
  broken: { environment: Environment; effects: string[] }[];
  /** Where nothing is violated, and something could not be decided. */
  open: Environment[];
  /** Where everything held. */
  held: Environment[];
  /** The fastest of them; absent where no speed was measured that counts. */
  fastest?: StrategyResult;
}

/** Whom to choose: of equals, those that held in most environments. Controls never are. Undefined: nothing was run. */
export function safestOf({ strategies }: Result): Safest | undefined {
  const judged = strategies
    .filter((strategy) => !strategy.control && partsOf(strategy).length > 0)
    .map((strategy) => ({ strategy, ...placesOf(strategy) }))
    .toSorted(
      (a, b) =>
        a.broken.length + a.open.length - (b.broken.length + b.open.length) || b.held.length - a.held.length,
    );
  const [best] = judged;
  if (!best) return undefined;
  const isSame = (one: typeof best): boolean =>
    (['broken', 'open', 'held'] as const).every((key) => one[key].join(' ') === best[key].join(' '));
  const same = judged.filter(isSame).map(({ strategy }) => strategy);
  // The fastest first, as in the matrix.
  const measured = bySpeed(same);
  const [fastest] = measured;
  const alike = [...measured, ...same.filter((one) => !measured.includes(one))];
  return {
    strategies: alike,
    broken: best.broken.map((environment) => ({
      environment,
      effects: BY_GRAVITY.flatMap((property) => effectText(alike, environment, property) ?? []),
    })),
    open: best.open,
    held: best.held,
    ...(fastest && { fastest }),
  };
}

/** "strands"; "refuses wrongly with all but b" where not all of them do; undefined where none does. */
function effectText(
  alike: readonly StrategyResult[],
  environment: Environment,
  property: Property,
): string | undefined {
  const [those, others] = [true, false].map((does) =>
    alike
      .filter((strategy) => effectsIn(strategy, environment).includes(property) === does)
      .map(({ name }) => name),
  ) as [string[], string[]];
  if (those.length === 0) return undefined;
  if (others.length === 0) return EFFECTS[property];
  return `${EFFECTS[property]} with ${those.length <= others.length ? list(those) : `all but ${list(others)}`}`;
}

/** Environments in which the strategy was tried, by what they came to. */
function placesOf(strategy: StrategyResult): Record<'broken' | 'open' | 'held', Environment[]> {
  const broken = brokenIn(strategy);
  const open = openIn(strategy).filter((environment) => !broken.includes(environment));
  const held = triedIn(strategy).filter(
    (environment) => !broken.includes(environment) && !open.includes(environment),
  );
  return { broken, open, held };
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

function effectsIn(strategy: StrategyResult, environment: Environment): Property[] {
  const parts = partsOf(strategy).filter((part) => part.environment === environment);
  return BY_GRAVITY.filter((property) =>
    parts.some(({ properties }) => properties[property].verdict === 'violated'),
  );
}

const openIn = (strategy: StrategyResult): Environment[] =>
  ENVIRONMENTS.filter((environment) =>
    partsOf(strategy).some(
      (part) =>
        part.environment === environment &&
        PROPERTIES.some((property) => kindOf(part.properties[property]) === 'open'),
    ),
  );

/** The answer in at most three sentences: who is safe where, what breaks even them, and who of them is the fastest. */
export function answer(result: Result): string[] {
  const safest = safestOf(result);
  if (!safest) return ['Nothing was run, so nothing can be said.'];
  const names = safest.strategies.map(({ name }) => name);
  const isOne = names.length === 1;
  const tried = safest.broken.length + safest.open.length + safest.held.length;
  const count = safest.held.length === tried ? `all ${tried}` : `${safest.held.length} of ${tried}`;
  return [
    `${list(names)} ${isOne ? 'holds' : 'hold'} every property in ${count} environments that were tried.`,
    ...exceptions(safest, isOne),
    ...fastestOf(safest, result.session?.baseline ?? undefined),
  ];
}

function exceptions({ broken, open }: Safest, isOne: boolean): string[] {
  const said = [
    ...(broken.length > 0 ? [`${isOne ? 'It breaks' : 'They break'} in ${brokenWords(broken)}`] : []),
    ...(open.length > 0 ? [`${list(open, 20)} could not be decided`] : []),
  ].join('; ');
  return said === '' ? [] : [`${said}.`];
}

/** Compared only where several trials give the ratio an interval. */
function fastestOf({ fastest, strategies }: Safest, baseline: string | undefined): string[] {
  if (!fastest) return [];
  const { salesPerSecond, ratioToBaseline } = fastest.cost!;
  const isCompared = baseline !== undefined && ratioToBaseline.low !== null;
  const compared = isCompared ? `, ${ratioText(ratioToBaseline)} of ${baseline}` : '';
  const who = strategies.length === 1 ? 'It reaches' : `The fastest of them, ${fastest.name}, reaches`;
  return [`${who} ${grouped(salesPerSecond.median!)} sales/s${compared}${slowestOf(strategies)}.`];
}

/** Whoever holds as much may be too slow to be chosen. */
function slowestOf(strategies: readonly StrategyResult[]): string {
  const measured = bySpeed(strategies);
  const [first, last] = [measured[0], measured.at(-1)];
  if (!first || !last) return '';
  const [most, least] = [first, last].map(({ cost }) => cost!.salesPerSecond.median!) as [number, number];
  if (most < FAR_APART * least) return '';
  return `; the slowest, ${last.name}, ${grouped(least)} with a response p99 of ${known(last.cost!.responseMs.p99, ms)} ms`;
}
/** Of strategies that are told as equals. */
const FAR_APART = 10;

/** "eviction (strands, loses sales)" */
const brokenWords = (broken: Safest['broken']): string =>
  list(
    broken.map(({ environment, effects }) => `${environment} (${effects.join(', ')})`),
    20,
  );
