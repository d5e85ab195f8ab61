import { expect, test } from 'vitest';
import { exploring, server } from '../helpers/exploring.ts';
import { sellsWhatItSawLast } from '../helpers/probes/selling.ts';

const redis = server();

test('in a story background work is its own process’s and no buyer’s, and a purchase is its buyer’s', async () => {
  const scope = { buyers: 2, stock: 1, jobs: 2, workers: 'everywhere' } as const;
  const found = await exploring(redis.target, sellsWhatItSawLast, scope);
  const { steps, schedule } = found.properties.oversell.counterexample!;
  const starts = schedule.flatMap((step) => (step.event === 'start' ? [step] : []));
  const letters = starts.map(({ slot }) => 'AB'[slot]);
  const told = steps.filter(({ event }) => event === 'job' || event === 'start');
  expect(told.map(({ actor }) => actor)).toEqual(letters);
  const buyers = starts.map(({ call, buyer }) => `${call.method} of ${buyer}`);
  expect(new Set(buyers)).toEqual(new Set(['purchase of 0', 'purchase of 1', 'runJob of -1']));
  // Nobody watches a key, so nobody finds one touched.
  expect(steps.filter(({ dirtied }) => dirtied)).toEqual([]);
});
