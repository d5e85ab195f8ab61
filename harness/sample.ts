import { PROPERTIES, type Environment, type Guarantees, type Property } from '../strategies/contract.ts';
import { worst, type Judgement } from './checkers/checker.ts';
import { OUTCOMES, type Operation } from './history/operation.ts';
import { Failures } from './load/failures.ts';
import type { LoadRun } from './load/summary.ts';
import type { Cell, EnvironmentResult, Scope } from './result.ts';

/** One recorded sale, and what the checkers say of it. */
export interface JudgedSale {
  run: Pick<LoadRun, 'outcomes' | 'errors'>;
  judgement: Judgement;
}

/** Evidence kept per cell, the worst first; the histories have the rest. */
const KEPT = 3;

/** What recorded sales of one scope say together. They are a sample of its orderings, however many there are. */
export function summarise(
  environment: Environment,
  scope: Scope,
  guarantees: Guarantees,
  sales: readonly JudgedSale[],
): EnvironmentResult {
  const failures = new Failures();
  for (const failure of sales.flatMap(({ run }) => run.errors)) failures.add(failure);
  const judgements = sales.map(({ judgement }) => judgement);
  return {
    environment,
    coverage: 'sampled',
    scope,
    histories: sales.length,
    outcomes: recordOf(OUTCOMES, (outcome) => sales.reduce((sum, { run }) => sum + run.outcomes[outcome], 0)),
    failures: failures.list(),
    properties: recordOf(PROPERTIES, (property) =>
      cellOf(judgements, property, guarantees[property]?.[environment]),
    ),
  };
}

function cellOf(judgements: readonly Judgement[], property: Property, declared: Cell['declared']): Cell {
  const told = judgements.map((judgement) => judgement[property]).filter(({ verdict }) => verdict !== 'n/a');
  const verdict = told.length === 0 ? 'n/a' : worst(told.map((one) => one.verdict));
  const evidence = told
    .filter((one) => one.verdict === verdict)
    .flatMap((one) => one.evidence)
    .toSorted((a, b) => (b.units ?? 0) - (a.units ?? 0));
  return {
    verdict,
    ...(declared !== undefined && { declared }),
    evidence: evidence.slice(0, KEPT).map(({ message, units, requests, operations }) => ({
      message,
      ...(units !== undefined && { units }),
      ...(requests !== undefined && { requests: [...requests] }),
      operations: operations.map(closed),
    })),
  };
}

/** JSON knows no infinity: an operation that never completed has no completion there. */
function closed({ completed, ...operation }: Operation): Cell['evidence'][number]['operations'][number] {
  return completed === Infinity ? operation : { ...operation, completed };
}

function recordOf<K extends string, V>(keys: readonly K[], value: (key: K) => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, V>;
}
