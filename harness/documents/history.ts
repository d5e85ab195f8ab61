import { z } from 'zod';
import type { RecordedSale, Sale } from '../../strategies/contract.ts';
import { ENDINGS, OPS, OUTCOMES } from './vocabulary.ts';

/**
 * The shapes of a history file's lines; harness/history/README.md says what they mean. `check` reads a million of them
 * a second, by hand (harness/history/line.ts and its scanners), and tests hold those readers to these schemas. Keys
 * that are not listed are let through: `check` names them.
 */

const count = z.int().nonnegative();
/** A JSON number may be beyond all doubles: 1e999 is read as Infinity. */
const anyNumber = z.custom<number>((value) => typeof value === 'number', 'Invalid input: expected number');
/** A lone surrogate has no UTF-8: two of them would become one name. */
const name = z.string().refine((text) => !/\p{Surrogate}/u.test(text), 'Invalid input: half a character');

/** One operation with its invocation and completion, as results and judgements show it. */
export const operationSchema = z.strictObject({
  /** Who performed it; a process performs one operation at a time. */
  process: z.int32().nonnegative(),
  /** Client token; attempts of one purchase share it. Empty for a restock. */
  request: z.string(),
  /** 1 for the first attempt; higher for the buyer's own retries. */
  attempt: z.int32().positive(),
  user: z.string(),
  op: z.enum(OPS),
  /** Units. */
  quantity: z.int(),
  /** Nanoseconds since the run's start. */
  invoked: z.number(),
  /** Nanoseconds since the run's start; absent when it never completed. */
  completed: z.number().exactOptional(),
  outcome: z.enum(OUTCOMES),
  /** Units left right after a sale, where the store told. Shown, not judged. */
  remaining: z.number().exactOptional(),
});
export type ShownOperation = z.infer<typeof operationSchema>;

/** The first line. */
export const headerSchema = z.looseObject({
  oversell: z.literal(1),
  /** Sold is a hold, which a confirm acknowledges; where there is one, this need not be said. */
  confirms: z.boolean().exactOptional(),
  /** A purchase may hold units for a moment before it fails, so that who is refused meanwhile is refused rightly. */
  reserves: z.boolean().exactOptional(),
  sale: z.looseObject({
    sku: name,
    stock: count,
    perUserLimit: z.int().positive().exactOptional(),
  }) satisfies z.ZodType<Sale>,
});

/** An operation's line. What says nothing may be left out: the first attempt, the names of a restock. */
const operationLineSchema = z
  .looseObject({
    ...operationSchema.shape,
    request: name.nullish(),
    attempt: z.int32().positive().nullish(),
    user: name.nullish(),
    quantity: z.int().positive(),
    invoked: z.number().nonnegative(),
    completed: anyNumber.nullish(),
    remaining: anyNumber.nullish(),
  })
  .superRefine(({ op, request, user, invoked, completed, outcome }, context) => {
    const open = (completed ?? Infinity) === Infinity;
    if (op !== 'restock' && !request) context.addIssue(`a ${op} needs its token`);
    if (op === 'purchase' && !user) context.addIssue('a purchase needs its buyer');
    if (!open && completed! < invoked) context.addIssue('it completed before it was invoked');
    if (!ENDINGS[op].includes(outcome)) context.addIssue(`a ${op} does not end "${outcome}"`);
    if (open && outcome !== 'unknown') context.addIssue('only an unknown outcome may be open');
  });

const recordedSaleSchema = z.looseObject({
  /** Absent where the code remembers users, not requests. */
  requestId: name.exactOptional(),
  userId: name,
  quantity: anyNumber,
}) satisfies z.ZodType<RecordedSale>;

/** Every other line. */
export const lineSchema = z.union([
  operationLineSchema,
  /** At rest: the units that could still be bought. */
  z.looseObject({ op: z.literal('drained'), value: count }),
  /** At rest: the ledger, or a part of it; null when the strategy keeps none. */
  z.looseObject({ op: z.literal('recorded'), sales: z.array(recordedSaleSchema).nullable() }),
]);
