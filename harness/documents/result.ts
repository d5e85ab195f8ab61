import { scopeSchema } from './scope.ts';
import * as z from 'zod';
import { ENVIRONMENTS, PROPERTIES } from '../../strategies/contract.ts';
import type { BenchResult } from '../bench/session.ts';
import type { BenchRow } from '../bench/row.ts';
import { stepSchema } from './counterexample.ts';
import { FAULTS } from './faults.ts';
import { OPS, OUTCOMES } from '../history/operation.ts';
import { PROFILES } from '../load/arrivals.ts';
import type { Course } from '../bench/course.ts';
import type { Offered } from '../bench/sweep.ts';

/** The shape of result.json; result-file.ts reads it, and those of older versions. */

export const RESULT_VERSION = 2;

const units = z.int();
const count = z.int().nonnegative();

const verdict = z.enum(['holds', 'violated', 'inconclusive', 'n/a']);
const failure = z.strictObject({ kind: z.string(), count, message: z.string() });

const operation = z.strictObject({
  process: count,
  request: z.string(),
  attempt: z.int().positive(),
  user: z.string(),
  op: z.enum(OPS),
  quantity: units,
  /** Nanoseconds since the run's start. */
  invoked: z.number(),
  /** Nanoseconds since the run's start; absent when it never completed. */
  completed: z.number().exactOptional(),
  outcome: z.enum(OUTCOMES),
  remaining: units.exactOptional(),
});

/** Faults without a budget go unsaid: most of them are, in every scope. */
const exploredScope = scopeSchema.extend({ faults: z.partialRecord(z.enum(FAULTS), count) });

/** One property in one environment: what was declared, what was found, and why. */
const cell = z.strictObject({
  verdict,
  /** Absent: the strategy declares nothing here. */
  declared: z.enum(['holds', 'breaks', 'n/a']).exactOptional(),
  evidence: z.array(
    z.strictObject({
      message: z.string(),
      units: units.exactOptional(),
      /** Requests that the message is about. */
      requests: z.array(z.string()).exactOptional(),
      operations: z.array(operation),
      /** An interleaving that shows it. */
      counterexample: z
        .strictObject({
          /** In the run's folder; `oversell replay` runs it again. */
          file: z.string(),
          minimal: z.boolean(),
          /** Of the file's scope as much as a diagram needs. */
          scope: z.object({ buyers: count, stock: units }),
          steps: z.array(stepSchema),
        })
        .exactOptional(),
    }),
  ),
});

/** What was run: everything that the coverage is a claim about. */
const scope = z.strictObject({
  buyers: count,
  stock: units,
  /** Units per purchase, dealt out cyclically. */
  quantities: z.array(units),
  /** Absent: each buyer is a user. */
  users: count.exactOptional(),
  perUserLimit: units.exactOptional(),
  instances: count,
  /** Purchases in flight, over all instances. */
  inFlight: count,
});

const environmentResult = z.strictObject({
  environment: z.enum(ENVIRONMENTS),
  /** How much of what could happen within the scope was looked at. */
  coverage: z.enum(['exhausted', 'bounded', 'sampled']),
  scope,
  /** Runs of that scope that were recorded and judged. */
  histories: count,
  /** Over all histories. */
  outcomes: z.record(z.enum(OUTCOMES), count),
  /** What purchases threw, by kind. */
  failures: z.array(failure),
  properties: z.record(z.enum(PROPERTIES), cell),
});

/** What running every interleaving of an environment's scopes came to. */
const exploredResult = z.strictObject({
  environment: z.enum(ENVIRONMENTS),
  coverage: z.enum(['exhausted', 'bounded', 'sampled']),
  scopes: z.array(exploredScope),
  /** Over all scopes, in decimal: more than a number holds. */
  interleavings: z.string().regex(/^\d+$/),
  states: count,
  elapsedMs: z.number().nonnegative(),
  /** Interleavings that were replayed over real sockets and came out the same. */
  audited: count,
  notes: z.array(z.string()),
  properties: z.record(z.enum(PROPERTIES), cell),
});

const figure = z.number().nullable();
const interval = z.strictObject({ median: figure, low: figure, high: figure });
const percentiles = z.strictObject({
  count,
  p50: figure,
  p90: figure,
  p99: figure,
  p999: figure,
  max: figure,
});

/** What the strategy costs, null where it was not measured. */
export const cost = z.strictObject({
  strategy: z.string(),
  mode: z.enum(['closed', 'open']),
  arrivals: z.strictObject({ profile: z.enum(PROFILES), ratePerSecond: z.number() }).nullable(),
  inFlight: count,
  connections: count,
  trials: count,
  ended: z.enum(['served', 'time-up', 'aborted', 'stalled']),
  salesPerSecond: interval,
  salesPerSecondOfTrials: z.array(figure),
  warmUpMs: figure,
  unsteady: count,
  refusalsPerSecond: interval,
  ratioToCeiling: interval,
  ceiling: z.string().nullable(),
  ratioToBaseline: interval,
  responseMs: percentiles,
  // Sessions that were kept before there was one are still compared.
  responseCurve: z.array(z.strictObject({ share: z.number(), ms: z.number() })).default([]),
  serviceMs: percentiles,
  lagMs: percentiles,
  unsent: count,
  saturated: z.boolean(),
  commandsPerSale: figure,
  roundTripsPerSale: figure,
  retriesPerSale: figure,
  gaveUp: count,
  unknown: count,
  errors: z.array(failure),
  clientCpu: z.number(),
  serverCpu: figure,
  clientBusy: z.number(),
  bottleneck: z.enum(['client', 'server', 'none']).nullable(),
  verdict: z.enum(['holds', 'violated', 'inconclusive']),
  properties: z.record(z.enum(PROPERTIES), verdict),
}) satisfies z.ZodType<BenchRow>;

/** Response time against the rate of arrivals, of an open loop. */
const offered = z.strictObject({
  capacity: z.number(),
  points: z.array(
    z.strictObject({
      ratePerSecond: z.number(),
      salesPerSecond: figure,
      responseMs: percentiles,
      unsent: count,
      saturated: z.boolean(),
    }),
  ),
}) satisfies z.ZodType<Offered>;

/** One sale from its first unit to well after its last. */
const course = z.strictObject({
  stock: units,
  sellingMs: z.number(),
  elapsedMs: z.number(),
  outcomes: z.record(z.enum(OUTCOMES), count),
  sellingResponseMs: percentiles,
  drainResponseMs: percentiles,
  salesPerSecond: figure,
  refusalsPerSecond: figure,
  windowMs: z.number(),
  windows: z.array(
    z.strictObject({ sold: units, refused: count, others: count, p50Ms: figure, p99Ms: figure, left: units }),
  ),
}) satisfies z.ZodType<Course>;

/** What must be true where the strategy runs. */
const requirements = z.strictObject({
  connection: z.enum(['shared', 'exclusive']),
  supports: z.array(z.string()),
  commands: z.array(z.string()),
  minRedis: z.string().exactOptional(),
  /** Client options that it relies on, each as it would be written. */
  client: z.array(z.string()),
});

const strategyResult = z.strictObject({
  name: z.string(),
  summary: z.string(),
  file: z.string(),
  requires: requirements.exactOptional(),
  /** Known to be wrong; it must be caught. */
  control: z.boolean(),
  /** Why it was not run. A skipped strategy has no verdict. */
  skipped: z.string().exactOptional(),
  /** Environments of which every interleaving was run. */
  explored: z.array(exploredResult),
  /** Why nothing was explored. */
  notExplored: z.string().exactOptional(),
  /** Environments of which large sales were recorded. */
  environments: z.array(environmentResult),
  cost: cost.exactOptional(),
  course: course.exactOptional(),
  offered: offered.exactOptional(),
});

/** What the figures of the costs have in common. */
const session = z.strictObject({
  secondsPerTrial: z.number(),
  baseline: z.string().nullable(),
  /** The baseline against itself. */
  control: z
    .strictObject({ strategy: z.string(), trials: count, ratio: interval, differs: z.boolean() })
    .nullable(),
  ceiling: z.array(
    z.strictObject({
      tool: z.enum(['redis-benchmark', 'oversell']),
      command: z.string(),
      inFlight: count,
      pipeline: count,
      opsPerSecond: figure,
    }),
  ),
  /** Of one PING after another. */
  roundTripMs: z.number(),
}) satisfies z.ZodType<Pick<BenchResult, 'baseline' | 'control' | 'ceiling'>>;

/** Something that keeps the run from passing. */
const finding = z.strictObject({
  kind: z.enum(['undeclared-violation', 'weakness-not-shown', 'control-not-caught', 'inconclusive']),
  strategy: z.string(),
  environment: z.enum(ENVIRONMENTS).exactOptional(),
  property: z.enum(PROPERTIES).exactOptional(),
  message: z.string(),
});

export const resultSchema = z.strictObject({
  version: z.literal(RESULT_VERSION),
  /** Only `complete` is a whole answer; anything else is what there was when the run ended. */
  status: z.enum(['running', 'complete', 'interrupted', 'failed']),
  /** The command that repeats this run. */
  command: z.string(),
  seed: z.int(),
  profile: z.enum(['quick', 'full']),
  startedAt: z.iso.datetime(),
  elapsedMs: z.number().nonnegative(),
  machine: z.strictObject({
    oversell: z.string(),
    node: z.string(),
    platform: z.string(),
    cpus: z.string(),
    redis: z.string(),
  }),
  strategies: z.array(strategyResult),
  /** Built-in strategies that the profile leaves out. */
  notRun: z.array(z.string()).exactOptional(),
  session: session.exactOptional(),
  findings: z.array(finding),
  error: z.strictObject({ code: z.string(), message: z.string(), remedy: z.string() }).exactOptional(),
});

export type Requirements = z.infer<typeof requirements>;
export type Cost = z.infer<typeof cost>;
export type Result = z.infer<typeof resultSchema>;
export type StrategyResult = z.infer<typeof strategyResult>;
export type Scope = z.infer<typeof scope>;
export type EnvironmentResult = z.infer<typeof environmentResult>;
export type ExploredResult = z.infer<typeof exploredResult>;
export type Cell = z.infer<typeof cell>;
export type Finding = z.infer<typeof finding>;
