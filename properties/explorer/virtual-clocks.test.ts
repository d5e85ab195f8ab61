import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../harness/ground/ambient.ts';
import { virtualGlobals } from '../../harness/explorer/process/virtual.ts';
import { patchClocks } from '../../harness/explorer/process/virtual-clocks.ts';
import { inWorld, type World } from '../../harness/explorer/process/worlds.ts';

const CLOCKS = ['hrtime', 'uptime'] as const;
const real = CLOCKS.map((name) => Object.getOwnPropertyDescriptor(process, name)!);
afterEach(() => CLOCKS.forEach((name, i) => Object.defineProperty(process, name, real[i]!)));

/** What the clocks of the process show while explored code is told this many milliseconds. */
function shown<T>(ms: number | undefined, look: () => T): T {
  patchClocks(
    (target, key, value) => void (target[key] = value),
    () => ms,
  );
  return look();
}

const look = (): unknown[] => [
  process.uptime(),
  process.hrtime(),
  process.hrtime([1, 999_999_999]),
  process.hrtime.bigint(),
];

test('the clocks of the process show explored code virtual time', () => {
  expect(shown(2_250, look)).toEqual([2.25, [2, 250_000_000], [0, 250_000_001], 2_250_000_000n]);
});

test('and everybody else the time that it is', () => {
  const before = process.hrtime.bigint();
  const looked = shown(undefined, () => process.hrtime.bigint());
  expect(looked).toBeGreaterThanOrEqual(before);
  expect(shown(undefined, () => process.uptime())).toBeGreaterThan(0.01);
  expect(shown(undefined, () => process.hrtime())[0]).toBeGreaterThanOrEqual(
    Math.floor(Number(before) / 1e9),
  );
});

/** In the ways that there are, by whatever is global when it is called. */
async function dates(): Promise<number[]> {
  const { Date: Shown } = globalThis;
  return [Shown.now(), new Shown().getTime(), Shown.parse(Shown())];
}

test('Date tells explored code virtual time in each of its ways, and everybody else the time that it is', async () => {
  const [before, ms] = [systemClock.epochMs(), 1_234_567_000];
  const globals = { enter: () => {}, leave: () => {} };
  const world = { readClock: () => ms, globals } as unknown as World;
  using _ = virtualGlobals();
  expect(await inWorld(world, dates)).toEqual([ms, ms, ms]);
  for (const one of await dates()) expect(one).toBeGreaterThan(before - 2_000);
});
