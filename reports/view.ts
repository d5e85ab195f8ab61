import { showsDeclared } from '../harness/findings.ts';
import type { Cell, EnvironmentResult, Result, Scope, StrategyResult } from '../harness/result.ts';
import type { Operation } from '../harness/history/operation.ts';
import { ENVIRONMENTS, PROPERTIES, type Environment, type Property } from '../strategies/contract.ts';

/** What a violation does to a sale, in the words of a table. */
const EFFECTS: Record<Property, string> = {
  oversell: 'oversold',
  stranded: 'strands',
  'false-refusal': 'refuses wrongly',
  'double-sale': 'sells twice',
  'user-limit': 'breaks the limit',
  'lost-sale': 'loses sales',
  progress: 'gives up',
};

/** What cures a violation, under each that is shown. */
export const REMEDIES: Record<Property, string> = {
  oversell: 'check and decrement in one script, as strategies/lua-decrement.ts does',
  stranded: 'take the units and record who holds them in one script, as strategies/lua-reserve-once.ts does',
  'false-refusal':
    'do not take before you know: check and decrement in one script, as strategies/lua-decrement.ts does',
  'double-sale':
    'remember the requestId in the script that takes the units, as strategies/lua-reserve-once.ts does',
  'user-limit': 'check the limit in the script that takes the units, as strategies/lua-reserve-once.ts does',
  'lost-sale': 'record the order in the script that takes the units, as strategies/lua-reserve-once.ts does',
  progress: 'allow more attempts with a longer jittered pause, or use a script, which needs no retry',
};

export type Evidence = Cell['evidence'][number];

/** Marks a violation that the strategy itself declares. */
export const DECLARED_MARK = '*';

/** `holds`, `inconclusive`, `n/a`; or what the violation does, in capitals unless it is declared. */
export function cellWord(property: Property, { verdict, declared, evidence }: Cell): string {
  if (verdict !== 'violated') return verdict;
  const units = evidence[0]?.units;
  const effect = EFFECTS[property] + (units === undefined ? '' : ` by ${grouped(units)}`);
  return declared === 'breaks' ? `${effect} ${DECLARED_MARK}` : effect.toUpperCase();
}

/** The worst that one environment showed: what was not declared comes first, then the order of the properties. */
export function environmentWord({ properties }: EnvironmentResult): string {
  const cells = PROPERTIES.map((property) => ({ property, cell: properties[property] }));
  const violated = cells.filter(({ cell }) => cell.verdict === 'violated');
  const worst = violated.find(({ cell }) => cell.declared !== 'breaks') ?? violated[0];
  if (worst) return cellWord(worst.property, worst.cell);
  const open = cells.find(({ cell }) => cell.verdict === 'inconclusive');
  return open ? `${open.property}: inconclusive` : 'holds';
}

/** The remark at the end of a strategy's row. */
export function strategyNote(strategy: StrategyResult): string {
  if (strategy.skipped !== undefined) return `skipped: ${strategy.skipped}`;
  if (!strategy.control) return declaresNothing(strategy) ? 'declares nothing' : '';
  return showsDeclared(strategy) ? 'control, caught' : 'control, NOT CAUGHT';
}

/** A strategy of somebody who has not said yet what it guarantees: what is found is told, not judged. */
const declaresNothing = ({ environments }: StrategyResult): boolean =>
  environments.length > 0 &&
  environments.every(({ properties }) =>
    Object.values(properties).every(({ declared }) => declared === undefined),
  );

/** Environments that some strategy was run in, in the contract's order. */
export function environmentsOf({ strategies }: Result): Environment[] {
  const run = new Set(strategies.flatMap(({ environments }) => environments.map((e) => e.environment)));
  return ENVIRONMENTS.filter((environment) => run.has(environment));
}

/** Purchases that the verdicts on a strategy rest on. */
export function purchasesOf({ environments }: StrategyResult): number {
  return sum(environments.flatMap(({ outcomes }) => Object.values(outcomes)));
}

/** One line per environment: what was run, and what that proves. */
export function scopesOf(result: Result): string[] {
  return environmentsOf(result).map((environment) => {
    const all = result.strategies.flatMap(({ environments }) => environments);
    const { coverage, histories, scope } = all.find((one) => one.environment === environment)!;
    return `${environment}: ${coverage}, ${plural(histories, 'sale')} under real concurrency, each ${scopeWords(scope)}`;
  });
}

function scopeWords({ buyers, stock, quantities, instances, inFlight }: Scope): string {
  const each = quantities.length === 1 ? plural(quantities[0]!, 'unit') : `${quantities.join(', ')} … units`;
  return `${plural(buyers, 'buyer')} of ${each}, ${grouped(stock)} on sale, ${inFlight} in flight on ${plural(instances, 'instance')}`;
}

/** What the run says nothing about. */
export function notTested(result: Result): string[] {
  const run = environmentsOf(result);
  const orders = result.strategies.some(({ environments }) =>
    environments.some(({ coverage }) => coverage === 'sampled'),
  );
  return [
    ...(orders ? ['orders that did not happen to occur'] : []),
    ...ENVIRONMENTS.filter((one) => !run.includes(one)),
  ];
}

const ms = (ns: number): string => `${(ns / 1e6).toFixed(3)} ms`;

interface Shown {
  operations: readonly (Omit<Operation, 'completed'> & { completed?: number })[];
  requests?: readonly string[];
}

/** What shows a violation, as a table: who asked when for what, and what they were told. */
export function evidenceTable({ operations, requests = [] }: Shown): { head: string[]; rows: string[][] } {
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
  for (const { name, environments } of strategies) {
    for (const { environment, scope, properties } of environments) {
      for (const property of PROPERTIES) {
        const { verdict, declared, evidence } = properties[property];
        if (verdict !== 'violated' || !evidence[0]) continue;
        const rank = property === 'oversell' ? 2 : declared === 'breaks' ? 0 : 1;
        if (found === undefined || rank > found.rank) {
          found = { rank, strategy: name, environment, property, scope, evidence: evidence[0] };
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
  scope: Scope;
  evidence: Evidence;
}

/** One sentence: does the run pass, and whom does nothing speak against? */
export function verdictLine({ status, strategies, findings }: Result): string {
  const run = strategies.filter((one) => one.environments.length > 0 && !declaresNothing(one));
  const blamed = new Set(findings.map(({ strategy }) => strategy));
  const asDeclared = run.filter(({ name }) => !blamed.has(name));
  const whole = asDeclared.filter(({ environments }) =>
    environments.every((e) => environmentWord(e) === 'holds'),
  );
  const parts = run.length > 0 ? [`${asDeclared.length} of ${run.length} as declared`] : [];
  for (const { name, environments } of strategies.filter(declaresNothing)) {
    const found = environments.map((one) => `${environmentWord(one)} (${one.environment})`);
    parts.push(`${name} declares nothing: ${found.join(', ')}`);
  }
  if (whole.length > 0) parts.push(`no violation seen: ${whole.map(({ name }) => name).join(', ')}`);
  const unfinished = status === 'complete' ? '' : `INCOMPLETE (${status}): `;
  return unfinished + (parts.join('; ') || 'nothing was run');
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

const plural = (count: number, noun: string): string => `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;

/** 61200 → "61 200". */
export const grouped = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: 0 }).replaceAll(',', ' ');
