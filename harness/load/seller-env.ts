import type { SellerEnv } from '../../strategies/contract.ts';
import { systemClock as clock } from '../ground/ambient.ts';
import { requireChoices, type Random } from '../ground/random.ts';

/** The world of an instance outside the explorer: the real clock, and chance from the run's seed. */
export const sellerEnv = (random: Random, maxAttempts: number, onPause?: () => void): SellerEnv => ({
  random: () => random.next(),
  pick: (n) => random.below(requireChoices(n)),
  now: () => clock.epochMs(),
  sleep: (ms) => {
    onPause?.();
    return clock.sleep(ms);
  },
  maxAttempts,
  outside: (name) => {
    throw new Error(`no large sale has the store ${name} beside Redis: explore`);
  },
});
