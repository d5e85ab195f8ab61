import { describe, expect, test } from 'vitest';
import { properties, server } from '../helpers/exploring.ts';
import { caughtAndSpared, exploringFolder, exploringProbe, type Pair } from '../helpers/probe-files.ts';
import { sometimes, thirdOf } from '../helpers/rotating.ts';

const redis = server();
const two = { buyers: 2, stock: 1 };
const one = { buyers: 1, stock: 1 };

/** Takes twice where a timer of 100 ms fires, once both are set, before one of 50 ms that was set after it. */
const outOfTurn = {
  'sell.mjs': `import { answer, probe, take } from './parts.mjs';
export const strategy = probe('probe', (redis, env) => async () => {
  let isLate = false;
  setTimeout(() => (isLate = true), 100);
  const sold = await take(redis);
  const wasLate = isLate;
  await env.sleep(50);
  if (isLate && !wasLate) await take(redis);
  return answer(sold);
});`,
};

/** Sells twice where, after both have waited, the key that the first set before is still there. */
const waitingSideBySide = (ms: number): Record<string, string> => ({
  'sell.mjs': `import { answer, probe, STOCK, take } from './parts.mjs';
export const strategy = probe('probe', (redis, env) => async () => {
  const first = await redis.set('{item}:key', 1, 'PX', ${ms}, 'NX');
  await env.sleep(100);
  if (first) await redis.set('{item}:woke', 1);
  else if ((await redis.get('{item}:woke')) && (await redis.exists('{item}:key'))) await redis.incr(STOCK);
  return answer(await take(redis));
});`,
});

describe('what time it is', () => {
  const pairs: Pair[] = [
    { wrong: 'pauses-too-long', right: 'pauses-briefly', scope: two, rule: 'clock' },
    {
      wrong: 'leases-and-looks',
      right: 'leases-and-takes',
      scope: { ...two, faults: { slow: 1 } },
      rule: 'clock',
    },
    {
      wrong: 'record-ends-before',
      right: 'record-outlives',
      scope: { ...one, faults: { crash: 1 } },
      property: 'stranded',
    },
    { wrong: 'sets-a-date-that-is-past', right: 'sets-a-date-to-come', scope: one },
    { wrong: 'extends-what-is-left', right: 'extends-too-early', scope: one, rule: 'clock' },
    { wrong: 'reads-another-clock', right: 'ends-a-timer-by-its-number', scope: one },
    { wrong: 'reads-another-clock', right: 'loses-its-context', scope: one },
  ].map((pair) => ({ file: 'time', ...pair }) as Pair);
  for (const pair of thirdOf(pairs, 'kinds-of-time 1')) caughtAndSpared(redis, pair);

  test('a lease that only code knows of holds while no time can pass', async () => {
    const found = await exploringProbe(redis.target, ['time', 'leases-and-looks'], two);
    expect(found.coverage).toBe('exhausted');
    expect(found.properties.oversell.verdict).toBe('holds');
    expect(found.reductions.stillClock).toBe(true);
  });

  test('a timer of 100 ms may fire before one of 50 ms that is set after a reply', async () => {
    const found = await exploringProbe(redis.target, ['time', 'sets-a-shorter-one-later'], {
      buyers: 1,
      stock: 2,
    });
    expect(properties(found, 'violated')).toContain('stranded');
    const atOnce = ['time', 'sets-a-shorter-one-at-once'] as const;
    const spared = await exploringProbe(redis.target, atOnce, { buyers: 1, stock: 2 });
    expect(spared.coverage).toBe('exhausted');
    expect(properties(spared, 'violated')).toEqual([]);
  });

  test.each([false, true])(
    'either of two timers may be the next that fires; unreduced: %s',
    async (unreduced) => {
      const scope = { buyers: 1, stock: 2 };
      const found = await exploringFolder(redis.target, outOfTurn, scope, { unreduced });
      expect(found.coverage).toBe('exhausted');
      expect(properties(found, 'violated')).toEqual(['stranded']);
    },
  );

  test.each([
    [150, ['oversell']],
    [90, []],
  ])('two who wait 100 ms side by side wait no longer, as a key of %i ms tells', async (ms, expected) => {
    const found = await exploringFolder(redis.target, waitingSideBySide(ms), { buyers: 2, stock: 2 });
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual(expected);
  });
});

test('whoever waits by timers/promises, promisify or AbortSignal.timeout waits in virtual time', async () => {
  const found = await exploringProbe(redis.target, ['time', 'waits-in-every-way'], one, { auditSamples: 2 });
  expect(found.coverage).toBe('exhausted');
  expect(properties(found, 'violated')).toEqual([]);
  expect(found.audit.mismatches).toEqual([]);
  const looks = await exploringProbe(redis.target, ['time', 'waits-and-looks'], two);
  expect(properties(looks, 'violated')).toContain('oversell');
});

test('a command of which the client tires may have run all the same', async () => {
  const found = await exploringProbe(redis.target, ['time', 'trusts-its-client'], one);
  expect(properties(found, 'violated')).toContain('stranded');
  const patient = await exploringProbe(redis.target, ['time', 'trusts-a-patient-client'], one);
  expect(properties(patient, 'violated')).toEqual([]);
});

describe('an interval', () => {
  sometimes('ticks before the first buyer of its process comes', async () => {
    const found = await exploringProbe(redis.target, ['time', 'looks-once-warm'], two);
    expect(properties(found, 'violated')).toContain('oversell');
    const right = await exploringProbe(redis.target, ['time', 'takes-once-warm'], one);
    expect(properties(right, 'violated')).toEqual([]);
  });

  test('that only beats makes a search that ends', async () => {
    const found = await exploringProbe(redis.target, ['time', 'beats'], two, { auditSamples: 6 });
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual([]);
    expect(found.audit.mismatches).toEqual([]);
  });

  sometimes('that beats while another timer waits leads back to where it was without the beat', async () => {
    const found = await exploringProbe(redis.target, ['time', 'beats-and-takes'], one, { auditSamples: 6 });
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual([]);
    expect(found.audit.mismatches).toEqual([]);
    const denies = await exploringProbe(redis.target, ['time', 'beats-and-denies'], { buyers: 1, stock: 2 });
    expect(properties(denies, 'violated')).toContain('stranded');
  });

  test('whose third tick changes what is sold is caught', async () => {
    const found = await exploringProbe(redis.target, ['time', 'acts-at-the-third-tick'], one);
    expect(found.coverage).toBe('bounded');
    expect(properties(found, 'violated')).toContain('oversell');
    expect(found.properties.oversell.counterexample).not.toBeNull();
  });

  test('that counts on the server makes a search that is bounded, not exhausted', async () => {
    const found = await exploringProbe(redis.target, ['time', 'beats-and-counts'], one);
    expect(found.coverage).toBe('bounded');
  });
});
