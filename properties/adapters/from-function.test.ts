import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import type { Shop } from '../../harness/adapters/shop.ts';
import { ForeignServer } from '../helpers/foreign-server.ts';

/** Somebody's client, which has connected before anything of ours was imported. */
const foreign = await ForeignServer.start();
const theirs = new Redis(foreign.port, '127.0.0.1');
await theirs.ping();

const { explore, fromFunction } = await import('../../harness/library/oversell.ts');

const { runSale, saleCommands, sales, shopOf } = await import('../../harness/library/fast-check.ts');

const CALM = { buyers: 2, stock: 1, seed: 1 };

const TAKES: Shop = {
  open: (client, { stock }) => client.set('stock', stock),
  left: (client) => client.get('stock'),
  buy: async (client) => (await client.decr('stock')) >= 0,
};
const LOOKS: Shop = {
  ...TAKES,
  async buy(client) {
    if (Number(await client.get('stock')) < 1) return false;
    await client.decr('stock');
    return true;
  },
};

describe('functions that a test hands to explore()', () => {
  test('are one process, which a note says', async () => {
    const found = await explore(fromFunction(TAKES, { name: 'mine' }), CALM);
    expect(found).toMatchObject({
      strategy: 'mine',
      verdict: 'holds',
      coverage: 'exhausted',
      scope: { buyers: 2, instances: 1 },
      notes: [expect.stringMatching(/^instances 1: the functions of fromFunction\(\) were imported already/)],
    });
    await expect(explore(fromFunction(TAKES), { ...CALM, instances: 2 })).rejects.toMatchObject({
      code: 'ONE_PROCESS',
      remedy: expect.stringMatching(/fromModule/),
    });
  });

  test('and their twins that look before they take oversell in it, with the line of this file', async () => {
    const found = await explore(fromFunction(LOOKS), CALM);
    expect(found.properties.oversell.verdict).toBe('violated');
    expect(found.coverage).toBe('exhausted');
  });

  test('answer commands that fast-check draws in that process, and their twins do not where commands cross', async () => {
    await foreign.seen();
    const play = async (shop: Shop): Promise<string> => {
      await using driven = await shopOf(fromFunction(shop));
      expect(driven.instances).toBe(1);
      const commands = saleCommands(driven, { repeats: false });
      const { errorInstance } = await fc.check(
        fc.asyncProperty(sales(driven), commands, (sale, asked) => runSale(driven, sale, asked)),
      );
      return errorInstance instanceof Error ? errorInstance.message : 'passes';
    };
    expect(await play(TAKES)).toBe('passes');
    expect(await play(LOOKS)).toMatch(/^no order explains .* → sold, .* → sold/);
    await expect(shopOf(fromFunction(TAKES), { instances: 2 })).rejects.toMatchObject({ code: 'BAD_OPTION' });
    expect((await foreign.seen()).commands).toEqual([]);
  });

  test('are refused where they keep something from one sale to the next', async () => {
    let soldOut = false;
    const remembers = fromFunction({
      ...TAKES,
      async buy(client) {
        if (soldOut) return false;
        const left = await client.decr('stock');
        soldOut = left <= 0;
        return left >= 0;
      },
    });
    await expect(explore(remembers, CALM)).rejects.toMatchObject({
      code: 'KEEPS_MEMORY',
      remedy: expect.stringMatching(/fromModule/),
    });
    const seen = new Map<string, string | null>();
    const caches = fromFunction({
      ...TAKES,
      async left(client) {
        if (!seen.has('stock')) seen.set('stock', await client.get('stock'));
        return seen.get('stock')!;
      },
    });
    await expect(explore(caches, CALM)).rejects.toMatchObject({ code: 'KEEPS_MEMORY' });
  });

  test('are refused before they send a byte to a server that they know from before', async () => {
    await foreign.seen();
    const elsewhere = fromFunction({ ...TAKES, buy: async () => (await theirs.decr('stock')) >= 0 });
    await expect(explore(elsewhere, CALM)).rejects.toMatchObject({
      code: 'EARLIER_CONNECTION',
      message: expect.stringMatching(
        new RegExp(`it writes to 127\\.0\\.0\\.1:${foreign.port} by a connection that was there before`),
      ),
    });
    expect((await foreign.seen()).commands).toEqual([]);
    theirs.disconnect();
  });

  test('are refused where they wait for what is none of the run', async () => {
    const waits = fromFunction({ ...TAKES, buy: () => new Promise(() => {}) });
    await expect(explore(waits, CALM)).rejects.toMatchObject({
      code: 'CANNOT_EXPLORE',
      message: expect.stringMatching(/^the purchase of one buyer alone never ends/),
    });
  });

  // The last one: from here on nothing of the kind is explored in this thread.
  test('are refused once a client has connected, as they might use it', async () => {
    const other = new Redis(foreign.port, '127.0.0.1');
    await other.ping();
    other.disconnect();
    await foreign[Symbol.asyncDispose]();
    await expect(explore(fromFunction(TAKES), CALM)).rejects.toMatchObject({
      code: 'EARLIER_CONNECTION',
      remedy: expect.stringMatching(/fromModule/),
    });
  });
});
