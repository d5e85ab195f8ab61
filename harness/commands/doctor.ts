import { availableParallelism } from 'node:os';
import type { Strategy } from '../../strategies/contract.ts';
import type { ServerBinary } from '../redis/find/binary.ts';
import { missingNeeds } from '../redis/capabilities.ts';
import { openTarget, type TargetOptions } from '../redis/open.ts';
import { findServer } from '../redis/find/find-server.ts';
import { startServer } from '../redis/server.ts';
import type { RedisTarget } from '../redis/target.ts';

/** What a run would find here. */
export interface MachineReport {
  /** For people: product, version, where it comes from. */
  server: string;
  version: string;
  /** Path of the redis-server that a run would start; absent for a running server of the user's. */
  binary?: string;
  source?: ServerBinary['source'];
  benchmarkPath?: string;
  /** As Node says it: "v20.19.0". */
  node: string;
  /** Processors that Node may use. */
  cores: number;
  /** `reason`: why it will be skipped. */
  strategies: { name: string; runs: boolean; reason?: string }[];
}

/** Opens the server that a run would use, and asks it what each strategy needs. @throws as openTarget */
export async function examineMachine(
  options: TargetOptions,
  strategies: readonly Strategy[],
): Promise<MachineReport> {
  const { target, binary } = await open(options);
  try {
    const checked: MachineReport['strategies'] = [];
    for (const strategy of strategies) {
      const reason = await missingNeeds(target, strategy);
      checked.push({
        name: strategy.name,
        runs: reason === undefined,
        ...(reason !== undefined && { reason }),
      });
    }
    const { path, ...known } = binary ?? {};
    return {
      server: target.description,
      version: target.version,
      ...(path !== undefined && { binary: path }),
      ...known,
      node: process.version,
      cores: availableParallelism(),
      strategies: checked,
    };
  } finally {
    await target.close();
  }
}

/** As openTarget does, but it tells which program was found. */
async function open(options: TargetOptions): Promise<{ target: RedisTarget; binary?: ServerBinary }> {
  if (options.redis !== undefined) return { target: await openTarget(options) };
  const binary = await findServer(options);
  return { target: await startServer(binary), binary };
}
