import type { Random } from '../../../ground/random.ts';
import type { Scheduler } from './scheduler.ts';

/** At each point every possible event is equally likely. */
export function randomScheduler(random: Random): Scheduler {
  return {
    name: 'random',
    begin: () => {},
    choose: (choices) => choices[random.below(choices.length)]!,
    promise: () => undefined,
  };
}
