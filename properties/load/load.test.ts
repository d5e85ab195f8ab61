import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { judge } from '../../harness/checkers/judge.ts';
import type { Operation } from '../../harness/history/operation.ts';
import type { StrategyRef } from '../../harness/loader/strategies.ts';
import type { LoadRun } from '../../harness/load/summary.ts';
import { sellable } from '../helpers/built-ins.ts';
import { server } from '../helpers/exploring.ts';
import { loading } from '../helpers/loading.ts';
import { rotating } from '../helpers/rotating.ts';

const redis = server();
const load = loading(redis);
const verdicts = (run: LoadRun): string[] =>
  Object.values(judge(run.history, { timeoutMs: 10_000 })).map(({ verdict }) => verdict);
const probe = (name: string): StrategyRef => ({
  path: fileURLToPath(import.meta.resolve('../helpers/probes.mjs')),
  export: name,
});

describe('under load', () => {
  // Who may be refused wrongly by declaration is not counted to the unit.
  const correct = sellable
    .filter(({ control, strategy }) => !control && strategy.guarantees?.['false-refusal']?.calm === 'holds')
    .map(({ strategy }) => strategy);

  test.each(rotating(correct, 3, 'loaded'))(
    '$name never sells or loses a unit that it should not',
    async ({ name }) => {
      // Each conflict of an optimistic strategy is somebody's sale, so 64 attempts outlast 30 units.
      const run = await load({ strategy: { name }, stock: 30, buyers: 300, inFlight: 32, workers: 2 });
      expect(run).toMatchObject({ ended: 'served', operations: 300, soldUnits: 30, hung: 0, errors: [] });
      expect(run).toMatchObject({ drained: 0, drainedBy: 'purchases' });
      expect(run.outcomes).toMatchObject({ sold: 30, 'sold-out': 270 });
      expect(verdicts(run).filter((verdict) => verdict !== 'holds' && verdict !== 'n/a')).toEqual([]);
    },
  );

  test('the control never gets away: 16 in flight on 2 instances oversell 4 units, whatever the timing', async () => {
    // The 8 tasks of an instance send their GETs in one tick, ahead of any DECRBY of theirs. The first DECRBY of
    // all is some instance's own, so the 8 GETs of that instance saw all 4 units, and all 8 of its buyers bought.
    const run = await load({
      strategy: { name: 'read-then-write' },
      stock: 4,
      buyers: 16,
      inFlight: 16,
      workers: 2,
    });
    expect(run.soldUnits).toBeGreaterThanOrEqual(8);
    expect(judge(run.history, { timeoutMs: 10_000 }).oversell.verdict).toBe('violated');
  });

  test('no unit is lost or made when purchases take several units', async () => {
    const declaring = correct.filter(({ guarantees }) => guarantees?.stranded?.['several-units'] === 'holds');
    for (const { name } of rotating(declaring, 2, 'loaded with several units')) {
      const run = await load({
        strategy: { name },
        stock: 40,
        buyers: 60,
        quantities: [3, 1, 2],
        inFlight: 16,
      });
      expect({ name, units: run.soldUnits + (run.drained ?? NaN) }).toEqual({ name, units: 40 });
    }
  });

  test('the ledger holds exactly the sales, and no user more than the limit', async () => {
    const run = await load({
      strategy: { name: 'lua-reserve-once' },
      stock: 100,
      buyers: 90,
      users: 30,
      perUserLimit: 2,
      inFlight: 16,
    });
    expect(run.outcomes).toMatchObject({ sold: 60, 'limit-reached': 30 });
    expect(run.drained).toBe(40);
    const sold = [...run.history.operations].filter(({ outcome }) => outcome === 'sold');
    const asLedger = sold.map(({ request, user, quantity }) => ({
      requestId: request,
      userId: user,
      quantity,
    }));
    expect([...run.history.recorded!].toSorted(byId)).toEqual(asLedger.toSorted(byId));
  });
});

describe('the history', () => {
  test('misses no buyer, and no process ever does two things at once', async () => {
    const run = await load({ strategy: { name: 'lua-decrement' }, stock: 50, buyers: 200, inFlight: 8 });
    const operations = [...run.history.operations];
    const numbers = operations.map(({ request }) => Number(/^r(\d+)-/.exec(request)![1]));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    expect(operations.map(({ invoked }) => invoked)).toEqual(
      operations.map(({ invoked }) => invoked).toSorted((a, b) => a - b),
    );
    expect(new Set(operations.map(({ process }) => process)).size).toBe(8);
    expect(overlaps(operations)).toBe(0);
    // The same operations as if one process had done them: then it did two things at once.
    expect(overlaps(operations.map((operation) => ({ ...operation, process: 0 })))).toBeGreaterThan(0);
  });

  test('no two runs share a product or a request, even with the same seed', async () => {
    const options = { strategy: { name: 'lua-decrement' }, stock: 5, buyers: 5, inFlight: 2 };
    const [one, other] = [await load(options), await load(options)];
    expect(one.history.sale.sku).not.toBe(other.history.sale.sku);
    const requests = [one, other].flatMap((run) => [...run.history.operations].map(({ request }) => request));
    expect(new Set(requests).size).toBe(10);
  });

  test('does not end at sold out: requests go on into the drain phase until the time is up', async () => {
    const run = await load({ strategy: { name: 'lua-decrement' }, stock: 10, seconds: 1, inFlight: 4 });
    expect(run).toMatchObject({ ended: 'time-up', soldUnits: 10, hung: 0 });
    expect(run.outcomes['sold-out']).toBe(run.operations - 10);
    expect(run.outcomes['sold-out']).toBeGreaterThan(0);
    expect(run.sellingNs).toBeLessThan(run.elapsedNs);
  });
});

describe('what is lent and counted', () => {
  test('no exclusive connection ever serves two purchases at once', async () => {
    const run = await load({ strategy: probe('exclusiveLoan'), stock: 0, buyers: 200, inFlight: 16 });
    expect(run.errors).toEqual([]);
    // Each instance has one more for itself.
    expect(run.connections).toBe(18);
  });

  test('the same probe catches a shared one, so it can tell', async () => {
    const run = await load({ strategy: probe('sharedLoan'), stock: 0, buyers: 200, inFlight: 16 });
    expect(run.connections).toBe(2);
    expect(run.errors).toMatchObject([{ message: 'this connection is lent twice' }]);
    expect(run.outcomes.unknown).toBe(run.errors[0]!.count);
  });

  test.each([
    ['function-decrement', 1],
    ['read-then-write', 2],
    ['watch-retry', 5],
  ])('%s sends %i commands per sale when nobody is in its way', async (name, commands) => {
    const run = await load({ strategy: { name }, stock: 20, buyers: 20, inFlight: 1 });
    expect(run.commandsPerSale).toBe(commands);
  });

  test('commands on a connection that the strategy opened for itself count too', async () => {
    const run = await load({ strategy: probe('duplicating'), stock: 20, buyers: 20, inFlight: 1 });
    expect(run.commandsPerSale).toBe(2);
  });

  test('no connection is left behind', async () => {
    await load({ strategy: { name: 'watch-retry' }, stock: 5, buyers: 20, inFlight: 8 });
    await using watcher = await clients();
    // The server hears of a closed socket a moment later.
    await expect.poll(() => watcher.count(), { timeout: 10_000 }).toBe(1);
  });
});

const byId = (a: { requestId?: string }, b: { requestId?: string }): number =>
  a.requestId!.localeCompare(b.requestId!);

/** How often a process began an operation before it had ended the one before. */
function overlaps(operations: readonly Operation[]): number {
  const busyUntil = new Map<number, number>();
  let found = 0;
  for (const { process, invoked, completed } of operations) {
    if (invoked < (busyUntil.get(process) ?? 0)) found++;
    busyUntil.set(process, completed);
  }
  return found;
}

async function clients(): Promise<{ count(): Promise<number> } & AsyncDisposable> {
  const watcher = new Redis({ ...redis.target.options, lazyConnect: true });
  await watcher.connect();
  return {
    count: async () =>
      String(await watcher.client('LIST'))
        .trim()
        .split('\n').length,
    [Symbol.asyncDispose]: async () => watcher.disconnect(),
  };
}
