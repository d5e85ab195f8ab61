import { availableParallelism, cpus } from 'node:os';

/** What figures depend on. */
export interface Machine {
  node: string;
  platform: string;
  cpus: string;
  redis: string;
}

/** `redis`: the target's description. */
export const describeMachine = (redis: string): Machine => ({
  node: process.versions.node,
  platform: `${process.platform} ${process.arch}`,
  cpus: `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}`,
  redis,
});
