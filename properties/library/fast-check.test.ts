import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  runSale,
  saleCommands,
  sales,
  shopOf,
  type CommandsOptions,
  type Explorable,
  type SaleCommand,
  type Shop,
  type ShopOptions,
} from '../../harness/library/fast-check.ts';
import { fromModule } from '../../harness/library/oversell.ts';
import type { Sale } from '../../strategies/contract.ts';
import { start, type Ended } from '../helpers/command.ts';
import { projectWithUs } from '../helpers/own-clients.ts';
import { folderWith } from '../helpers/strategy-sources.ts';
import { sometimes } from '../helpers/rotating.ts';

/** A shop that remembers requests, by what decides a purchase. */
const shopFile = (decide: string, state = ''): string => `
const SCRIPT = \`if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return 1 end
if tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[3]) then return 0 end
redis.call('DECRBY', KEYS[1], ARGV[3]) redis.call('HSET', KEYS[2], ARGV[1], ARGV[2]) return 1\`;
export const shop = {
  name: 'shop', summary: 'remembers', connection: 'shared', supports: ['several-units'],
  open: (redis, { stock }) => redis.set('stock', stock),
  seller(redis) {
    ${state}
    const take = async (requestId, userId, quantity) =>
      (await redis.eval(SCRIPT, 2, 'stock', 'orders', requestId, userId + ' ' + quantity, quantity)) === 1;
    return {
      async purchase({ requestId, userId, quantity }) { ${decide} },
      remaining: async () => Number(await redis.get('stock')),
      async recorded() {
        return Object.entries(await redis.hgetall('orders')).map(([requestId, order]) => {
          const [userId, quantity] = order.split(' ');
          return { requestId, userId, quantity: Number(quantity) };
        });
      },
      async release({ requestId, quantity }) {
        if (await redis.hdel('orders', requestId)) await redis.incrby('stock', quantity);
      },
      restock: (quantity) => redis.incrby('stock', quantity),
    };
  },
};`;
const SOLD = "return { kind: 'sold' };";
const NO = "return { kind: 'sold-out' };";

const RIGHT = `if (await take(requestId, userId, quantity)) ${SOLD} ${NO}`;
const LOOKS = `if (await redis.hexists('orders', requestId)) ${SOLD}
  if (Number(await redis.get('stock')) < quantity) ${NO}
  await redis.decrby('stock', quantity);
  await redis.hset('orders', requestId, userId + ' ' + quantity);
  ${SOLD}`;
const REFUSES = `if (over) ${NO} ${RIGHT.replace(NO, `over = true; ${NO}`)}`;

const shopIn = (source: string): URL => pathToFileURL(join(folderWith({ 'shop.mjs': source }), 'shop.mjs'));

interface Played extends CommandsOptions, ShopOptions {
  runs?: number;
  again?: { seed: number; path: string };
}

type Case = [Sale, Iterable<SaleCommand>];

/** What fast-check finds, as `fc.assert` would report it. */
async function play(
  subject: Explorable,
  { runs = 100, again, strategy, instances, ...options }: Played = {},
): Promise<fc.RunDetails<Case>> {
  await using shop = await shopOf(subject, {
    ...(strategy !== undefined && { strategy }),
    ...(instances !== undefined && { instances }),
  });
  return await fc.check(property(shop, options), { numRuns: runs, ...again });
}

const property = (shop: Shop, options: CommandsOptions): fc.IAsyncProperty<Case> =>
  fc.asyncProperty(sales(shop), saleCommands(shop, options), (sale, commands) =>
    runSale(shop, sale, commands),
  );

const why = ({ errorInstance }: fc.RunDetails<Case>): string => (errorInstance as Error).message;
const shown = (details: fc.RunDetails<Case>): string => fc.defaultReportMessage(details)!;
const length = ({ counterexample }: fc.RunDetails<Case>): number =>
  fc.stringify(counterexample![1]).split('),').length;

describe('a shop that decides in one step', () => {
  test.each<[string, () => Explorable, Played?]>([
    ['in a file', () => shopIn(shopFile(RIGHT))],
    ['that is built in', () => 'lua-reserve-once'],
    ['with holds and a sweeper', () => 'hold-then-confirm', { runs: 40 }],
    ['with a queue and its consumer', () => 'queue-single-consumer', { runs: 40 }],
    ['by WATCH, where no request is made again', () => 'watch-retry', { repeats: false, runs: 40 }],
  ])('%s answers as the model does', async (_, subject, options) => {
    expect(await play(subject(), options)).toMatchObject({ failed: false, counterexample: null });
  });
});

/** Of the twelve that a run may have; the sale is not shrunk, and one of several units may take a few more to go wrong. */
const FEW = 7;

describe('fast-check shrinks to a few commands', () => {
  test('a shop that looks before it takes, whose commands crossed', async () => {
    const found = await play(shopIn(shopFile(LOOKS)), { repeats: false });
    expect(why(found)).toMatch(
      /^no order explains what these were told at once: .*→ sold, .*→ sold.*; before/,
    );
    expect(shown(found)).toMatch(
      /at once\(.*\) as .*get stock.*; get stock.*; decrby stock \d.*decrby stock/,
    );
    expect(length(found)).toBeLessThanOrEqual(FEW);
    // One after the other nothing crosses.
    expect((await play(shopIn(shopFile(LOOKS)), { atOnce: 1 })).failed).toBe(false);
  });

  test('one that forgets requests, and does so only where one is made again', async () => {
    const forgets = shopIn(shopFile(RIGHT).replace(/if redis.call\('HEXISTS'.*\n/, ''));
    const found = await play(forgets);
    const [, asked] = /Counterexample: \[\{[^}]*\},(.*) \/\*/.exec(shown(found))!;
    expect(asked).toMatch(/purchase\((r\d), u\d, \d\).*purchase\(\1,/);
    expect(why(found)).toMatch(/; a request was made again, which sells once: give repeats: false/);
    expect(length(found)).toBeLessThanOrEqual(FEW);
    expect((await play(forgets, { repeats: false })).failed).toBe(false);
  });

  test('one that refuses what came back, and says what the model answers', async () => {
    const found = await play(shopIn(shopFile(REFUSES, 'let over = false;')), {
      atOnce: 1,
      instances: 1,
      repeats: false,
    });
    expect(why(found)).toMatch(
      /^purchase\(r\d, u\d, \d\) → sold-out, and the model answers sold(?: or already-yours)?: it had \d left/,
    );
    expect(length(found)).toBeLessThanOrEqual(FEW);
  });

  test('one whose ledger lacks a sale, at rest', async () => {
    const loses = shopFile(
      `if (await take(requestId, userId, quantity)) { await redis.hdel('orders', requestId); ${SOLD} } ${NO}`,
    );
    expect(why(await play(shopIn(loses), { repeats: false, atOnce: 1 }))).toMatch(
      /^the ledger at rest has nothing, and the model has \d left, r\d holds \d/,
    );
  });

  test('and by seed, path and replayPath the same commands come again', async () => {
    const found = await play(shopIn(shopFile(LOOKS)), { repeats: false });
    const { seed, counterexamplePath } = found;
    const [, replayPath = ''] = /replayPath="([^"]*)"/.exec(shown(found))!;
    const again = { seed, path: counterexamplePath! };
    const repeated = await play(shopIn(shopFile(LOOKS)), { repeats: false, again, replayPath });
    expect([why(repeated), fc.stringify(repeated.counterexample)]).toEqual([
      why(found),
      fc.stringify(found.counterexample),
    ]);
    expect(repeated.numRuns).toBe(1);
  });
});

const sellingClosed = async (): Promise<void> => {
  const shop = await shopOf('lua-decrement');
  await shop.close();
  await runSale(shop, { sku: 'item', stock: 1 }, []);
};

describe('what cannot be judged', () => {
  test('is an error that nobody has explained, and a call that never ends', async () => {
    const throws = shopFile(
      `if (await take(requestId, userId, quantity)) ${SOLD} throw new Error('none left');`,
    );
    expect(why(await play(shopIn(throws), { atOnce: 1 }))).toMatch(
      /^purchase\(r\d, u\d, \d\) throws, and nobody has said what that means: none left \(name it in answers/,
    );
    const hangs = shopFile(
      `if (await take(requestId, userId, quantity)) ${SOLD} await new Promise(() => {});`,
    );
    expect(why(await play(shopIn(hangs), { atOnce: 1 }))).toMatch(/^purchase\(r\d, u\d, \d\) never ends$/);
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['no such file', () => shopOf('./nowhere.ts'), /nowhere\.ts does not exist/],
    ['a shop that is closed', sellingClosed, /^the shop is closed/],
    ['no process', () => shopOf('lua-decrement', { instances: 0 }), /^instances is 0/],
    [
      'a sale that cannot be opened',
      () => shopOf(shopIn(shopFile(RIGHT).replace('open: (', 'open: (x) => x.nothing(), o: ('))),
      /open\(\) failed/,
    ],
  ])('of %s says what to give instead', async (_, call, said) => {
    await expect(call()).rejects.toMatchObject({
      message: expect.stringMatching(said),
      remedy: expect.stringMatching(/\w/),
    });
  });
});

/** Examples that name their file in the first line. */
const examples = (file: string): Record<string, string> =>
  Object.fromEntries(
    [
      ...readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').matchAll(
        /^```ts\n\/\/ (?:src\/)?(\S+)\n([^]*?)^```$/gm,
      ),
    ].map(([, name, code]) => [name!, code!]),
  );

describe('the README’s example', () => {
  const { 'coupons.ts': coupons, 'coupons.oversell.ts': adapter } = examples('harness/adapters/README.md');
  const { 'coupons.commands.test.ts': example } = examples('README.md');
  const RACE = /  if \(\(await left[^]*?decr.*\n/;
  const TAKES =
    '  if ((await redis.decr(`coupons:${sku}`)) < 0) {\n    await redis.incr(`coupons:${sku}`);\n    return false;\n  }\n';

  const running = (shop: string): Promise<Ended> => {
    const folder = projectWithUs(
      { 'coupons.ts': shop, 'coupons.oversell.ts': adapter!, 'coupons.commands.test.ts': example! },
      { ioredis: 'ioredis', 'fast-check': 'fast-check', vitest: 'vitest' },
    );
    return start(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--root', '.'], {}, folder)
      .ended;
  };

  sometimes('fails with a seed and few commands, although the client is made at import', async () => {
    const { exitCode, stderr, stdout } = await running(coupons!);
    expect([exitCode, stdout + stderr]).toEqual([1, expect.stringMatching(/seed: -?\d+, path: "[\d:]+"/)]);
    expect(stderr).toMatch(
      /Counterexample: \[\{"sku":"item","stock":\d\},.*at once\(purchase.* as .*get coupons:item.*; get coupons:item.*decr coupons:item.*decr/,
    );
  });

  sometimes('passes where a unit is taken before anybody looks', async () => {
    const right = coupons!.replace(RACE, TAKES);
    expect(right).not.toBe(coupons);
    expect(await running(right)).toMatchObject({ exitCode: 0 });
  });

  sometimes('runs what fromModule() made in a test, too', async () => {
    const folder = projectWithUs({ 'coupons.ts': coupons! }, { ioredis: 'ioredis' });
    const made = fromModule(
      join(folder, 'coupons.ts'),
      (shop: Record<'stock' | 'claim' | 'left', Function>) => ({
        open: (_, sale) => shop.stock(sale.sku, sale.stock) as unknown,
        buy: (_, sale, { userId }) => shop.claim(sale.sku, userId) as unknown,
        left: (_, sale) => shop.left(sale.sku) as Promise<number>,
      }),
    );
    expect((await play(made, { repeats: false, atOnce: 1 })).failed).toBe(false);
    expect(why(await play(made, { repeats: false }))).toMatch(/^no order explains/);
  });
});
