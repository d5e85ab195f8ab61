import type { CounterexampleStep } from '../../harness/documents/counterexample.ts';
import { OUTCOMES } from '../../harness/documents/vocabulary.ts';
import type { BenchRow } from '../../harness/documents/figures.ts';
import type { Cell, ExploredResult, Result, StrategyResult } from '../../harness/documents/result.ts';
import { PROPERTIES, type Environment, type Property } from '../../strategies/contract.ts';
import { resultOf, strategyResult } from './results.ts';

/** A made-up result of a full run, in which everything occurs that a report has to draw. */
export function measuredResult(): Result {
  const control = strategyResult(
    { oversell: violation('2 units were sold of 1', 'breaks', OVERSOLD, 'control-calm-oversell') },
    { name: 'blind', control: true, summary: 'GET, then DECRBY', cost: costOf('blind', 9_000, 'violated') },
  );
  const once = strategyResult({}, { name: 'once', ...measures('once', 1_000) });
  once.explored = [explored('calm', {}), explored('lost-reply', {})];
  const fast = strategyResult({}, { name: 'fast', ...measures('fast', 3_000) });
  fast.explored = [
    explored('calm', {}),
    explored('lost-reply', {
      'double-sale': violation('2 units left the store for 1', 'breaks', SENT_AGAIN, 'fast-lost-reply'),
    }),
    explored('buyer-crash', {
      stranded: violation('nobody holds 1, and nobody can buy it', 'holds', CRASHED, 'fast-crash'),
    }),
    explored('eviction', { progress: violation('B gives up', undefined, DIRTY, 'fast-eviction') }),
  ];
  const skipped = strategyResult({}, { name: 'newer', skipped: 'needs INCREX', environments: [] });
  return {
    ...resultOf(control, once, fast, skipped),
    profile: 'full',
    session: {
      secondsPerTrial: 1,
      baseline: 'once',
      control: { strategy: 'once', trials: 5, ratio: { median: 1, low: 0.9, high: 1.1 }, differs: false },
      ceiling: [
        { tool: 'redis-benchmark', command: 'DECR', inFlight: 64, pipeline: 1, opsPerSecond: 70_000 },
      ],
      roundTripMs: 0.04,
    },
  };
}

const step = (actor: string, command: string, reply: string, stock: number): CounterexampleStep => ({
  actor,
  event: 'execute',
  command: command.split(' '),
  reply,
  stock,
});
const at = (line: number): Pick<CounterexampleStep, 'source'> => ({ source: { file: 'lib/sell.ts', line } });

const OVERSOLD: CounterexampleStep[] = [
  { ...step('A', 'GET {item}:stock', '1', 1), ...at(6) },
  { ...step('B', 'GET {item}:stock', '1', 1), ...at(6) },
  { ...step('B', 'DECRBY {item}:stock 1', '0', 0), ...at(12), answers: ['B sold'] },
  { ...step('A', 'DECRBY {item}:stock 1', '-1', -1), ...at(12), answers: ['A sold'] },
];
const SENT_AGAIN: CounterexampleStep[] = [
  step('A', 'EVALSHA 6f4a 1 {item}:stock 1', '1', 1),
  { actor: 'A', event: 'cut', stock: 1, lost: [['PUBLISH', 'sales', 'A']] },
  { actor: 'A', event: 'timer', detail: ' of 50 ms', stock: 1 },
  {
    ...step('A', 'EVALSHA 6f4a 1 {item}:stock 1', '0', 0),
    script: 'Takes units if there are enough.',
    threw: ['TypeError: left is not a number at lib/sell.ts:31'],
    answers: ['A unknown'],
  },
];
const CRASHED: CounterexampleStep[] = [
  step('A', 'GET {item}:stock', '1', 1),
  { actor: 'A', event: 'deliver', stock: 1 },
  { actor: 'A', event: 'crash', stock: 1, detail: '1 command is still on its way' },
  { actor: 'retry', event: 'retry', stock: 1 },
  step('A', 'DECRBY {item}:stock 1', '0', 0),
  { ...step('retry', 'GET {item}:stock', '0', 0), answers: ['sold-out'] },
];
const DIRTY: CounterexampleStep[] = [
  step('B', 'WATCH {item}:stock', 'OK', 1),
  { ...step('A', 'DECRBY {item}:stock 1', '0', 0), answers: ['A sold'], dirtied: ['B'] },
  { actor: 'server', event: 'evict', detail: '{item}:stock', stock: null },
  { ...step('B', 'EXEC', 'nil', 0), answers: ['B gave-up'] },
];

/** `declared`: undefined where the strategy says nothing. */
function violation(
  message: string,
  declared: Cell['declared'] | undefined,
  steps: CounterexampleStep[],
  name: string,
): Partial<Cell> {
  const file = `counterexamples/${name}.json`;
  const counterexample = { file, minimal: true, scope: { buyers: 2, stock: 1 }, steps };
  const cell = { verdict: 'violated', declared, evidence: [{ message, operations: [], counterexample }] };
  return cell as Partial<Cell>;
}

function explored(environment: Environment, cells: Partial<Record<Property, Partial<Cell>>>): ExploredResult {
  const [{ properties }] = strategyResult(cells).environments as [StrategyResult['environments'][number]];
  for (const property of PROPERTIES) {
    if (properties[property].declared === undefined) delete properties[property].declared;
  }
  return {
    environment,
    coverage: 'exhausted',
    scopes: [],
    interleavings: '52980',
    states: 106,
    elapsedMs: 12,
    audited: 16,
    notes: [],
    properties,
  };
}

function costOf(strategy: string, sales: number, verdict: BenchRow['verdict'] = 'holds'): BenchRow {
  const ratio = sales / 1_000;
  const percentiles = { count: 5_000, p50: 1, p90: 2, p99: 8, p999: null, max: 20 };
  const isBaseline = strategy === 'once';
  return {
    strategy,
    mode: 'closed',
    arrivals: null,
    inFlight: 64,
    connections: 2,
    trials: 5,
    ended: 'time-up',
    salesPerSecond: { median: sales, low: sales * 0.9, high: sales * 1.1 },
    salesPerSecondOfTrials: [0.9, 0.95, 1, 1.05, 1.1].map((share) => sales * share),
    warmUpMs: 10,
    unsteady: 0,
    refusalsPerSecond: { median: null, low: null, high: null },
    ratioToCeiling: { median: null, low: null, high: null },
    ceiling: null,
    ratioToBaseline: isBaseline
      ? { median: null, low: null, high: null }
      : { median: ratio, low: ratio * 0.8, high: ratio * 1.2 },
    responseMs: percentiles,
    responseCurve: [
      { share: 0.5, ms: 1 },
      { share: 0.9, ms: 2 },
      { share: 0.99, ms: 8 },
    ],
    serviceMs: percentiles,
    lagMs: percentiles,
    unsent: 0,
    saturated: false,
    commandsPerSale: 1,
    roundTripsPerSale: 0.5,
    retriesPerSale: 0,
    gaveUp: 0,
    unknown: 0,
    errors: [],
    clientCpu: 1,
    serverCpu: 0.5,
    clientBusy: 0.95,
    bottleneck: 'client',
    verdict,
    properties: Object.fromEntries(
      PROPERTIES.map((property) => [property, property === 'oversell' ? verdict : 'holds']),
    ) as BenchRow['properties'],
  };
}

const times = (p99: number) => ({ count: 2_000, p50: 1, p90: 2, p99, p999: null, max: 20 });

function measures(name: string, sales: number): Partial<StrategyResult> {
  const outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<
    (typeof OUTCOMES)[number],
    number
  >;
  return {
    summary: `sells ${name}`,
    requires: {
      connection: name === 'fast' ? 'exclusive' : 'shared',
      supports: ['several-units'],
      commands: [],
      client: ['commandTimeout: 100'],
    },
    cost: costOf(name, sales),
    course: {
      stock: sales,
      sellingMs: 1_000,
      elapsedMs: 2_000,
      outcomes: { ...outcomes, sold: sales, 'sold-out': sales },
      sellingResponseMs: times(8),
      drainResponseMs: times(4),
      salesPerSecond: sales,
      refusalsPerSecond: sales * 2,
      windowMs: 500,
      windows: [1, 1, 0, 0].map((selling, i) => ({
        sold: (selling * sales) / 2,
        refused: (1 - selling) * sales,
        others: 0,
        p50Ms: 1,
        p99Ms: i === 3 ? null : 8,
        left: Math.max(0, sales - ((i + 1) * sales) / 2),
      })),
    },
    offered: {
      capacity: sales,
      points: [0.2, 0.5, 0.95].map((share, i) => ({
        ratePerSecond: share * sales,
        salesPerSecond: share * sales,
        responseMs: times(2 * (i + 1)),
        unsent: 0,
        saturated: i === 2,
      })),
    },
  };
}
