import { systemClock } from '../ground/ambient.ts';
import { asCounterexample } from '../documents/counterexample.ts';
import { explore } from '../explorer/explore.ts';
import { replay } from '../explorer/sockets/replay-schedule.ts';
import { subjectOf } from '../explorer/process/subject.ts';
import { findServer } from '../redis/find/find-server.ts';
import { startServer } from '../redis/server.ts';
import { strategyNamed } from '../loader/strategies.ts';
import { runningOurs } from './earlier-clients.ts';

/** Whether a counterexample still stands. */
export interface Standing {
  violated: boolean;
  message: string;
}

const now = (): number => systemClock.monotonicNs() / 1e6;

/**
 * For regression tests: runs a counterexample again on a private server, over real sockets. Where the code has
 * changed so much that the schedule no longer fits it, every interleaving of the counterexample's scope is run
 * instead, so that a test does not pass merely because the code differs.
 *
 * @param counterexample as `oversell explore` has written it, parsed
 * @param file the strategy's file; absent for a built-in one
 * @throws UsageError if it is no counterexample, there is no such strategy, or it cannot be explored
 */
export function standing(counterexample: unknown, file?: string): Promise<Standing> {
  return runningOurs(() => standingOf(counterexample, file));
}

async function standingOf(counterexample: unknown, file?: string): Promise<Standing> {
  const parsed = asCounterexample(counterexample, 'what standing() was given');
  const { strategy: name, property, scope, lua } = parsed;
  const subject = await subjectOf(await strategyNamed(name, file, { lua, connections: 'held' }));
  const target = await startServer(await findServer({}));
  try {
    const { result, message } = await replay(parsed, subject, target);
    if (result !== 'diverged') return { violated: result === 'confirmed', message };
    const found = await explore({ scope, subject, target, properties: [property], now });
    const { verdict } = found.properties[property];
    return {
      violated: verdict !== 'holds' && verdict !== 'n/a',
      message: `the code has changed; over ${found.interleavings} interleavings ${property}: ${verdict}`,
    };
  } finally {
    await target.close();
  }
}
