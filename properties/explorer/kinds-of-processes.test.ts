import { describe, expect, test } from 'vitest';
import { watchSharedConnection } from '../../strategies/watch-shared-connection.ts';
import { exploring, properties, server } from '../helpers/exploring.ts';
import { caughtAndSpared, exploringProbe, type Pair } from '../helpers/probe-files.ts';
import { rotating, sometimes } from '../helpers/rotating.ts';

const redis = server();
const oneProcess = { buyers: 2, stock: 1, instances: 1 };

describe('what happens in one tick', () => {
  const pairs: Pair[] = [
    { wrong: 'allows-for-nobody', right: 'allows-for-all', scope: oneProcess, rule: 'chunks' },
    {
      wrong: 'allows-for-one',
      right: 'allows-for-all',
      scope: { buyers: 3, stock: 2, instances: 1 },
      rule: 'chunks',
    },
    { wrong: 'by-immediate', right: 'by-immediate-each', scope: oneProcess, rule: 'immediates' },
    // Two starts never fall in one tick: what is put together there is always one.
    { wrong: 'by-tick-after-a-reply', right: 'by-tick', scope: oneProcess, rule: 'chunks' },
    { wrong: 'by-tick-after-a-reply', right: 'by-tick-after-a-reply-each', scope: oneProcess },
    { wrong: 'by-microtask-after-a-reply', right: 'by-microtask', scope: oneProcess, rule: 'chunks' },
    { wrong: 'by-microtask-after-a-reply', right: 'by-microtask-after-a-reply-each', scope: oneProcess },
    {
      wrong: 'awaits-then-takes',
      right: 'takes-then-awaits',
      scope: { buyers: 1, stock: 1, quantities: [2] },
      rule: 'chunks',
    },
    {
      wrong: 'looks-once-counted',
      right: 'takes-once-counted',
      scope: { buyers: 2, stock: 1 },
      rule: 'immediates',
    },
  ].map((pair) => ({ file: 'ticks', ...pair }) as Pair);
  for (const pair of rotating(pairs, Math.ceil(pairs.length / 6), 'kinds-of-processes 1'))
    caughtAndSpared(redis, pair);

  test.each([
    {
      wrong: 'allows-for-nobody',
      right: 'allows-for-all',
      scope: { ...oneProcess, faults: { 'script-flush': 1 } },
    },
    {
      wrong: 'by-microtask-after-a-reply',
      right: 'by-microtask',
      scope: { ...oneProcess, faults: { crash: 1 } },
    },
  ])('$wrong is caught with other events besides, $right is not', async ({ wrong, right, scope }) => {
    const found = await exploringProbe(redis.target, ['ticks', wrong], scope, { auditSamples: 4 });
    expect(properties(found, 'violated')).toContain('oversell');
    expect(found.audit.mismatches).toEqual([]);
    const spared = await exploringProbe(redis.target, ['ticks', right], scope, { auditSamples: 4 });
    expect(properties(spared, 'violated')).not.toContain('oversell');
    expect(spared.coverage).toBe('exhausted');
  });

  sometimes('where chunks make too many states with what else comes, that is said', async () => {
    const scope = { buyers: 2, stock: 2, instances: 1, attempts: 2, faults: { repeat: 1 } };
    const found = await exploring(redis.target, watchSharedConnection, scope);
    expect(found.coverage).toBe('bounded');
    expect(found.notes.join()).toMatch(/which replies arrive in one chunk.*too many states/);
  });

  test('what allows for one other is right while there are two', async () => {
    const found = await exploringProbe(redis.target, ['ticks', 'allows-for-one'], oneProcess);
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual([]);
  });
});

describe('how a process starts, and how it dies', () => {
  const pairs: Pair[] = [
    { wrong: 'if-there-is-none', right: 'once-for-all', scope: { buyers: 2, stock: 1 }, rule: 'boots' },
    {
      wrong: 'if-there-is-none',
      right: 'once-for-all',
      scope: { buyers: 2, stock: 1, faults: { crash: 1 } },
      rule: 'boots',
      but: ['stranded'],
    },
    {
      wrong: 'writes-back-what-it-read',
      right: 'only-reads',
      scope: { buyers: 2, stock: 1, faults: { crash: 1, retry: 1 } },
      rule: 'boots',
      but: ['stranded', 'false-refusal'],
    },
    { wrong: 'looks-once-told', right: 'takes-once-told', scope: { buyers: 2, stock: 1 } },
    {
      wrong: 'counts-and-looks',
      right: 'counts-and-takes',
      scope: { buyers: 2, stock: 1, faults: { crash: 1 } },
      but: ['stranded'],
    },
    {
      wrong: 'takes-back-two',
      right: 'takes-back-one',
      scope: { buyers: 2, stock: 1, faults: { crash: 1 } },
      but: ['stranded', 'false-refusal', 'progress'],
    },
    {
      wrong: 'takes-back-two',
      right: 'takes-back-one',
      scope: { buyers: 2, stock: 1, faults: { 'lost-request': 1 } },
      but: ['false-refusal', 'progress'],
    },
    { wrong: 'digests-and-looks', right: 'digests-and-takes', scope: { buyers: 2, stock: 1 } },
    { wrong: 'signs-and-looks', right: 'signs-and-takes', scope: { buyers: 2, stock: 1 } },
    { wrong: 'digests-before-it-remembers', right: 'remembers-before-it-digests', scope: oneProcess },
    { wrong: 'derives-before-it-remembers', right: 'remembers-before-it-derives', scope: oneProcess },
    { wrong: 'is-overtaken-by-a-timeout', right: 'times-nothing-out', scope: { buyers: 1, stock: 1 } },
    { wrong: 'looks-then-digests', right: 'digests-then-looks', scope: oneProcess },
  ].map((pair) => ({ file: 'starts', ...pair }) as Pair);
  for (const pair of rotating(pairs, Math.ceil(pairs.length / 6), 'kinds-of-processes 2'))
    caughtAndSpared(redis, pair);

  test('the client that is asked for wins over the one that the strategy relies on', async () => {
    const scope = { buyers: 1, stock: 2, faults: { 'lost-reply': 1 } };
    const probe = ['starts', 'wants-no-resend'] as const;
    const asItWants = await exploringProbe(redis.target, probe, scope);
    const resending = await exploringProbe(redis.target, probe, { ...scope, client: 'no-retry' });
    expect(properties(asItWants, 'violated')).not.toEqual(properties(resending, 'violated'));
  });
});

describe('chance', () => {
  const calm = { buyers: 2, stock: 1 };
  const pairs: Pair[] = [
    { wrong: 'traces-and-looks', right: 'traces-by-uuid', scope: calm },
    { wrong: 'traces-and-looks', right: 'traces-by-global-uuid', scope: calm },
    { wrong: 'traces-and-looks', right: 'traces-by-bytes', scope: calm },
    { wrong: 'traces-and-looks', right: 'traces-by-base64', scope: calm },
    { wrong: 'traces-and-looks', right: 'traces-by-base64url', scope: calm },
    { wrong: 'orders-by-uuid-and-looks', right: 'orders-by-uuid', scope: calm },
    { wrong: 'compares-nothing', right: 'compares-its-token', scope: { ...calm, attempts: 2 } },
    { wrong: 'orders-in-letters-and-looks', right: 'orders-in-letters', scope: calm },
    { wrong: 'compares-nothing', right: 'compares-in-letters', scope: { ...calm, attempts: 2 } },
    { wrong: 'compares-nothing', right: 'compares-in-few-letters', scope: { ...calm, attempts: 2 } },
  ].map((pair) => ({ file: 'chance', ...pair }));
  for (const pair of rotating(pairs, Math.ceil(pairs.length / 6), 'kinds-of-processes 3'))
    caughtAndSpared(redis, pair);

  test('draws that decide nothing leave the search exhausted', async () => {
    const found = await exploringProbe(redis.target, ['chance', 'draws-for-nothing'], calm);
    expect(found.coverage).toBe('exhausted');
    expect(found.verdict).toBe('holds');
  });

  test('names so short that two may draw the same are no names', async () => {
    const found = await exploringProbe(redis.target, ['chance', 'orders-in-four-letters'], calm);
    expect(found.coverage).toBe('sampled');
    expect(found.notes.join()).toMatch(/depends on a name that was drawn/);
  });

  test.each([
    'lowest-token',
    'higher-than-the-last',
    'by-a-letter-of-its-name',
    'lowest-in-letters',
    'by-a-letter',
    'as-long-as-it-says',
    'by-math-random',
    'by-random-int',
    'by-env-random',
    'by-one-byte',
  ])('%s is caught, or no more than sampled', async (name) => {
    for (const seed of [1, 2, 3]) {
      const found = await exploringProbe(redis.target, ['chance', name], { ...calm, seed });
      const caught = properties(found, 'violated').includes('oversell');
      expect({ caught, coverage: found.coverage }).not.toEqual({ caught: false, coverage: 'exhausted' });
    }
  });
});
