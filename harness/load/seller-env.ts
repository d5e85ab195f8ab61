import type { Outside, SellerEnv } from '../../strategies/contract.ts';
import { systemClock as clock } from '../ground/ambient.ts';
import { UsageError } from '../ground/errors.ts';
import { requireChoices, type Random } from '../ground/random.ts';

/** What is there beside the clock and chance. */
interface Around {
  /** Told of each pause. */
  onPause?: () => void;
  /** Absent: there are no stores beside Redis. */
  tables?: { named(store: string): Outside } | undefined;
}

/** The world of an instance outside the explorer: the real clock, and chance from the run's seed. */
export const sellerEnv = (
  random: Random,
  maxAttempts: number,
  { onPause, tables }: Around = {},
): SellerEnv => ({
  random: () => random.next(),
  pick: (n) => random.below(requireChoices(n)),
  now: () => clock.epochMs(),
  sleep: (ms) => {
    onPause?.();
    return clock.sleep(ms);
  },
  maxAttempts,
  outside: (name) => {
    if (tables) return tables.named(name);
    throw new UsageError(
      'NO_SECOND_STEP',
      `the second step ${name} is asked for where there is none`,
      'explore, bench or evaluate a strategy with a second step, with a folder for temporary files',
    );
  },
});
