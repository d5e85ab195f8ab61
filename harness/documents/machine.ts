import { availableParallelism, cpus } from 'node:os';
import { z } from 'zod';
import { SERVER_SOURCES } from './vocabulary.ts';

/** What figures depend on. */
export const machineSchema = z.strictObject({
  node: z.string(),
  platform: z.string(),
  cpus: z.string(),
  redis: z.string(),
});
export type Machine = z.infer<typeof machineSchema>;

/** `redis`: the target's description. */
export const describeMachine = (redis: string): Machine => ({
  node: process.versions.node,
  platform: `${process.platform} ${process.arch}`,
  cpus: `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}`,
  redis,
});

/** What a run would find here: what `doctor --json` prints. */
export const machineReportSchema = z.strictObject({
  /** For people: product, version, where it comes from. */
  server: z.string(),
  version: z.string(),
  /** Path of the redis-server that a run would start; absent for a running server of the user's. */
  binary: z.string().exactOptional(),
  source: z.enum(SERVER_SOURCES).exactOptional(),
  benchmarkPath: z.string().exactOptional(),
  /** As Node says it: "v20.19.0". */
  node: z.string(),
  /** Processors that Node may use. */
  cores: z.int().positive(),
  strategies: z.array(
    z.strictObject({
      name: z.string(),
      runs: z.boolean(),
      /** Why it will be skipped; of one that runs, why it is explored alone. */
      reason: z.string().exactOptional(),
    }),
  ),
});
export type MachineReport = z.infer<typeof machineReportSchema>;
