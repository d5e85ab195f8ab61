/** What the storefront's page shows, as it comes over `/live` each second. */
import { z } from 'zod';

const perSecond = z.array(z.int());

export const liveSchema = z.strictObject({
  /** Milliseconds since the epoch. */
  atMs: z.number(),
  openSinceMs: z.number(),
  strategy: z.string(),
  /** For people. */
  store: z.string(),
  book: z.string(),
  consumers: z.int(),
  products: z.array(
    z.strictObject({
      name: z.string(),
      stock: z.int(),
      perUserLimit: z.int().exactOptional(),
      state: z.enum(['opening', 'open', 'closed']),
      /** Units; null where the store does not say. */
      left: z.int().nullable(),
      /** Entries of the stream that are not stored yet; null where no orders are recorded, or the store does not say. */
      queued: z.int().nullable(),
      orders: z.int(),
      releases: z.int(),
      setAside: z.int(),
    }),
  ),
  /** Of each second of the last minute, the oldest first: sales, and refusals because of stock or limit. */
  lastMinute: z.strictObject({ sales: perSecond, refusals: perSecond }),
  /** Response time of purchases, within the last minute. */
  responseP99Ms: z.number().nullable(),
  /** Purchases by what their buyers heard: a code, or `again` for one that was sold before. */
  heard: z.record(z.string(), z.int()),
  /** The newest first. Tokens and users are shortened: who knows both can give an order back. */
  latest: z.array(
    z.strictObject({
      product: z.string(),
      token: z.string(),
      user: z.string(),
      quantity: z.int(),
      state: z.enum(['queued', 'stored', 'released']),
      /** Milliseconds since the epoch; null while it is on its way. */
      storedMs: z.number().nullable(),
    }),
  ),
  catalogue: z.strictObject({ maxAgeMs: z.number(), hits: z.int(), misses: z.int() }),
});
export type Live = z.infer<typeof liveSchema>;
