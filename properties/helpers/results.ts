import { findings } from '../../harness/documents/findings.ts';
import { OUTCOMES } from '../../harness/documents/vocabulary.ts';
import {
  RESULT_VERSION,
  type Cell,
  type Result,
  type StrategyResult,
} from '../../harness/documents/result.ts';
import { PROPERTIES, type Property } from '../../strategies/contract.ts';

/** A strategy's part of a result in which all properties are declared to hold in calm, and do, except as said. */
export function strategyResult(
  cells: Partial<Record<Property, Partial<Cell>>> = {},
  rest: Partial<StrategyResult> = {},
): StrategyResult {
  const properties = Object.fromEntries(
    PROPERTIES.map((property) => [
      property,
      { verdict: 'holds', declared: 'holds', evidence: [], ...cells[property] },
    ]),
  ) as Record<Property, Cell>;
  const outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<
    (typeof OUTCOMES)[number],
    number
  >;
  return {
    name: 'some-strategy',
    summary: 'made up',
    file: 'strategies/some-strategy.ts',
    control: false,
    explored: [],
    environments: [
      {
        environment: 'calm',
        coverage: 'sampled',
        scope: { buyers: 3, stock: 2, quantities: [1], instances: 2, inFlight: 3 },
        histories: 1,
        outcomes: { ...outcomes, sold: 2, 'sold-out': 1 },
        failures: [],
        properties,
      },
    ],
    ...rest,
  };
}

export function resultOf(...strategies: StrategyResult[]): Result {
  return {
    version: RESULT_VERSION,
    status: 'complete',
    command: 'npx oversell evaluate --seed 1',
    seed: 1,
    profile: 'quick',
    startedAt: '2026-01-31T12:00:00.000Z',
    elapsedMs: 1_000,
    machine: {
      oversell: '0.1.0',
      node: '20.19.0',
      platform: 'linux x64',
      cpus: '2 × some',
      redis: 'Redis 7.0.15',
    },
    strategies,
    findings: findings(strategies),
  };
}
