import { z } from 'zod';
import { PROPERTIES } from '../../strategies/contract.ts';
import { benchRowSchema, outcomesSchema } from './figures.ts';
import { evidenceSchema } from './judgement.ts';
import { machineSchema } from './machine.ts';
import { OVERALL_VERDICTS } from './vocabulary.ts';

const count = z.int().nonnegative();

/** What was sold, and to whom; null: as many as there was time for, or no limit. */
const serviceSaleSchema = z.strictObject({
  stock: count,
  buyers: count.nullable(),
  users: count.nullable(),
  perUserLimit: count.nullable(),
});

/** What became of the last sale. */
export const serviceTotalsSchema = z.strictObject({
  outcomes: outcomesSchema,
  /** Units that the ledger has; null: it keeps none, or nobody read it. */
  recorded: z.int().nullable(),
  /** Units that can still be bought; null: nobody asked. */
  left: count.nullable(),
});
export type ServiceTotals = z.infer<typeof serviceTotalsSchema>;

/** What `bench --service --json` prints. `environment` and `strategies` are those of every bench, for `compare`. */
export const serviceBenchSchema = z.strictObject({
  service: z.strictObject({ name: z.string(), url: z.string(), startedHere: z.boolean() }),
  /** Of all orders in which so many requests can meet, those that happened to occur. */
  coverage: z.literal('sampled'),
  environment: machineSchema,
  seed: z.int(),
  sale: serviceSaleSchema,
  /** One row; its strategy is the service, its commands are requests. Empty: it was interrupted before a sale was over. */
  strategies: z.array(benchRowSchema).max(1),
  last: serviceTotalsSchema.nullable(),
  verdict: z.enum(OVERALL_VERDICTS),
  /** Of the first sale that violates something, or of the last one. */
  evidence: z.array(evidenceSchema.extend({ property: z.enum(PROPERTIES) })),
});
export type ServiceBench = z.infer<typeof serviceBenchSchema>;
