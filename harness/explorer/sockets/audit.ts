import type { Random } from '../../ground/random.ts';
import { stepsOfSchedule } from '../search/story.ts';
import type { ScheduleStep } from '../../documents/counterexample.ts';
import { RealSale } from './real-sale.ts';
import type { Venue } from './venue.ts';
import { randomScheduler } from '../search/schedulers/random-walk.ts';
import type { Property } from '../../../strategies/contract.ts';
import { AtRest } from '../search/at-rest.ts';
import { violatedIn } from '../search/judge-end.ts';
import type { Path } from '../search/shortest.ts';
import { walkOnce } from '../search/sampling.ts';
import type { Audit, Mismatch } from '../../documents/exploration.ts';
import type { Space } from '../space/space.ts';
import { States } from '../space/states.ts';

/** An audit, and the interleavings that violate something over real sockets where the search had found nothing. */
export interface AuditFindings {
  audit: Audit;
  found: Map<Property, Path>;
}

export const NO_AUDIT: AuditFindings = { audit: { replayed: 0, mismatches: [] }, found: new Map() };

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
): Promise<AuditFindings> {
  const rest = new AtRest(space);
  const result: Audit = { replayed: 0, mismatches: [] };
  const found = new Map<Property, Path>();
  for (let i = 0; i < samples; i++) {
    const fork = random.fork(i);
    const walk = await walkOnce(new States(space, true), rest, randomScheduler(fork), fork);
    // What would have come of a walk that was cut is not known.
    if (!walk.ended) continue;
    await using sale = await RealSale.open(space.scope, venue, { dated: space.memo.shortestMs < Infinity });
    const mismatch = await follow(sale, stepsOfSchedule(walk.happened));
    result.replayed++;
    if (mismatch) {
      result.mismatches.push(mismatch);
      continue;
    }
    const end = await sale.finish();
    // What a real server and real sockets did is a violation, whatever is wrong with the search that missed it.
    for (const property of violatedIn(end.judgement)) {
      if (walk.violations.has(property) || found.has(property)) continue;
      const message = end.judgement[property].evidence.map((item) => item.message).join('; ');
      const { opening, events } = walk;
      found.set(property, { histories: space.histories, opening, events, message, minimal: false });
    }
    if (end.outcome === walk.outcome && (expected?.has(end.outcome) ?? true)) continue;
    result.mismatches.push({
      step: walk.happened.length,
      message: `the search ended in ${end.outcome === walk.outcome ? 'other outcomes' : walk.outcome}, real sockets in ${end.outcome}`,
    });
  }
  return { audit: result, found };
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
    if (reply !== step.reply) {
      return { step: index, message: `${show(command)} answered ${show(reply)}, not ${show(step.reply)}` };
    }
  }
  return undefined;
}

const show = (bytes: string): string => JSON.stringify(bytes);
