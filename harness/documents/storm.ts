import { z } from 'zod';
import { PROPERTIES } from '../../strategies/contract.ts';
import { failureSchema } from './figures.ts';
import { evidenceSchema } from './judgement.ts';
import { machineSchema } from './machine.ts';
import { serviceTotalsSchema } from './service-figures.ts';
import { OVERALL_VERDICTS, VERDICTS } from './vocabulary.ts';

/** One fault of a storm, in milliseconds since the sale's start. */
const inflictedSchema = z.strictObject({
  nemesis: z.string(),
  atMs: z.number(),
  untilMs: z.number(),
  /** What was seen of it: before it, when it happened, and when it was over. */
  proof: z.array(z.string()),
  /** What could not be seen, and so did perhaps not happen; null: nothing. */
  missing: z.string().nullable(),
});
export type Inflicted = z.infer<typeof inflictedSchema>;

/** What `storm --service --json` prints. */
export const stormSchema = z.strictObject({
  service: z.strictObject({ name: z.string(), url: z.string() }),
  coverage: z.literal('sampled'),
  environment: machineSchema,
  seed: z.int(),
  stock: z.int().nonnegative(),
  inFlight: z.int().positive(),
  /** In the order in which they happened. */
  faults: z.array(inflictedSchema),
  totals: serviceTotalsSchema,
  /** Why outcomes are unknown, and why something could not be read. */
  errors: z.array(failureSchema),
  /** Pauses before somebody asked again. */
  askedAgain: z.int().nonnegative(),
  /** `inconclusive`, too, where nothing is violated and a fault left no proof. */
  verdict: z.enum(OVERALL_VERDICTS),
  properties: z.record(z.enum(PROPERTIES), z.enum(VERDICTS)),
  evidence: z.array(evidenceSchema.extend({ property: z.enum(PROPERTIES) })),
});
export type Storm = z.infer<typeof stormSchema>;
