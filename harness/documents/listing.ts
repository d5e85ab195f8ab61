import { z } from 'zod';
import { ENVIRONMENTS, PROPERTIES } from '../../strategies/contract.ts';
import { GUARANTEES } from './vocabulary.ts';

/** What `list --json` prints: of each strategy what is no function, where it lies, and whether it must be caught. */
export const listingSchema = z.strictObject({
  strategies: z.array(
    z.strictObject({
      name: z.string(),
      summary: z.string(),
      connection: z.enum(['shared', 'exclusive']),
      supports: z.array(z.string()).exactOptional(),
      needs: z
        .strictObject({
          commands: z.array(z.string()).exactOptional(),
          minRedis: z.string().exactOptional(),
          replicas: z.int().positive().exactOptional(),
        })
        .exactOptional(),
      /** Options of ioredis. */
      client: z.record(z.string(), z.unknown()).exactOptional(),
      guarantees: z
        .partialRecord(z.enum(PROPERTIES), z.partialRecord(z.enum(ENVIRONMENTS), z.enum(GUARANTEES)))
        .exactOptional(),
      file: z.string(),
      control: z.boolean(),
    }),
  ),
});
