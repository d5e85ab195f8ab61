import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { judge } from '../../harness/checkers/judge.ts';
import { OutsideTables, tablesOfSale } from '../../harness/load/outside-tables.ts';
import { sellerEnv } from '../../harness/load/seller-env.ts';
import type { StrategyRef } from '../../harness/loader/strategies.ts';
import type { LoadRun } from '../../harness/load/summary.ts';
import { seededRandom } from '../../harness/ground/random.ts';
import { server } from '../helpers/exploring.ts';
import { loading } from '../helpers/loading.ts';

const redis = server();
const load = loading(redis);
const probe = (name: string): StrategyRef => ({
  path: fileURLToPath(new URL('../explorer/probes/outside.mjs', import.meta.url)),
  export: name,
});
const violated = (run: LoadRun): string[] =>
  Object.entries(judge(run.history, { timeoutMs: 10_000 })).flatMap(([property, { verdict }]) =>
    verdict === 'violated' ? [property] : [],
  );

describe('a second step in a large sale', () => {
  const sale = { stock: 20, buyers: 80, inFlight: 16, workers: 2 };

  test('is a table that all processes share, and the ledger after them', async () => {
    const run = await load({ strategy: probe('throws'), ...sale });
    expect(run).toMatchObject({ ended: 'served', soldUnits: 20, drained: 0, errors: [] });
    expect([...run.history.recorded!]).toHaveLength(20);
    expect(violated(run)).toEqual([]);
  });

  test('lets one process alone have a row, and two count what they see', async () => {
    const right = await load({ strategy: probe('takesAPlace'), ...sale });
    expect(right.soldUnits).toBe(20);
    expect(violated(right)).toEqual([]);
    const wrong = await load({ strategy: probe('countsRows'), ...sale });
    expect(violated(wrong)).toContain('oversell');
  });

  test('is empty when the next sale begins', async () => {
    for (let sales = 0; sales < 2; sales++) {
      const run = await load({ strategy: probe('throws'), ...sale, stock: 5 });
      expect([...run.history.recorded!]).toHaveLength(5);
    }
  });

  test('tells the judge which strategies reserve units for a moment', async () => {
    expect((await load({ strategy: probe('reserves'), ...sale })).history.reserves).toBe(true);
    expect((await load({ strategy: probe('looks'), ...sale })).history.reserves).toBeUndefined();
  });
});

describe('a table', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oversell-tables-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('has rows and messages in their order, by the name of its store, for each that opens it', async () => {
    const [one, other] = ['a.db', 'a.db'].map((name) => new OutsideTables(join(folder, name)));
    const orders = one!.named('orders');
    await orders.insert('b', { says: 'ä' });
    await orders.insert('a');
    await one!.named('mails').append({ to: 'b' });
    const seen = other!.named('orders');
    expect(await seen.rows()).toEqual([
      { id: 'b', row: { says: 'ä' } },
      { id: 'a', row: {} },
    ]);
    expect(await seen.find('b')).toEqual({ says: 'ä' });
    expect(await seen.find('c')).toBeUndefined();
    expect(await other!.named('mails').messages()).toEqual([{ to: 'b' }]);
    await expect(seen.insert('a')).rejects.toMatchObject({ code: 'ROW_EXISTS' });
    await seen.remove('a');
    await seen.insert('a', { again: true });
    expect(await orders.find('a')).toEqual({ again: true });
    await orders.run('charge');
    await Promise.all([one!.close(), other!.close()]);
  });

  test('that cannot be opened has failed, and nobody knows more', async () => {
    const tables = new OutsideTables(join(folder, 'no', 'such', 'folder.db'));
    await expect(tables.named('orders').insert('a')).rejects.toMatchObject({ code: 'OUTSIDE' });
  });

  test('is made when it is needed, and gone with its sale', async () => {
    let file = '';
    {
      await using beside = tablesOfSale();
      file = beside.file!;
      expect(existsSync(file)).toBe(false);
      await beside.tables!.named('orders').insert('a');
      expect(existsSync(file)).toBe(true);
    }
    expect(existsSync(file)).toBe(false);
  });

  test('is not there for whoever sells without one', () => {
    const env = sellerEnv(seededRandom(1), 1);
    expect(() => env.outside('orders')).toThrow('the second step orders is asked for where there is none');
  });
});
