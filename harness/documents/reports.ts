import { z } from 'zod';

/** What `report --json` prints: where the reports lie, and which version the result has that they are drawn of. */
export const reportsSchema = z.strictObject({
  html: z.string(),
  markdown: z.string(),
  version: z.int().positive(),
});
export type Reports = Omit<z.infer<typeof reportsSchema>, 'version'>;
