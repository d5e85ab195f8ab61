import type { Random } from '../../ground/random.ts';
import { stepsOfSchedule } from '../search/story.ts';
import type { ScheduleStep } from '../../documents/counterexample.ts';
import { RealSale, type Venue } from './real-sale.ts';
import { sortUnordered } from '../../wire/resp.ts';
import { randomScheduler } from '../search/schedulers/random.ts';
import { Rest } from '../search/at-rest.ts';
import { walkOnce } from '../search/sampling.ts';
import type { Space } from '../space/space.ts';
import { States } from '../space/states.ts';

/** Where a replay over real sockets parted from what the search had recorded. */
export interface Mismatch {
  step: number;
  message: string;
}

export interface Audit {
  /** Interleavings replayed. */
  replayed: number;
  mismatches: Mismatch[];
}

/** How much is audited. */
export interface Audited {
  /** Interleavings to replay. */
  samples: number;
  random: Random;
  /** All outcomes that the search found, if it was exhaustive. */
  expected?: ReadonlySet<string> | undefined;
}

/**
 * Replays interleavings over real sockets on fresh state, with nothing remembered, and compares every command, every
 * reply and the outcome with what the search made of them. A mismatch is a bug of the explorer.
 */
export async function audit(
  space: Space,
  venue: Venue,
  { samples, random, expected }: Audited,
): Promise<Audit> {
  const rest = new Rest(space);
  const result: Audit = { replayed: 0, mismatches: [] };
  for (let i = 0; i < samples; i++) {
    const fork = random.fork(i);
    const walk = await walkOnce(new States(space, true), rest, randomScheduler(fork), fork);
    await using sale = await RealSale.open(space.scope, venue);
    const mismatch = await follow(sale, stepsOfSchedule(walk.happened));
    result.replayed++;
    if (mismatch) {
      result.mismatches.push(mismatch);
      continue;
    }
    const end = await sale.finish();
    if (end.outcome === walk.outcome && (expected?.has(end.outcome) ?? true)) continue;
    result.mismatches.push({
      step: walk.happened.length,
      message: `the search came to ${end.outcome === walk.outcome ? 'other outcomes' : walk.outcome}, real sockets to ${end.outcome}`,
    });
  }
  return result;
}

/** Performs recorded steps one by one, as far as they can be followed, and compares commands and replies. */
export async function follow(sale: RealSale, steps: readonly ScheduleStep[]): Promise<Mismatch | undefined> {
  for (const [index, step] of steps.entries()) {
    const why = sale.refuses(step);
    if (why !== undefined) return { step: index, message: why };
    const executed = await sale.perform(step);
    if (!executed || step.event !== 'execute') continue;
    const { command, reply } = executed;
    if (command !== step.command)
      return { step: index, message: `sent ${show(command)} instead of ${show(step.command)}` };
    if (sortUnordered(reply) !== step.reply) {
      return { step: index, message: `${show(command)} answered ${show(reply)}, not ${show(step.reply)}` };
    }
  }
  return undefined;
}

const show = (bytes: string): string => JSON.stringify(bytes);
