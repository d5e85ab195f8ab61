import { z } from 'zod';
import { PROPERTIES } from '../../strategies/contract.ts';
import { machineSchema } from './machine.ts';
import { ownClientSchema } from './own-clients.ts';
import { ARRIVAL_PROFILES, MODES, OUTCOMES, OVERALL_VERDICTS, VERDICTS, type Outcome } from './vocabulary.ts';

/** The figures of a measuring session. One that was not measured is null. */

const count = z.int().nonnegative();
const units = z.int();
const figure = z.number().nullable();

const amount = z.number().nonnegative().nullable();
/** What is most likely, with its 95 % interval. Null: not measured, or too few trials for an interval. */
export const intervalSchema = z.strictObject({ median: amount, low: amount, high: amount });
export type Interval = z.infer<typeof intervalSchema>;

const NO_OUTCOMES = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
/** Operations by how they ended. Ways that are not named did not occur: files outlive the list. */
export const outcomesSchema = z
  .partialRecord(z.enum(OUTCOMES), count)
  .transform((some): Record<Outcome, number> => ({ ...NO_OUTCOMES, ...some }));

/** Milliseconds. A percentile for which too little was measured is null: X needs 10 / (1 − X) values. */
const percentilesSchema = z.strictObject({
  count,
  p50: figure,
  p90: figure,
  p99: figure,
  p999: figure,
  max: figure,
});
export type Percentiles = z.infer<typeof percentilesSchema>;

/** So many of all took no longer than that. */
const curvePointSchema = z.strictObject({
  /** 0 … 1 */
  share: z.number(),
  ms: z.number(),
});
export type CurvePoint = z.infer<typeof curvePointSchema>;

/** What went wrong, counted by kind. */
export const failureSchema = z.strictObject({
  /** Error code, Redis' first word (NOSCRIPT, WRONGTYPE), or the message with its figures blanked out. */
  kind: z.string(),
  count,
  /** The first message of this kind, in full. */
  message: z.string(),
  /** Where in the user's code that was thrown, as `file:line`; absent where nobody knows. */
  at: z.string().exactOptional(),
});
export type Failure = z.infer<typeof failureSchema>;

/** What one strategy did: its costs. */
export const benchRowSchema = z.strictObject({
  strategy: z.string(),
  /** Client libraries of the project that its code imports; absent where there are none, and in older files. */
  clients: z.array(ownClientSchema).exactOptional(),
  /** Closed: the next request waits for the last response; response time and service time are then the same. */
  mode: z.enum(MODES),
  /** Open loop only: who came when. */
  arrivals: z.strictObject({ profile: z.enum(ARRIVAL_PROFILES), ratePerSecond: z.number() }).nullable(),
  /** In an open loop the most that there may be. */
  inFlight: count,
  connections: count,
  trials: count,
  /**
   * Why no purchase began any more: all buyers served, `seconds` over, the caller's signal, or nothing was completed
   * any more. The least good ending of all trials.
   */
  ended: z.enum(['served', 'time-up', 'aborted', 'stalled']),
  /** Of the selling phase, once it was steady. The trial is the unit. */
  salesPerSecond: intervalSchema,
  salesPerSecondOfTrials: z.array(figure),
  /** Until the selling phase was steady, the median; `unsteady` trials never were, and count as a whole. */
  warmUpMs: figure,
  unsteady: count,
  /** Of the drain phase, after the last sale. */
  refusalsPerSecond: intervalSchema,
  /** To the ceiling of that name, not pipelined, of the same round. */
  ratioToCeiling: intervalSchema,
  ceiling: z.string().nullable(),
  /** To the session's baseline, of the same round; the baseline itself has none. */
  ratioToBaseline: intervalSchema,
  /** Intended start → completion, of the selling phase, of all trials together. */
  responseMs: percentilesSchema,
  /** The same, for a chart. Sessions that were kept before there was one are still compared. */
  responseCurve: z.array(curvePointSchema).default([]),
  /** Sent → completion. */
  serviceMs: percentilesSchema,
  /** Intended start → our generator came to it: what is ours of the response time. */
  lagMs: percentilesSchema,
  /** Arrivals that were due and never became a purchase. */
  unsent: count,
  /** More came than could be served, so response times say how long it went on, and nothing about the strategy. */
  saturated: z.boolean(),
  commandsPerSale: figure,
  /** Packets: commands written to one connection in one turn of the event loop share one. */
  roundTripsPerSale: figure,
  retriesPerSale: figure,
  gaveUp: count,
  unknown: count,
  errors: z.array(failureSchema),
  /** Cores. */
  clientCpu: z.number(),
  serverCpu: figure,
  /** Of the busiest instance's event loop, 0 … 1. */
  clientBusy: z.number(),
  bottleneck: z.enum(['client', 'server', 'none']).nullable(),
  /** The worst of all properties. Where it is not `holds`, the figures are void. */
  verdict: z.enum(OVERALL_VERDICTS),
  properties: z.record(z.enum(PROPERTIES), z.enum(VERDICTS)),
});
export type BenchRow = z.infer<typeof benchRowSchema>;
export type Ended = BenchRow['ended'];
export type Bottleneck = NonNullable<BenchRow['bottleneck']>;

/** The server lacks what the strategy needs. Never a pass. */
const skippedRowSchema = z.strictObject({ strategy: z.string(), skipped: z.string() });
export type SkippedRow = z.infer<typeof skippedRowSchema>;

/** What a tool reached on the same server in the same session. */
export const ceilingSchema = z.strictObject({
  tool: z.enum(['redis-benchmark', 'oversell']),
  /** The command, and whose it is: "DECR", "EVALSHA (lua-decrement)", "PING". */
  command: z.string(),
  inFlight: count,
  pipeline: count,
  opsPerSecond: figure,
});
export type Ceiling = z.infer<typeof ceilingSchema>;

/** The baseline against itself: an interval without 1 says that the session's figures are not to be trusted. */
export const controlSchema = z.strictObject({
  strategy: z.string(),
  trials: count,
  ratio: intervalSchema,
  differs: z.boolean(),
});

/** One rate of an open loop. */
const pointSchema = z.strictObject({
  ratePerSecond: z.number(),
  salesPerSecond: figure,
  responseMs: percentilesSchema,
  unsent: count,
  /** More came than could be served. */
  saturated: z.boolean(),
});
export type Point = z.infer<typeof pointSchema>;

/** Rates from little to almost all that can be served: response time against the rate of arrivals. */
export const offeredSchema = z.strictObject({
  /** Sales per second of a closed loop: no open loop can do more. */
  capacity: z.number(),
  points: z.array(pointSchema),
});
export type Offered = z.infer<typeof offeredSchema>;

/** "99 of 100 buyers have their answer within 5 ms." */
const responseTargetSchema = z.strictObject({
  percentile: z.enum(['p50', 'p90', 'p99', 'p999']),
  ms: z.number().positive(),
});
export type ResponseTarget = z.infer<typeof responseTargetSchema>;
export type Percentile = ResponseTarget['percentile'];

/** Which rate met a target for the response time. */
const sweepSchema = z.strictObject({
  target: responseTargetSchema,
  capacity: z.number(),
  /** The highest rate that met the target, twice; null if none did. */
  highestRate: figure,
  /** In the order in which they were tried. */
  points: z.array(pointSchema.extend({ meets: z.boolean() })),
});
export type Sweep = z.infer<typeof sweepSchema>;

/** A stretch of a sale. */
const windowSchema = z.strictObject({
  /** Units. */
  sold: units,
  /** Purchases that were refused. */
  refused: count,
  /** Purchases that ended in another way. */
  others: count,
  /** Of the purchases that ended in it; null: too few. */
  p50Ms: figure,
  p99Ms: figure,
  /** Units whose sale was not acknowledged yet at its end. */
  left: units,
});

/** How one sale of a closed loop went from its first purchase to well after its last unit. */
export const courseSchema = z.strictObject({
  /** Units put on sale. */
  stock: units,
  /** Until the last sale; then the drain phase begins. */
  sellingMs: z.number(),
  elapsedMs: z.number(),
  outcomes: outcomesSchema,
  /** Response times of purchases that began while units were sold, and after. */
  sellingResponseMs: percentilesSchema,
  drainResponseMs: percentilesSchema,
  salesPerSecond: figure,
  refusalsPerSecond: figure,
  windowMs: z.number(),
  windows: z.array(windowSchema),
});
export type Course = z.infer<typeof courseSchema>;

const named = { strategy: z.string() };

/** What `bench --json` prints. */
export const benchResultSchema = z.strictObject({
  environment: machineSchema,
  /** Of one PING after another; sessions that were kept before there was one are still read. */
  roundTripMs: z.number().exactOptional(),
  seed: z.int(),
  ceiling: z.array(ceilingSchema),
  baseline: z.string().nullable(),
  control: controlSchema.nullable(),
  strategies: z.array(z.union([benchRowSchema, skippedRowSchema])),
  /** Where somebody asked. */
  sweeps: z.array(sweepSchema.extend(named)),
  /** Likewise. */
  offered: z.array(offeredSchema.extend(named)),
  /** Likewise: one sale to its end. */
  courses: z.array(courseSchema.extend(named)),
});
export type BenchResult = z.infer<typeof benchResultSchema>;
