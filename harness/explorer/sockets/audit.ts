import { PROPERTIES, type Property } from '../../../strategies/contract.ts';
import type { Random } from '../../ground/random.ts';
import type { RedisTarget } from '../../redis/target.ts';
import { stepsOfSchedule, type ScheduleStep } from '../../documents/counterexample.ts';
import { RealSale } from './real-sale.ts';
import { sortUnordered } from '../../wire/resp.ts';
import { randomScheduler } from '../search/schedulers/random.ts';
import { violatedIn, type Rest } from '../search/at-rest.ts';
import { walkOnce } from '../search/sampling.ts';
import type { Scope } from '../scope/scope.ts';
import type { ServerMemo } from '../server/memo.ts';
import type { Space, Subject } from '../space/space.ts';
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

/**
 * Replays interleavings over real sockets on fresh state, with nothing remembered, and compares every command, every
 * reply and the outcome with what the search made of them. A mismatch is a bug of the explorer.
 */
export async function audit(
  space: Space,
  rest: Rest,
  subject: Subject,
  target: RedisTarget,
  samples: number,
  random: Random,
  /** All outcomes that the search found, if it was exhaustive. */
  expected?: ReadonlySet<string>,
): Promise<Audit> {
  const result: Audit = { replayed: 0, mismatches: [] };
  for (let i = 0; i < samples; i++) {
    const fork = random.fork(i);
    const walk = await walkOnce(new States(space, true), rest, randomScheduler(fork), fork);
    await using sale = await RealSale.open(space.scope, subject, space.memo, target);
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

/** What a walk over everything that real sockets allow has found. */
export interface Unreduced {
  interleavings: number;
  violated: Set<Property>;
  /** Says nothing about this sale, at every end. */
  notApplicable: Set<Property>;
  outcomes: Set<string>;
  /** False when the limit came first. */
  exhausted: boolean;
}

/**
 * Every interleaving over real sockets, each from fresh state, with nothing fused, merged, remembered or started
 * late. Slow on purpose: it shares as little as can be with the search that it checks.
 */
export async function everyRealInterleaving(
  scope: Scope,
  subject: Subject,
  memo: ServerMemo,
  target: RedisTarget,
  most: number,
  onProgress: (interleavings: number) => void = () => {},
  signal?: AbortSignal,
): Promise<Unreduced> {
  const found = {
    violated: new Set<Property>(),
    notApplicable: new Set<Property>(PROPERTIES),
    outcomes: new Set<string>(),
  };
  /** Of the current interleaving: which of how many possible steps was taken at each point. */
  const choices: { taken: number; of: number }[] = [];
  for (let interleavings = 0; interleavings < most;) {
    await using sale = await RealSale.open(scope, subject, memo, target);
    for (let depth = 0; ; depth++) {
      const { regular, faults } = await sale.steps();
      if (regular.length === 0) break;
      const steps = [...regular, ...faults];
      choices[depth] ??= { taken: 0, of: steps.length };
      await sale.perform(steps[choices[depth]!.taken]!);
    }
    const { outcome, judgement } = await sale.finish();
    found.outcomes.add(outcome);
    for (const property of violatedIn(judgement)) found.violated.add(property);
    for (const property of PROPERTIES) {
      if (judgement[property].verdict !== 'n/a') found.notApplicable.delete(property);
    }
    interleavings++;
    onProgress(interleavings);
    if (signal?.aborted) return { ...found, interleavings, exhausted: false };
    while (choices.length > 0 && choices.at(-1)!.taken + 1 === choices.at(-1)!.of) choices.pop();
    if (choices.length === 0) return { ...found, interleavings, exhausted: true };
    choices.at(-1)!.taken++;
  }
  return { ...found, interleavings: most, exhausted: false };
}
