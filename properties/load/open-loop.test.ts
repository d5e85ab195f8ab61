import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { measureStrategies, type BenchFlags } from '../../harness/commands/measure-strategies.ts';
import { isSaturated } from '../../harness/bench/row.ts';
import { UsageError } from '../../harness/ground/errors.ts';
import type { StrategyRef } from '../../harness/loader/strategies.ts';
import type { LoadRun } from '../../harness/load/summary.ts';
import { oversell } from '../helpers/command.ts';
import { server } from '../helpers/exploring.ts';
import { loading, type GivenLoad } from '../helpers/loading.ts';
import { rejection } from '../helpers/machines.ts';
import { seed } from '../helpers/seed.ts';

const sell = loading(server());
const load = (options: Omit<GivenLoad, 'stock'>): Promise<LoadRun> => sell({ stock: 1_000_000, ...options });
const probe = (name: string): StrategyRef => ({
  path: fileURLToPath(import.meta.resolve('../helpers/probes.mjs')),
  export: name,
});

test('every arrival is sent or counted as unsent, and no process ever does two things at once', async () => {
  const arrivals = { profile: 'constant', ratePerSecond: 600 } as const;
  const run = await load({ strategy: { name: 'lua-decrement' }, arrivals, seconds: 0.5, workers: 2 });
  expect(run).toMatchObject({ mode: 'open', errors: [] });
  expect(run.operations + run.unsent).toBe(300);
  const busyUntil = new Map<number, number>();
  for (const { process, invoked, completed } of run.history.operations) {
    expect(invoked).toBeGreaterThanOrEqual(busyUntil.get(process) ?? 0);
    busyUntil.set(process, completed);
  }
});

describe('coordinated omission: a pause of 200 ms of the server', () => {
  test('is in the p99 of the response time, because who came meanwhile waited too', async () => {
    const arrivals = { profile: 'constant', ratePerSecond: 500 } as const;
    const open = await load({ strategy: probe('pausesTheServer'), arrivals, seconds: 3 });
    const response = open.times.response.percentiles();
    expect(response.p99).toBeGreaterThanOrEqual(100);
    expect(response.max).toBeGreaterThanOrEqual(200);

    // The twin: in a closed loop the pause keeps everybody else from asking, and hits one purchase of a thousand.
    const closed = await load({ strategy: probe('pausesTheServer'), buyers: 1_000, inFlight: 1 });
    // From the history: the figures leave out what counts as warming up, and the pause is early.
    const tookMs = [...closed.history.operations].map(
      ({ invoked, completed }) => (completed - invoked) / 1e6,
    );
    expect(Math.max(...tookMs)).toBeGreaterThanOrEqual(200);
    expect(metThePause(closed)).toBe(1);
  });
});

describe('more arrivals than can be served', () => {
  const arrivals = { profile: 'constant', ratePerSecond: 1_000 } as const;

  test('wait, are told as unsent, and make the run count as saturated', async () => {
    const run = await load({ strategy: probe('tenthOfASecond'), arrivals, seconds: 1, inFlight: 4 });
    expect(run.operations + run.unsent).toBe(1_000);
    expect(run.operations).toBeLessThanOrEqual(44);
    expect(isSaturated(run)).toBe(true);
    // Whoever waited for a free connection waited: it is in the response time, and in neither of the others.
    const [response, service] = [run.times.response, run.times.service].map(
      (times) => times.percentiles().max,
    );
    expect(response).toBeGreaterThan(2 * 100);
    expect(run.connections).toBe(5);
    expect(service).toBeLessThan(response!);
  });

  test('are not what is told of a run that keeps up', async () => {
    const few = { profile: 'constant', ratePerSecond: 20 } as const;
    const run = await load({ strategy: probe('tenthOfASecond'), arrivals: few, seconds: 1, inFlight: 64 });
    expect(isSaturated(run)).toBe(false);
    expect(run.operations + run.unsent).toBe(20);
  });
});

const bench = (flags: Partial<BenchFlags>): Promise<unknown> =>
  measureStrategies(
    ['lua-decrement'],
    { trials: 1, runs: 'runs', profile: 'quick', makeFolder: () => 'runs', ...flags, seed },
    {
      progress: { now() {}, detail() {}, line() {}, end() {} },
      signal: new AbortController().signal,
      loss: { onLost() {}, doing: () => undefined },
    },
  );

describe('what makes no sense together is refused as bad usage', () => {
  test.each<[flags: Partial<BenchFlags>, code: string]>([
    [{ mode: 'open' }, 'CONTRADICTION'],
    [{ mode: 'closed', rate: 5 }, 'CONTRADICTION'],
    [{ arrivals: 'poisson' }, 'CONTRADICTION'],
    [{ slo: 'p99=5ms', rate: 5 }, 'CONTRADICTION'],
    [{ slo: 'fast' }, 'INVALID_INPUT'],
    [{ baseline: 'watch-retry' }, 'UNKNOWN_BASELINE'],
  ])('%o', async (flags, code) => {
    const refusal = await rejection(bench(flags));
    expect(refusal).toBeInstanceOf(UsageError);
    expect(refusal).toMatchObject({ code });
  });

  test.each([
    ['--mode closed --rate 5', 'CONTRADICTION'],
    ['--arrivals poisson', 'CONTRADICTION'],
    ['--slo fast', 'INVALID_INPUT'],
    ['--baseline watch-retry', 'UNKNOWN_BASELINE'],
  ])('as the command line says it: %s', async (flags, code) => {
    const { exitCode, stdout } = await oversell(['bench', 'lua-decrement', '--json', ...flags.split(' ')])
      .ended;
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code } });
  });
});

/** Purchases in flight while the server paused: what the hundredth buyer began it for, and waited for its end. */
function metThePause({ history }: LoadRun): number {
  const operations = [...history.operations];
  const cause = operations.find(({ request }) => request.startsWith('r100-'))!;
  const [from, to] = [cause.completed - 150e6, cause.completed];
  return operations.filter(({ invoked, completed }) => invoked < to && completed > from).length;
}
