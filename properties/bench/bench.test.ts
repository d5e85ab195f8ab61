import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bench, type BenchOptions } from '../../harness/bench/session.ts';
import type { BenchResult, BenchRow } from '../../harness/documents/figures.ts';
import { judge } from '../../harness/checkers/judge.ts';
import { ownCommand } from '../../harness/bench/redis-benchmark.ts';
import { readHistory } from '../../harness/history/jsonl.ts';
import { chosenStrategies, loadStrategy } from '../../harness/loader/strategies.ts';
import { startServer } from '../../harness/redis/server.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import { benchText } from '../../reports/text/bench.ts';
import type { Seller, Strategy } from '../../strategies/contract.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { registry } from '../../strategies/registry.ts';
import { watchRetry } from '../../strategies/watch-retry.ts';
import { rotating } from '../helpers/rotating.ts';
import { seed } from '../helpers/seed.ts';
import { thisServer } from '../helpers/this-server.ts';

let target: RedisTarget;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oversell-bench-'));
  target = await startServer(await thisServer());
});
afterAll(async () => {
  await target.close();
  await rm(folder, { recursive: true });
});

async function run(names: string[], options: Partial<BenchOptions> = {}): Promise<BenchResult> {
  const strategies = await chosenStrategies(names);
  return bench({ target, seed, strategies, seconds: 0.3, inFlight: 8, ...options });
}

test('no speed is ever told of a strategy without its verdict, even if the measured sale never got near the end', async () => {
  const rows = (await run(['read-then-write', 'lua-decrement'])).strategies as BenchRow[];
  for (const row of rows) expect(row.salesPerSecond.median).toBeGreaterThan(0);
  expect(rows.map(({ strategy, verdict }) => [strategy, verdict])).toEqual([
    ['read-then-write', 'violated'],
    ['lua-decrement', 'holds'],
  ]);
  expect(rows[0]!.properties.oversell).toBe('violated');
});

test('what was not measured is null, not a figure', async () => {
  const [row] = (await run(['function-decrement'], { buyers: 15, stock: 0 })).strategies as [BenchRow];
  expect(row.salesPerSecond).toEqual({ median: null, low: null, high: null });
  expect(row.commandsPerSale).toBeNull();
  expect(row.responseMs).toMatchObject({ count: 15, p50: null, p99: null });
});

test('a strategy that the server cannot run is skipped with the reason, and never passed', async () => {
  const path = fileURLToPath(import.meta.resolve('../helpers/probes.mjs'));
  const strategies = [await loadStrategy({ path, export: 'needsTheFuture' })];
  const result = await run([], { strategies });
  expect(result.strategies).toEqual([
    { strategy: 'needs-the-future', skipped: expect.stringContaining('OVERSELL.NEVER') as unknown },
  ]);
});

test('a kept history says what the row says', async () => {
  const [row] = (await run(['lua-reserve-once'], { buyers: 100, stock: 40, historyFolder: folder }))
    .strategies as [BenchRow];
  expect(await readdir(folder)).toEqual(['lua-reserve-once.jsonl']);
  const { history } = await readHistory(join(folder, 'lua-reserve-once.jsonl'));
  const outcomes = [...history.operations].map(({ outcome }) => outcome);
  expect(outcomes).toHaveLength(100);
  expect(outcomes.filter((outcome) => outcome === 'sold')).toHaveLength(40);
  expect(history.recorded).toHaveLength(40);
  expect(history.drained).toBe(0);
  expect(judge(history, { timeoutMs: 10_000 })['lost-sale'].verdict).toBe('holds');
  expect(row.verdict).toBe('holds');
});

test('nonsense in one of several strategies is refused before the first is measured', async () => {
  const told: string[] = [];
  const mistaken = run(['lua-decrement', 'lua-increment'], { onTrial: (name) => told.push(name) });
  await expect(mistaken).rejects.toMatchObject({ code: 'UNKNOWN_STRATEGY' });
  await expect(run(['lua-decrement'], { buyers: 0 })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  expect(told).toEqual([]);
});

test('a client that is the bottleneck says so, one that waits for the server does not', async () => {
  const path = fileURLToPath(import.meta.resolve('../helpers/probes.mjs'));
  const strategies = await Promise.all(
    ['reckons', 'letsReckon'].map((name) => loadStrategy({ path, export: name })),
  );
  const result = await run([], { strategies, workers: 1 });
  const [client, server] = result.strategies as [BenchRow, BenchRow];
  expect(client.bottleneck).toBe('client');
  expect(benchText(result)).toMatch(/The client, not Redis, was the bottleneck of reckons\b/);
  // What else runs on this machine may leave neither of them a whole core.
  expect(server.clientBusy).toBeLessThan(Math.min(0.5, client.clientBusy));
});

test('a run that is interrupted has the rows that there were', async () => {
  const stop = new AbortController();
  const onTrial = (_name: string, trial: number): void => {
    if (trial === 1) stop.abort();
  };
  const result = await run(['lua-decrement', 'lua-reserve-once'], { signal: stop.signal, onTrial });
  expect(result.strategies).toHaveLength(1);
});

/** lua-decrement with a key of its own, of one of two types. */
const naming = (name: string, add: 'sadd' | 'rpush'): Strategy => ({
  ...luaDecrement,
  name,
  async open(redis, sale) {
    await luaDecrement.open(redis, sale);
    await redis[add](`{${sale.sku}}:own`, 'nobody');
  },
});

describe('the one command by which a strategy sells', () => {
  const known: [name: string, command: string][] = [
    ['lua-decrement', 'EVALSHA'],
    ['token-list', 'LMOVE'],
    ['token-set', 'SPOP'],
    ['bitfield-fail', 'BITFIELD'],
  ];
  test.each(rotating(known, 2, 'overheard'))('%s is heard to sell by %s', async (name, command) => {
    const { strategy } = registry.find((built) => built.strategy.name === name)!;
    const own = await ownCommand(target, strategy);
    expect(own?.command).toBe(`${command} (${name})`);
    // What a session opens must be little enough for a strategy that keeps a token a unit.
    const redis = new Redis(target.options);
    await redis.flushdb();
    await own!.prepare(redis);
    expect(await redis.dbsize()).toBeGreaterThan(0);
    redis.disconnect();
  });

  test('one that takes several commands has none, and neither has one that fails', async () => {
    expect(await ownCommand(target, watchRetry)).toBeUndefined();
    const failing = { ...naming('fails', 'sadd'), seller: () => undefined as unknown as Seller };
    expect(await ownCommand(target, failing)).toBeUndefined();
  });

  test('is not disturbed by what another strategy keeps under the same name', async () => {
    const names = ['keeps-a-set', 'keeps-a-list'];
    const found = [naming('keeps-a-set', 'sadd'), naming('keeps-a-list', 'rpush')];
    for (const [i, strategy] of found.entries()) {
      expect((await ownCommand(target, strategy))?.command).toBe(`EVALSHA (${names[i]})`);
    }
    // Under one name of a product they are in each other's way.
    const redis = new Redis(target.options);
    await found[0]!.open(redis, { sku: 'one', stock: 1 });
    await expect(found[1]!.open(redis, { sku: 'one', stock: 1 })).rejects.toThrow('WRONGTYPE');
    redis.disconnect();
  });
});
