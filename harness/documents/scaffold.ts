import { z } from 'zod';
import { STYLES } from './styles.ts';

/** What `new --json` prints. */
export const scaffoldSchema = z.strictObject({
  name: z.string(),
  style: z.enum(STYLES),
  /** The key that holds the stock, with `{sku}` for the product. */
  key: z.string(),
  /** What the code answers where nothing is left. */
  soldOut: z.string(),
  /** What was written: the strategy first, the test last. */
  files: z.array(z.string()).min(2),
  /** What an exploration of it says. */
  verdict: z.enum(['holds', 'violated']),
  /** The commands to run next. */
  next: z.array(z.string()).min(1),
});
export type Scaffold = z.infer<typeof scaffoldSchema>;
