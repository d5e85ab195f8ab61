import { availableParallelism } from 'node:os';
import type { Strategy } from '../../strategies/contract.ts';
import type { ServerBinary } from './binary.ts';
import { missingNeeds } from './capabilities.ts';
import { findServer, type ProvisionOptions } from './provision.ts';
import { startServer } from './server.ts';

/** What this machine offers. */
export interface MachineReport {
  /** Path of the redis-server that a run would use. */
  binary: string;
  version: string;
  source: ServerBinary['source'];
  benchmarkPath?: string;
  /** As Node says it: "v20.19.0". */
  node: string;
  /** Processors that Node may use. */
  cores: number;
  /** `reason`: why it will be skipped. */
  strategies: { name: string; runs: boolean; reason?: string }[];
}

/** Finds a server, starts it and asks it what each strategy needs. @throws as findServer and startServer */
export async function examineMachine(
  options: ProvisionOptions,
  strategies: readonly Strategy[],
): Promise<MachineReport> {
  const { path, ...binary } = await findServer(options);
  const target = await startServer({ path, ...binary });
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
    return {
      binary: path,
      ...binary,
      node: process.version,
      cores: availableParallelism(),
      strategies: checked,
    };
  } finally {
    await target.close();
  }
}
