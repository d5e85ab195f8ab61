import { availableParallelism } from 'node:os';
import type { Strategy } from '../../strategies/contract.ts';
import type { MachineReport } from '../documents/machine.ts';
import { unlessLost } from '../ground/waiting.ts';
import type { ServerBinary } from '../redis/find/binary.ts';
import type { TargetOptions } from '../redis/open.ts';
import type { RedisTarget } from '../redis/target.ts';
import type { Answer, CommandFile, Invocation } from '../terminal/answer.ts';
import { windowOf } from '../terminal/window.ts';

export const doctorCommand: CommandFile = {
  examples: ['doctor', 'doctor --redis rediss://cache.example:6380'],
  options: [],
  needsServer: true,
  run,
};

async function run(
  _: [],
  flags: TargetOptions,
  { progress, signal, loss, stdout }: Invocation,
): Promise<Answer> {
  const { registry } = await import('../../strategies/registry.ts');
  const { machineText } = await import('../../reports/text/lists.ts');
  const options = { ...flags, signal, loss, onProgress: progress.line };
  const examining = examineMachine(
    options,
    registry.map(({ strategy }) => strategy),
  );
  const report = await unlessLost(signal, examining);
  return { document: report, text: machineText(report, windowOf(stdout)) };
}

/** Opens the server that a run would use, and asks it what each strategy needs. @throws as openTarget */
export async function examineMachine(
  options: TargetOptions,
  strategies: readonly Strategy[],
): Promise<MachineReport> {
  const { missingNeeds, missingReplicas } = await import('../redis/capabilities.ts');
  const { target, binary } = await open(options);
  try {
    const checked: MachineReport['strategies'] = [];
    for (const strategy of strategies) {
      const missing = await missingNeeds(target, strategy);
      const reason = missing ?? (await missingReplicas(target, strategy));
      checked.push({
        name: strategy.name,
        runs: missing === undefined,
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
  const { openTarget } = await import('../redis/open.ts');
  const { findServer } = await import('../redis/find/find-server.ts');
  const { startServer } = await import('../redis/server.ts');
  if (options.redis !== undefined) return { target: await openTarget(options) };
  const binary = await findServer(options);
  const { loss } = options;
  return { target: await startServer(binary, { ...(loss && { loss }) }), binary };
}
