import { z } from 'zod';
import { ENVIRONMENTS, PROPERTIES } from '../../strategies/contract.ts';
import { scopeSchema } from './scope.ts';
import { counterexampleSchema } from './counterexample.ts';
import { errorSchema } from './error.ts';
import {
  benchRowSchema,
  ceilingSchema,
  controlSchema,
  courseSchema,
  failureSchema,
  offeredSchema,
  outcomesSchema,
} from './figures.ts';
import { evidenceSchema } from './judgement.ts';
import { machineSchema } from './machine.ts';
import { ownClientSchema } from './own-clients.ts';
import { FAULTS } from './faults.ts';
import { COVERAGES, GUARANTEES, VERDICTS } from './vocabulary.ts';

/** The shape of result.json; read-result.ts reads it, and those of older versions. */

export const RESULT_VERSION = 2;

const units = z.int();
const count = z.int().nonnegative();

/** Faults without a budget go unsaid: most of them are, in every scope. */
const exploredScope = scopeSchema.extend({ faults: z.partialRecord(z.enum(FAULTS), count) });

/** One property in one environment: what was declared, what was found, and why. */
const cell = z.strictObject({
  verdict: z.enum(VERDICTS),
  /** Absent: the strategy declares nothing here. */
  declared: z.enum(GUARANTEES).exactOptional(),
  evidence: z.array(
    evidenceSchema.extend({
      /** An interleaving that shows it. */
      counterexample: z
        .strictObject({
          /** In the run's folder; `oversell replay` runs it again. */
          file: z.string(),
          minimal: z.boolean(),
          /** Of the file's scope as much as a diagram needs. */
          scope: scopeSchema.pick({ buyers: true, stock: true }),
          ...counterexampleSchema.pick({ steps: true, atRest: true }).shape,
        })
        .exactOptional(),
    }),
  ),
});

/** What was run: everything that the coverage is a claim about. */
const sampledScope = z.strictObject({
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
  coverage: z.enum(COVERAGES),
  scope: sampledScope,
  /** Runs of that scope that were recorded and judged. */
  histories: count,
  /** Over all histories. */
  outcomes: outcomesSchema,
  /** What purchases threw, by kind. */
  failures: z.array(failureSchema),
  properties: z.record(z.enum(PROPERTIES), cell),
});

/** What running every interleaving of an environment's scopes came to. */
const exploredResult = z.strictObject({
  environment: z.enum(ENVIRONMENTS),
  coverage: z.enum(COVERAGES),
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
  /** Client libraries of the project that its code imports; absent where there are none, and in older files. */
  clients: z.array(ownClientSchema).exactOptional(),
  requires: requirements.exactOptional(),
  /** Known to be wrong; it must be caught. */
  control: z.boolean(),
  /** Why it was not run. A skipped strategy has no verdict. */
  skipped: z.string().exactOptional(),
  /** What went wrong for one buyer alone, before anything else was explored; absent: nothing did. */
  alone: z.string().exactOptional(),
  /** Environments of which every interleaving was run. */
  explored: z.array(exploredResult),
  /** Environments that ask for what it does not offer; absent in older files, and where there are none. */
  notSupported: z.array(z.enum(ENVIRONMENTS)).exactOptional(),
  /** Why nothing was explored. */
  notExplored: z.string().exactOptional(),
  /** Why no large sale was recorded, and nothing measured. */
  notSold: z.string().exactOptional(),
  /** Environments of which large sales were recorded. */
  environments: z.array(environmentResult),
  /** What it costs. */
  cost: benchRowSchema.exactOptional(),
  /** One sale to its end. */
  course: courseSchema.exactOptional(),
  /** Response time against the rate of arrivals, of an open loop. */
  offered: offeredSchema.exactOptional(),
});

/** What the figures of the costs have in common. */
const session = z.strictObject({
  secondsPerTrial: z.number(),
  baseline: z.string().nullable(),
  control: controlSchema.nullable(),
  ceiling: z.array(ceilingSchema),
  /** Of one PING after another. */
  roundTripMs: z.number(),
});

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
  /** What the strategies do not declare was to be found out; else it has to hold. */
  discover: z.literal(true).exactOptional(),
  startedAt: z.iso.datetime(),
  elapsedMs: z.number().nonnegative(),
  machine: machineSchema.extend({ oversell: z.string() }),
  strategies: z.array(strategyResult),
  /** Built-in strategies that the profile leaves out. */
  notRun: z.array(z.string()).exactOptional(),
  session: session.exactOptional(),
  findings: z.array(finding),
  error: errorSchema.exactOptional(),
});

export type Requirements = z.infer<typeof requirements>;
export type Result = z.infer<typeof resultSchema>;
export type StrategyResult = z.infer<typeof strategyResult>;
export type SampledScope = z.infer<typeof sampledScope>;
export type EnvironmentResult = z.infer<typeof environmentResult>;
export type ExploredResult = z.infer<typeof exploredResult>;
export type Cell = z.infer<typeof cell>;
export type Finding = z.infer<typeof finding>;
