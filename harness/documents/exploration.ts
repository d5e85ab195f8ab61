import { z } from 'zod';
import { PROPERTIES } from '../../strategies/contract.ts';
import { counterexampleSchema } from './counterexample.ts';
import { EXTRAS } from './faults.ts';
import { ownClientSchema } from './own-clients.ts';
import { scopeSchema } from './scope.ts';
import { COVERAGES, OVERALL_VERDICTS, VERDICTS } from './vocabulary.ts';

/** What exploring a scope and replaying one of its interleavings come to. */

const count = z.int().nonnegative();

/** What the search may leave out. */
const reductionsSchema = z.strictObject({
  /** Execution and delivery fuse and local steps run at once where that is sound. */
  fuse: z.boolean(),
  /** A lone buyer's purchase starts with its first command instead of by an event of its own. */
  lateStarts: z.boolean(),
  /** States that differ only in which buyer is which are one. */
  symmetry: z.boolean(),
  /** Equal states are one. */
  merging: z.boolean(),
  /** What time it is makes no difference: no deadline can come up. Absent in older files. */
  stillClock: z.boolean().exactOptional(),
  /** Nobody reads the clock, so that only how far away deadlines are makes a difference. Absent in older files. */
  unreadClock: z.boolean().exactOptional(),
  /** Nobody asks how many replicas have what, so that it makes no difference if a second one stops. Absent in older files. */
  oneStop: z.boolean().exactOptional(),
});
export type Reductions = z.infer<typeof reductionsSchema>;

/** Where a replay over real sockets parted from what the search had recorded. */
const mismatchSchema = z.strictObject({ step: count, message: z.string() });
export type Mismatch = z.infer<typeof mismatchSchema>;

const auditSchema = z.strictObject({
  /** Interleavings replayed. */
  replayed: count,
  mismatches: z.array(mismatchSchema),
});
export type Audit = z.infer<typeof auditSchema>;

/** A counterexample beside the exploration that found it, which says the rest. */
const shownCounterexampleSchema = z.strictObject({
  ...counterexampleSchema.pick({
    minimal: true,
    steps: true,
    atRest: true,
    schedule: true,
    message: true,
    cause: true,
    remedy: true,
  }).shape,
  ...scopeSchema.pick({ buyers: true, stock: true }).shape,
  /** Where the whole of it lies, for `replay`; null where it was not kept. */
  file: z.string().nullable(),
});

/** A service that was intercepted. */
const serviceFactsSchema = z.strictObject({
  start: z.array(z.string()),
  /** Processes of it that were started. */
  processes: count,
  /** Each history had a process to itself. */
  fresh: z.boolean(),
  /** Each process had a network of its own, where the ports in its code are free; absent in older files. */
  ownNetworks: z.boolean().exactOptional(),
  /** Requests to buy that were sent, replays included. */
  requests: count,
  /** Whom else its processes talked to, as host:port. */
  foreignSockets: z.array(z.string()),
});
export type ServiceFacts = z.infer<typeof serviceFactsSchema>;

export const explorationSchema = z.strictObject({
  strategy: z.string(),
  /** The service that it is, if it is one. */
  service: serviceFactsSchema.exactOptional(),
  /** Where a strategy of the user's lies. */
  path: z.string().exactOptional(),
  /** Client libraries of the project that its code imports; absent where there are none, and in older files. */
  clients: z.array(ownClientSchema).exactOptional(),
  verdict: z.enum(OVERALL_VERDICTS),
  coverage: z.enum(COVERAGES),
  properties: z.record(
    z.enum(PROPERTIES),
    z.strictObject({
      verdict: z.enum(VERDICTS),
      coverage: z.enum(COVERAGES),
      counterexample: shownCounterexampleSchema.nullable(),
    }),
  ),
  scope: scopeSchema.extend({ maxStates: z.int().positive(), server: z.string() }),
  /** In decimal: more than a number holds. */
  interleavings: z.string().regex(/^\d+$/),
  states: count,
  transitions: count,
  serverCommands: count,
  elapsedMs: z.number().nonnegative(),
  statesPerSecond: count,
  /** Why the coverage is less than exhausted, or the verdict inconclusive. */
  notes: z.array(z.string()),
  /** What went wrong for one buyer alone, before anything else; absent: nothing did. */
  alone: z.string().exactOptional(),
  /** Faults and requests of the scope for which no interleaving had an occasion; absent in files of older versions. */
  unspent: z.array(z.enum(EXTRAS)).exactOptional(),
  /** What was left out because it could be. */
  reductions: reductionsSchema,
  /** How many different ones there were. */
  outcomes: count,
  audit: auditSchema,
});
export type ExplorationDocument = z.infer<typeof explorationSchema>;

/** What `explore --json` prints: of a file with several strategies a list. */
export const exploredSchema = z.union([explorationSchema, z.array(explorationSchema).min(2)]);

/** What `replay --json` prints. */
export const replaySchema = z.strictObject({
  counterexample: counterexampleSchema,
  /**
   * `confirmed`: the same schedule violates the same property again. `no-longer-violated`: it ran, and the property held.
   * `diverged`: the code no longer sends or is told what was recorded, so the schedule says nothing about it.
   */
  result: z.enum(['confirmed', 'no-longer-violated', 'diverged']),
  message: z.string(),
  stepsRun: count,
});
export type Replay = Omit<z.infer<typeof replaySchema>, 'counterexample'>;
