import { mostWaitMs } from '../server/blocking.ts';
import type { Observation } from './instance-events.ts';

/** All delays of all timers that were set by now, and what commands may wait at most that give a limit. */
export function sleptAfter(
  parent: { sleptMs: number; observation: Observation } | undefined,
  { timers, written }: Observation,
): number {
  const before = new Set(parent?.observation.timers.map(({ id }) => id));
  const fresh = timers.filter(({ id }) => !before.has(id));
  const waits = written.flatMap((commands, c) =>
    commands.slice(parent?.observation.written[c]?.length ?? 0).flatMap((one) => mostWaitMs(one) ?? []),
  );
  const ms = [
    ...fresh.map(({ delayMs, repeats }) => (repeats ? Infinity : delayMs)),
    ...waits.filter((most) => most < Infinity),
  ];
  return ms.reduce((sum, one) => sum + one, parent?.sleptMs ?? 0);
}
