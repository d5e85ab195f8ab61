import { z } from 'zod';
import { FAULTS, NO_FAULTS, type Faults } from './faults.ts';
import { NONSENSES } from './nonsense.ts';
import { CLIENT_MODES, WORKERS } from './vocabulary.ts';

const count = z.int().nonnegative();

/** The small sale whose interleavings are all run. */
export const scopeSchema = z.strictObject({
  buyers: z.int().positive(),
  /** Units put on sale. */
  stock: count,
  /** Units that each buyer asks for, by buyer. */
  quantities: z.array(z.int().positive()).min(1),
  /** Users, dealt out cyclically over the buyers. */
  users: z.int().positive(),
  perUserLimit: z.int().positive().exactOptional(),
  /** What the first buyer asks for makes no sense in this way. */
  nonsense: z.enum(NONSENSES).exactOptional(),
  /** Attempts that a retrying purchase may make. */
  attempts: z.int().positive(),
  /** Application processes; buyers are dealt out cyclically over them. */
  instances: z.int().positive(),
  client: z.enum(CLIENT_MODES),
  /** Kinds of faults that are not named do not happen: files outlive the list. */
  faults: z.partialRecord(z.enum(FAULTS), count).transform((some): Faults => ({ ...NO_FAULTS, ...some })),
  /** Sold requests that may be released. */
  releases: count,
  /** Restocks of one unit. */
  restocks: count,
  /** Confirms in all, of a strategy that confirms: there, absent is one of each buyer and one more. */
  confirms: count.exactOptional(),
  /** Passes of background work. */
  jobs: count,
  /** Processes that do nothing but background work and restocks; absent: one. */
  offices: z.int().positive().exactOptional(),
  /** Who does background work; absent: those processes alone. */
  workers: z.enum(WORKERS).exactOptional(),
  seed: z.int(),
});
export type Scope = z.infer<typeof scopeSchema>;
