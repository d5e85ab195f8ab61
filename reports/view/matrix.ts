import { BY_GROUP, environmentRow, EXPLORED, GROUPS } from '../../harness/documents/environments.ts';
import type {
  EnvironmentResult,
  ExploredResult,
  Result,
  StrategyResult,
} from '../../harness/documents/result.ts';
import type { NoVerdict } from '../../harness/documents/vocabulary.ts';
import { ENVIRONMENTS, type Environment, type Property } from '../../strategies/contract.ts';
import { environmentsTried, partsOf } from './view.ts';
import { BY_GRAVITY, harmless, kindOf, worstOf, type Kind } from './words.ts';

type Part = ExploredResult | EnvironmentResult;

/** What one strategy came to in one environment. */
export type MatrixCell =
  | { state: 'holds'; coverage: Part['coverage'] }
  /** `property`: the gravest, of those that were not declared if there are any. `all`: the gravest first. */
  | { state: 'violated'; property: Property; kind: Kind; all: Property[] }
  | { state: 'inconclusive'; property: Property }
  | { state: NoVerdict };

/** `control`: known to be wrong. `unproven`: nothing was run, so that it neither holds nor breaks. */
export type Band = 'judged' | 'unproven' | 'control';
const BANDS: readonly Band[] = ['judged', 'unproven', 'control'];

export interface MatrixRow {
  strategy: StrategyResult;
  band: Band;
  /** One for each column. */
  cells: MatrixCell[];
}

export interface Matrix {
  groups: { title: string; environments: Environment[] }[];
  /** By group. `tried`: something was run there. */
  columns: { environment: Environment; tried: boolean }[];
  /** Those that hold most first, of equals the fastest; then what was not run; controls last. */
  rows: MatrixRow[];
}

/** The headline: what each strategy came to in each environment, explored or sampled. */
export function matrixOf(result: Result): Matrix {
  const tried = environmentsTried(result);
  const rows = result.strategies.map((strategy): MatrixRow => {
    const cells = BY_GROUP.map((environment) => cellOf(strategy, environment, tried));
    return { strategy, band: bandOf(strategy), cells };
  });
  return {
    groups: Object.entries(GROUPS).map(([group, title]) => ({
      title,
      environments: BY_GROUP.filter((environment) => environmentRow(environment).group === group),
    })),
    columns: BY_GROUP.map((environment) => ({ environment, tried: tried.includes(environment) })),
    rows: rows.toSorted(
      (a, b) =>
        BANDS.indexOf(a.band) - BANDS.indexOf(b.band) ||
        held(b) - held(a) ||
        speedOf(b.strategy) - speedOf(a.strategy),
    ),
  };
}

const bandOf = (strategy: StrategyResult): Band =>
  strategy.control ? 'control' : partsOf(strategy).length === 0 ? 'unproven' : 'judged';

const held = ({ cells }: MatrixRow): number => cells.filter(({ state }) => state === 'holds').length;

const speedOf = ({ cost }: StrategyResult): number =>
  cost?.verdict === 'holds' ? (cost.salesPerSecond.median ?? 0) : 0;

function cellOf(
  strategy: StrategyResult,
  environment: Environment,
  tried: readonly Environment[],
): MatrixCell {
  const parts = partsOf(strategy).filter((part) => part.environment === environment);
  const [first] = parts;
  if (!first) return { state: withoutVerdict(strategy, environment, tried) };
  const cells = parts.map(({ properties }) => properties);
  const worst = worstOf(cells);
  if (!worst) {
    const state = harmless(cells);
    return state === 'holds' ? { state, coverage: first.coverage } : { state };
  }
  const { property, cell } = worst;
  const kind = kindOf(cell);
  if (kind === 'open') return { state: 'inconclusive', property };
  const all = BY_GRAVITY.filter((one) => cells.some((part) => part[one].verdict === 'violated'));
  return { state: 'violated', property, kind, all };
}

/** Why nothing was run there. */
export function withoutVerdict(
  strategy: StrategyResult,
  environment: Environment,
  tried: readonly Environment[],
): NoVerdict {
  if (strategy.skipped !== undefined || strategy.notSupported?.includes(environment)) return 'not supported';
  if (!EXPLORED.some((one) => one === environment)) return 'unverified';
  return tried.includes(environment) && wasPassedOver(strategy, environment) ? 'not supported' : 'not run';
}

/** In files that do not say what is not supported: environments are explored in their order. */
const wasPassedOver = ({ explored }: StrategyResult, environment: Environment): boolean =>
  environmentRow(environment).needs !== undefined &&
  explored.some((later) => ENVIRONMENTS.indexOf(later.environment) > ENVIRONMENTS.indexOf(environment));

/** Of all cells of the run, property by property: how many hold, and how many are violated in which way. */
export function countsOf({
  strategies,
}: Result): Record<'holds' | 'declared' | 'undeclared' | 'open', number> {
  const counts = { holds: 0, declared: 0, undeclared: 0, open: 0 };
  for (const { properties } of strategies.flatMap((strategy) => partsOf(strategy))) {
    for (const cell of Object.values(properties)) {
      const kind = kindOf(cell);
      if (kind === 'contradicted') counts.undeclared++;
      else if (kind !== 'n/a') counts[kind]++;
    }
  }
  return counts;
}
