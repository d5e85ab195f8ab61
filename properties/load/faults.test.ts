import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../harness/ground/errors.ts';
import { Connections } from '../../harness/load/connections.ts';
import { runLoad } from '../../harness/load/driver.ts';
import { Failures } from '../../harness/load/failures.ts';
import { faultOf } from '../../harness/load/instance-report.ts';
import type { LoadOptions } from '../../harness/load/run-options.ts';
import { SessionPool, type InstancePool } from '../../harness/load/pool.ts';
import { lineThat } from '../../harness/loader/lines.ts';
import { loadStrategy, type StrategyRef } from '../../harness/loader/strategies.ts';
import type { LoadRun } from '../../harness/load/summary.ts';
import { startServer } from '../../harness/redis/server.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import { seed } from '../helpers/seed.ts';
import { thisServer } from '../helpers/this-server.ts';
import { sometimes } from '../helpers/rotating.ts';

let target: RedisTarget;
beforeAll(async () => {
  target = await startServer(await thisServer());
});
afterAll(() => target.close());

async function load(
  ref: StrategyRef,
  options: Partial<LoadOptions> = {},
  threads?: InstancePool,
): Promise<LoadRun> {
  const strategy = await loadStrategy(ref);
  return runLoad({ target, seed, strategy, stock: 10, buyers: 20, inFlight: 8, ...options }, threads);
}
const probe = (name: string): StrategyRef => ({
  path: fileURLToPath(import.meta.resolve('../helpers/probes.mjs')),
  export: name,
});

describe('a run that is stopped', () => {
  const endless = { stock: 1_000_000, seconds: 600, buyers: 1_000_000_000 };

  test('early comes back with what it recorded, and says that nobody counted what was left', async () => {
    const stop = new AbortController();
    const threads: Worker[] = [];
    const onThread = (worker: Worker): void => {
      expect(worker.threadId).not.toBe(-1);
      if (threads.push(worker) === 2) setTimeout(() => stop.abort(), 500);
    };
    process.on('worker', onThread);
    const run = await load({ name: 'lua-decrement' }, { ...endless, signal: stop.signal });
    process.off('worker', onThread);
    expect(threads.map(({ threadId }) => threadId)).toEqual([-1, -1]);
    expect(run).toMatchObject({ ended: 'aborted', hung: 0, errors: [] });
    expect(run).not.toHaveProperty('drained');
    expect(run.history).not.toHaveProperty('drained');
    // Not one operation is open, and not one is made up.
    expect(run.outcomes.sold).toBe(run.operations);
  });

  test('before it began has an empty history', async () => {
    const run = await load({ name: 'lua-decrement' }, { ...endless, signal: AbortSignal.abort() });
    expect(run).toMatchObject({
      ended: 'aborted',
      operations: 0,
      salesPerSecond: null,
      commandsPerSale: null,
    });
  });
});

// These wait rather than work.
describe.concurrent('no instance that hangs ever hangs the run', () => {
  // A hundred times what threads need to get ready that have loaded this file before.
  const graceMs = 3_000;
  const warm = async (strategy: StrategyRef): Promise<LoadRun> => {
    await using pool = new SessionPool();
    await pool.lend(2, (threads) => load(probe('sharedLoan'), {}, threads));
    return await pool.lend(2, (threads) => load(strategy, { graceMs }, threads));
  };

  sometimes('purchases without an answer end as unknown, open for ever', async () => {
    const run = await warm(probe('neverAnswers'));
    expect(run).toMatchObject({ ended: 'stalled', operations: 8, hung: 8, elapsedNs: 0 });
    expect(run.outcomes.unknown).toBe(8);
    expect([...run.history.operations].every(({ completed }) => completed === Infinity)).toBe(true);
  });

  test('a seller() that does not end is given up', async () => {
    await expect(warm(probe('neverReady'))).rejects.toMatchObject({ code: 'NEVER_SETTLED' });
  });
});

describe('no failure of a strategy is ever lost', () => {
  test.each([
    ['brokenOpen', UsageError, 'OPEN_FAILED', 'no such warehouse'],
    ['brokenSeller', UsageError, 'STRATEGY_FAILED', 'no such till'],
    ['throwsOutside', UsageError, 'STRAY_ERROR', 'nobody catches this'],
    ['notThere', UsageError, 'UNKNOWN_STRATEGY', 'notThere'],
  ])('%s ends the run with its own words', async (name, kind, code, words) => {
    const failure = await load(probe(name)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(kind);
    expect(failure).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  test('a throw in doubt is unknown, a definite one rejected, and both are counted by kind', async () => {
    const run = await load(probe('failing'), { buyers: 30 });
    expect(run.outcomes).toMatchObject({ rejected: 10, unknown: 20 });
    // The fourth: the purchase by which the driver looks for what is left fails too, and nothing is claimed.
    expect(run.errors).toHaveLength(4);
    expect(run.errors.at(-1)!.kind).toBe('at rest: Error: lost request #');
    expect(run).not.toHaveProperty('drained');
    const probes = readFileSync(new URL('../helpers/probes.mjs', import.meta.url), 'utf8');
    const at = (text: RegExp): unknown =>
      expect.stringMatching(new RegExp(`/probes\\.mjs:${lineThat(probes, text)}$`));
    const refused = { kind: 'REFUSED', count: 10, message: 'refused', at: at(/new Error\('refused'\)/) };
    expect(run.errors).toContainEqual(refused);
    const doubt = {
      kind: 'Error: lost request #',
      count: 10,
      message: expect.stringMatching(/request \d+/),
      at: at(/lost request/),
    };
    expect(run.errors).toContainEqual(doubt);
    expect(run.errors.find(({ kind }) => kind.startsWith('TypeError'))?.message).toContain('"maybe"');
  });

  test('what fails when it closes is told as that, once an instance', async () => {
    const run = await load(probe('brokenClose'));
    // The second: what is left is looked for by a seller of its own.
    expect(run.errors).toMatchObject([
      { kind: 'close: Error: no such key', count: 2, message: 'no such key' },
      { kind: 'at rest: Error: no such key', count: 1 },
    ]);
  });

  test('what fails on a connection by itself is told as that, and not as a purchase', async () => {
    const failures = new Failures();
    const connections = new Connections(failures);
    const redis = (await connections.open(target)) as Redis;
    for (const one of [redis, redis.duplicate()]) one.emit('error', new Error('no such host'));
    connections.disconnect();
    expect(failures.list()).toEqual([
      { kind: 'connection: Error: no such host', count: 2, message: 'no such host' },
    ]);
  });

  test('where an instance ended is told with why, as far as that is known', () => {
    expect(faultOf('selling', new Error('no such till')).stack).toContain('faults.test.ts');
    expect(faultOf('selling', 'no such till')).toEqual({
      kind: 'fault',
      during: 'selling',
      message: 'no such till',
    });
  });

  test('a server that is not there is named as such', async () => {
    const nowhere = { ...target, options: { path: '/nowhere/redis.sock' } };
    await expect(load({ name: 'lua-decrement' }, { target: nowhere })).rejects.toMatchObject({
      code: 'NO_CONNECTION',
    });
  });
});
