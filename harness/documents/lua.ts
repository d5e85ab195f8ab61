import { z } from 'zod';

/** How a shop calls its script, as it stands in a counterexample: templates have `{sku}` and the like in them. */
export const luaCallSchema = z.strictObject({
  keys: z.array(z.string()).readonly(),
  args: z.array(z.string()).readonly(),
  /** Answers that mean sold, and sold-out. */
  sold: z.array(z.string()).readonly().exactOptional(),
  soldOut: z.array(z.string()).readonly().exactOptional(),
  /** Commands that create the sale, separated by semicolons. */
  open: z.string().exactOptional(),
  /** The command that reads what is left. */
  left: z.string().exactOptional(),
});
export type LuaCall = z.infer<typeof luaCallSchema>;
