import type { Random } from '../../../ground/random.ts';
import { SERVER, type Choice } from '../../scope/moves.ts';
import type { Scheduler } from './scheduler.ts';

/** The depth of most concurrency bugs in the paper's study. */
const DEPTH = 3;

/**
 * Probabilistic concurrency testing: each thread gets a random priority, the highest one that can move does, and at
 * `depth − 1` random points the one that would move falls below all others. A bug of that depth is found by one
 * interleaving with probability at least 1 / (n · k^(depth − 1)), for n threads and k steps.
 *
 * Where we deviate: a thread is a slot of the explorer, or the server for faults that hit it; where one thread has
 * several events to choose from (a reply or a timer, a crash with one ghost or another), they are equally likely, and
 * the bound does not cover that choice. k is the most steps that were seen so far, so it holds from then on.
 *
 * Source: Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010.
 */
export function pctScheduler(random: Random, slots: number, depth = DEPTH): Scheduler {
  const threads = slots + 1;
  let mostSteps = 0;
  let steps = 0;
  let priorities = new Map<number, number>();
  let changes = new Set<number>();
  const priorityOf = (slot: number): number => priorities.get(slot) ?? 0;
  const highest = (choices: readonly Choice[]): number =>
    choices.reduce((best, { slot }) => (priorityOf(slot) > priorityOf(best) ? slot : best), choices[0]!.slot);

  return {
    name: `PCT of depth ${depth}`,
    begin: () => {
      mostSteps = Math.max(mostSteps, steps);
      steps = 0;
      const order = shuffled([SERVER, ...Array.from({ length: slots }, (_, slot) => slot)], random);
      priorities = new Map(order.map((slot, i) => [slot, depth + i]));
      changes = new Set(Array.from({ length: depth - 1 }, () => random.below(Math.max(1, mostSteps))));
    },
    choose: (choices) => {
      if (changes.has(steps)) {
        // Lower than every priority that was given before: the first change gets depth − 1, the next depth − 2 …
        priorities.set(highest(choices), [...changes].filter((at) => at > steps).length + 1);
      }
      steps++;
      const slot = highest(choices);
      const own = choices.filter((choice) => choice.slot === slot);
      return own[random.below(own.length)]!;
    },
    promise: () => {
      const k = Math.max(mostSteps, steps);
      const bound = 1 / (threads * k ** (depth - 1));
      return `depth ${depth}, ${threads} threads, ${k} steps: each finds a bug of that depth with probability ≥ ${bound.toExponential(1)}`;
    },
  };
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
