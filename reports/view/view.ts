import { showsDeclared } from '../../harness/documents/findings.ts';
import type {
  Cell,
  EnvironmentResult,
  ExploredResult,
  Result,
  SampledScope,
  StrategyResult,
} from '../../harness/documents/result.ts';
import type { ShownEvidence } from '../../harness/documents/judgement.ts';
import { ENVIRONMENTS, PROPERTIES, type Environment, type Property } from '../../strategies/contract.ts';
import { grouped, plural } from './figures.ts';
import { environmentWord } from './words.ts';

export type CellEvidence = Cell['evidence'][number];

export const EXPLORED_TITLE =
  'Every interleaving of small sales: one to three buyers, one to five units (result.json names each scope)';

/** The remark at the end of a strategy's row. */
export function strategyNote(strategy: StrategyResult): string {
  if (strategy.skipped !== undefined) return `skipped: ${strategy.skipped}`;
  if (strategy.alone !== undefined) return strategy.alone;
  if (!strategy.control) return declaresNothing(strategy) ? 'declares nothing' : '';
  return showsDeclared(strategy) ? 'control, caught' : 'control, NOT CAUGHT';
}

/** A strategy of somebody who does not say everywhere what it guarantees. */
export const leavesOpen = (strategy: StrategyResult): boolean =>
  partsOf(strategy).some(({ properties }) =>
    Object.values(properties).some(({ declared }) => declared === undefined),
  );

/** One of which nothing at all is said. */
const declaresNothing = (strategy: StrategyResult): boolean =>
  partsOf(strategy).length > 0 &&
  partsOf(strategy).every(({ properties }) =>
    Object.values(properties).every(({ declared }) => declared === undefined),
  );

/** Everything that was found of a strategy: explored first, then sampled. */
export const partsOf = ({
  explored,
  environments,
}: StrategyResult): (ExploredResult | EnvironmentResult)[] => [...explored, ...environments];

/** Cells of one environment, each with how much of it was covered. */
export const withCoverage = (
  properties: ExploredResult['properties'],
  coverage: ExploredResult['coverage'],
): Record<Property, { verdict: Cell['verdict']; coverage: ExploredResult['coverage'] }> =>
  Object.fromEntries(
    PROPERTIES.map((property) => [property, { verdict: properties[property].verdict, coverage }]),
  ) as Record<Property, { verdict: Cell['verdict']; coverage: ExploredResult['coverage'] }>;

/** Environments that some strategy was explored in, in the contract's order. */
export function exploredIn({ strategies }: Result): Environment[] {
  const run = new Set(strategies.flatMap(({ explored }) => explored.map((e) => e.environment)));
  return ENVIRONMENTS.filter((environment) => run.has(environment));
}

/** Interleavings that were covered of a strategy. */
export const interleavingsOf = ({ explored }: StrategyResult): bigint =>
  explored.reduce((sum, { interleavings }) => sum + BigInt(interleavings), 0n);

export const allInterleavings = ({ strategies }: Result): bigint =>
  strategies.reduce((sum, strategy) => sum + interleavingsOf(strategy), 0n);

/** In which those interleavings meet. */
export const allStates = ({ strategies }: Result): number =>
  sum(strategies.flatMap(({ explored }) => explored.map(({ states }) => states)));

/** Environments in which anything was run, in the contract's order. */
export function environmentsTried({ strategies }: Result): Environment[] {
  const tried = new Set(strategies.flatMap(partsOf).map(({ environment }) => environment));
  return ENVIRONMENTS.filter((environment) => tried.has(environment));
}

/** `exhausted`, or the least that was reached anywhere. */
export function coverageOf({ strategies }: Result): string {
  const all = strategies.flatMap(({ explored }) => explored.map(({ coverage }) => coverage));
  return ['sampled', 'bounded', 'exhausted'].find((coverage) => all.includes(coverage as never)) ?? 'nothing';
}

/** Environments that some strategy was sampled in, in the contract's order. */
export function environmentsOf({ strategies }: Result): Environment[] {
  const run = new Set(strategies.flatMap(({ environments }) => environments.map((e) => e.environment)));
  return ENVIRONMENTS.filter((environment) => run.has(environment));
}

/** Purchases that the verdicts on a strategy rest on. */
export function purchasesOf({ environments }: StrategyResult): number {
  return sum(environments.flatMap(({ outcomes }) => Object.values(outcomes)));
}

/** One line per environment: what was run, and what that proves. */
export function exploredScopes(result: Result): string[] {
  return environmentsOf(result).map((environment) => {
    const all = result.strategies.flatMap(({ environments }) => environments);
    const { coverage, histories, scope } = all.find((one) => one.environment === environment)!;
    return `${environment}: ${coverage}, ${plural(histories, 'sale')} under real concurrency, each ${scopeWords(scope)}`;
  });
}

function scopeWords({ buyers, stock, quantities, instances, inFlight }: SampledScope): string {
  const each = quantities.length === 1 ? plural(quantities[0]!, 'unit') : `${quantities.join(', ')} … units`;
  return `${plural(buyers, 'buyer')} of ${each}, ${grouped(stock)} on sale, ${inFlight} in flight on ${plural(instances, 'instance')}`;
}

/** What the run says nothing about. */
export function notTested(result: Result): string[] {
  const run = [...environmentsOf(result), ...exploredIn(result)];
  const sampled = result.strategies.some(({ environments }) => environments.length > 0);
  const orders = sampled && exploredIn(result).length === 0;
  return [
    ...(orders ? ['orders that did not happen to occur'] : []),
    ...ENVIRONMENTS.filter((one) => !run.includes(one)),
  ];
}

const ms = (ns: number): string => `${(ns / 1e6).toFixed(3)} ms`;

/** What shows a violation, as a table: who asked when for what, and what they were told. */
export function evidenceTable({
  operations,
  requests = [],
}: Pick<ShownEvidence, 'operations' | 'requests'>): { head: string[]; rows: string[][] } {
  return {
    head: ['request', 'units', 'asked', 'answered', 'answer', 'units left then', ''],
    rows: operations.map(({ request, quantity, invoked, completed = Infinity, outcome, remaining }) => [
      request,
      String(quantity),
      ms(invoked),
      completed === Infinity ? 'never' : ms(completed),
      outcome,
      remaining === undefined ? '' : String(remaining),
      requests.includes(request) ? '←' : '',
    ]),
  };
}

/** A violation to show in full: an oversell if there is one, else what was not declared. */
export function example({ strategies }: Result): Example | undefined {
  let found: Example | undefined;
  for (const strategy of strategies) {
    const { name } = strategy;
    for (const { environment, properties } of partsOf(strategy)) {
      for (const property of PROPERTIES) {
        const { verdict, declared, evidence } = properties[property];
        if (verdict !== 'violated' || !evidence[0]) continue;
        const drawn = evidence[0].counterexample ? 1 : 0;
        const rank = (property === 'oversell' ? 4 : declared === 'breaks' ? 0 : 2) + drawn;
        if (found === undefined || rank > found.rank) {
          found = { rank, strategy: name, environment, property, evidence: evidence[0] };
        }
      }
    }
  }
  return found;
}

export interface Example {
  rank: number;
  strategy: string;
  environment: Environment;
  property: Property;
  evidence: CellEvidence;
}

/** One sentence: does the run pass, and whom does nothing speak against? */
export function verdictLine({ status, strategies, findings }: Result): string {
  const run = strategies.filter((one) => partsOf(one).length > 0 && !declaresNothing(one));
  const blamed = new Set(findings.map(({ strategy }) => strategy));
  const asDeclared = run.filter(({ name }) => !blamed.has(name));
  const whole = asDeclared.filter((one) => partsOf(one).every((e) => environmentWord(e) === 'holds'));
  const parts = run.length > 0 ? [`${asDeclared.length} of ${run.length} as declared`] : [];
  for (const strategy of strategies.filter(declaresNothing)) {
    const { name } = strategy;
    const found = partsOf(strategy).map((one) => `${environmentWord(one)} (${one.environment})`);
    parts.push(`${name} declares nothing: ${found.join(', ')}`);
  }
  if (whole.length > 0) parts.push(`holds throughout: ${whole.map(({ name }) => name).join(', ')}`);
  const unfinished = status === 'complete' ? '' : `INCOMPLETE (${status}): `;
  return unfinished + (parts.join('; ') || 'nothing was run');
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
