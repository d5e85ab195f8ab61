import { z } from 'zod';
import { PROPERTIES } from '../../strategies/contract.ts';
import { intervalSchema } from './figures.ts';
import { VERDICTS } from './vocabulary.ts';

/** How one strategy of a new session relates to the same in a base session. */
const comparedSchema = z.strictObject({
  strategy: z.string(),
  /** `new`, `missing`: only one of the sessions has it. */
  verdict: z.enum(['better', 'same', 'worse', 'new', 'missing']),
  /** What is less certain than it was, or violated now. */
  worse: z.array(
    z.strictObject({ property: z.enum(PROPERTIES), base: z.enum(VERDICTS), now: z.enum(VERDICTS) }),
  ),
  /** Sales per second, the median of the trials. */
  base: z.number().nullable(),
  now: z.number().nullable(),
  /** Sales per second, new to base; without figures where one of them is void. */
  ratio: intervalSchema,
});
export type Compared = z.infer<typeof comparedSchema>;

/** What `compare --json` prints. */
export const comparisonSchema = z.strictObject({
  /** What keeps two sessions from being compared: a line for each thing that differs. */
  differences: z.array(z.string()),
  strategies: z.array(comparedSchema),
});
export type Comparison = z.infer<typeof comparisonSchema>;
