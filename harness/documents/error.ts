import { z } from 'zod';

/** What keeps a run from its answer, and what to do about it. */
export const errorSchema = z.strictObject({
  /** Stable and machine-readable. */
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
});

/** What a command prints under --json where it has no answer. */
export const errorDocumentSchema = z.strictObject({ error: errorSchema });
