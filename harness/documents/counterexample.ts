import { z } from 'zod';
import { PROPERTIES, type PurchaseRequest } from '../../strategies/contract.ts';
import { UsageError } from '../ground/errors.ts';
import {
  ASKED_EVENTS,
  CLIENT_FAULTS,
  CLOCK_FAULTS,
  CONNECTION_EVENTS,
  KEY_FAULTS,
  CALL_FAULTS,
  PROCESS_FAULTS,
  SERVER_FAULTS,
  type CallFault,
} from './faults.ts';
import { luaCallSchema } from './lua.ts';
import { firstFault, otherKind, readJson } from './read-json.ts';
import { scopeSchema } from './scope.ts';
import { keptServiceSchema } from './service.ts';

const count = z.int().nonnegative();

const OWN_EVENTS = ['start', 'execute', 'deliver', 'timer', 'immediate'] as const;

/** One line of the diagram. */
const stepSchema = z.strictObject({
  /** The buyer's letter; several letters where buyers share an instance; `server`; `office`; `till`, which is told of payments and cancellations. */
  actor: z.string(),
  event: z.enum([
    ...OWN_EVENTS,
    ...CONNECTION_EVENTS,
    ...PROCESS_FAULTS,
    ...CLIENT_FAULTS,
    ...CALL_FAULTS,
    ...CLOCK_FAULTS,
    ...ASKED_EVENTS,
    ...KEY_FAULTS,
    ...SERVER_FAULTS,
  ]),
  command: z.array(z.string()).optional(),
  reply: z.string().optional(),
  /**
   * The line of the strategy's code that sent the command, counted from 1; the file from the folder of the user's, or
   * `strategies/<name>.ts`. Absent where none is known, as where a package's own timer sent it, and in older files.
   */
  source: z.strictObject({ file: z.string(), line: z.int().positive() }).exactOptional(),
  /** What the script says that it does, in the first line of its header. */
  script: z.string().exactOptional(),
  /**
   * The key that expired or was evicted; what became of the commands that a dead client had sent; where a buyer confirms; how
   * long a timer had been set for, or how much time passes.
   */
  detail: z.string().optional(),
  /** What `env.pick` answered meanwhile. */
  picks: z.array(count).exactOptional(),
  /** Errors that calls threw meanwhile: by name, message and line. */
  threw: z.array(z.string()).exactOptional(),
  /** Commands that had been sent, and never run, as this broke their connection. */
  lost: z.array(z.array(z.string())).exactOptional(),
  /** What `remaining()` says after the step; null where it fails. */
  stock: z.number().nullable(),
  /** What was answered by this step: "A sold". */
  answers: z.array(z.string()).optional(),
  /** Whose WATCH this step made fail: their next EXEC answers nil. */
  dirtied: z.array(z.string()).optional(),
});
export type CounterexampleStep = z.infer<typeof stepSchema>;

const request = z.object({
  requestId: z.string(),
  userId: z.string(),
  quantity: z.number(),
}) satisfies z.ZodType<PurchaseRequest>;
const callSchema = z.union([
  z.object({ method: z.enum(['purchase', 'release', 'confirm']), request }),
  z.object({ method: z.literal('restock'), quantity: z.number() }),
  z.object({ method: z.enum(['open', 'seller', 'remaining', 'recorded', 'runJob', 'close']) }),
]);

const slot = z.int();
/** What `env.pick` answered in the course of the step; of an execution: which outcome the server drew. */
const picks = z.array(count).readonly().optional();
const connection = count;
export const scheduleStepSchema = z.discriminatedUnion('event', [
  z.object({ slot, event: z.literal('start'), call: callSchema, buyer: z.int(), operation: z.int(), picks }),
  z.object({
    slot,
    event: z.literal('execute'),
    connection,
    /** Bytes, as latin1: compared when the schedule is replayed. */
    command: z.string(),
    reply: z.string(),
    /** So long it waited at the server in vain, while the clock moved; absent: not at all, or that makes no difference. */
    elapsedMs: count.exactOptional(),
    picks,
  }),
  /** So many replies in one chunk; absent: one. */
  z.object({
    slot,
    event: z.literal('deliver'),
    connection,
    replies: z.int().positive().exactOptional(),
    picks,
  }),
  z.object({
    slot,
    event: z.literal('timer'),
    /** Which of several that are set, counted as they were; absent: the only one, or the first by its deadline. */
    timer: count.exactOptional(),
    /** How far the clock moved; absent: not at all, or in a sale in which that makes no difference. */
    elapsedMs: count.exactOptional(),
    picks,
  }),
  z.object({ slot, event: z.literal('immediate'), picks }),
  z.object({ slot, event: z.enum(CLOCK_FAULTS), elapsedMs: count }),
  z.object({ slot, event: z.enum(CONNECTION_EVENTS), connection, survivors: count, picks }),
  z.object({ slot, event: z.enum(PROCESS_FAULTS), survivors: z.array(count).readonly() }),
  /** Of so many commands, the oldest without a reply. */
  z.object({ slot, event: z.enum(CLIENT_FAULTS), commands: z.int().positive(), picks }),
  /** The call that is under way on this connection. */
  z.object({ slot, event: z.enum(CALL_FAULTS), connection, picks }),
  z.object({ slot, event: z.enum(KEY_FAULTS), key: z.string() }),
  /** Which of the replicas that stopped takes over, the first to stop being 0; absent: one that follows, or none. */
  z.object({ slot, event: z.enum(SERVER_FAULTS), replica: count.exactOptional() }),
]);
export type ScheduleStep = z.infer<typeof scheduleStepSchema>;
/** One in which something happens to a process, to a connection or to a client. */
export type FaultStep = Extract<
  ScheduleStep,
  { survivors: unknown } | { commands: unknown } | { event: CallFault }
>;

/** What an interleaving comes to once nothing is under way, and a day has passed. */
const atRestSchema = z.strictObject({
  /** Keys that had a deadline and are forgotten, in that order. */
  expired: z.array(z.string()),
  /** Passes of background work that did something. */
  worked: count,
  /** Units that users who are new can then buy. */
  drained: count,
  /** Where units are left: what each user of the sale can buy of them by themselves, up to one beyond the limit, and what they are told then. */
  users: z
    .array(z.strictObject({ userId: z.string(), bought: count, refusal: z.string().exactOptional() }))
    .exactOptional(),
  /** The ledger, where there is one. */
  recorded: z
    .array(
      z.strictObject({ requestId: z.string().exactOptional(), userId: z.string(), quantity: z.number() }),
    )
    .exactOptional(),
  /** With what error a process that lives answers everybody. */
  mute: z.string().exactOptional(),
});
export type ToldAtRest = z.infer<typeof atRestSchema>;

const VERSION = 1;

/** The file that `replay` reads. */
export const counterexampleSchema = z.object({
  oversell: z.literal(VERSION),
  kind: z.literal('counterexample'),
  strategy: z.string(),
  /** Where the strategy came from: absent for a built-in one. */
  path: z.string().optional(),
  /** How it is called, if that is a Lua script. */
  lua: luaCallSchema.exactOptional(),
  /** The service that it is, if it is one. */
  service: keptServiceSchema.exactOptional(),
  property: z.enum(PROPERTIES),
  message: z.string(),
  /** What brought it about, as a sentence without its full stop; absent in older files. */
  cause: z.string().exactOptional(),
  remedy: z.string(),
  minimal: z.boolean(),
  server: z.string(),
  scope: scopeSchema,
  steps: z.array(stepSchema),
  /** Absent where the property is violated before that, and in older files. */
  atRest: atRestSchema.exactOptional(),
  /**
   * Of which processes the commands that start them are steps of the schedule: of all; in older files of those that are
   * there from the start, or (absent) of none. The others started at once.
   */
  boots: z.enum(['all', 'events']).exactOptional(),
  /** When the clock of the processes began, ms since the epoch; absent in older files. */
  epochMs: z.int().exactOptional(),
  schedule: z.array(scheduleStepSchema),
});
export type Counterexample = z.infer<typeof counterexampleSchema>;

/** Reads a file that `explore` or `evaluate` wrote. @throws UsageError if it is no counterexample */
export const readCounterexample = (file: string): Counterexample =>
  asCounterexample(readJson(file, noCounterexample), file);

/** @param what names it in messages @throws UsageError if it is no counterexample, or one of a newer oversell */
export function asCounterexample(document: unknown, what: string): Counterexample {
  const { data, error } = counterexampleSchema.safeParse(document);
  if (data) return data;
  const { data: newer } = newerSchema.safeParse(document);
  if (newer && newer.oversell > VERSION) {
    throw new UsageError(
      'UNKNOWN_VERSION',
      `${what} is a counterexample of version ${newer.oversell}; this oversell reads version ${VERSION}`,
      'replay it with the oversell that wrote it, or a newer one',
    );
  }
  const other = newer ? undefined : otherKind(what, 'a counterexample', document);
  throw noCounterexample(other ?? `${what} is not a counterexample: ${firstFault(error)}`, error);
}

const newerSchema = z.looseObject({ oversell: z.int(), kind: z.literal('counterexample') });

const noCounterexample = (message: string, cause: unknown): UsageError =>
  new UsageError('NO_COUNTEREXAMPLE', message, 'give a file that `oversell explore` wrote', { cause });
