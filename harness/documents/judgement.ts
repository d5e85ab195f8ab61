import { z } from 'zod';
import { PROPERTIES } from '../../strategies/contract.ts';
import { operationSchema } from './history.ts';
import { OVERALL_VERDICTS, VERDICTS } from './vocabulary.ts';

/** Why a property is violated or inconclusive. */
export const evidenceSchema = z.strictObject({
  /** One sentence with the figures. */
  message: z.string(),
  /** Units concerned, where it is a matter of units: oversold by, stranded. */
  units: z.number().exactOptional(),
  /** Requests concerned, at most a handful. */
  requests: z.array(z.string()).readonly().exactOptional(),
  /** The operations concerned, in order of invocation; at most a handful. */
  operations: z.array(operationSchema),
});

/** The answer of `check --json`. */
export const checkResultSchema = z.strictObject({
  verdict: z.enum(OVERALL_VERDICTS),
  operations: z.int().nonnegative(),
  /** Milliseconds from opening the file to the verdict. */
  elapsedMs: z.number().nonnegative(),
  properties: z.record(
    z.enum(PROPERTIES),
    z.strictObject({
      verdict: z.enum(VERDICTS),
      /** How it was decided, where that took more than the usual way. */
      note: z.string().exactOptional(),
    }),
  ),
  evidence: z.array(evidenceSchema.extend({ property: z.enum(PROPERTIES) })),
  /** Keys of operations that the format does not know; nothing looked at them. */
  unknownKeys: z.array(z.string()),
});
export type CheckResult = z.infer<typeof checkResultSchema>;
export type ShownEvidence = CheckResult['evidence'][number];
