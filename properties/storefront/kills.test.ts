import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { systemClock } from '../../harness/ground/ambient.ts';
import { seededRandom } from '../../harness/ground/random.ts';
import { startServer } from '../../harness/redis/server.ts';
import { oversell, type Running } from '../helpers/command.ts';
import { type Bought, Crowd, wrongWith } from '../helpers/crowd.ts';
import { query } from '../helpers/order-rows.ts';
import { isRunning, temporaryFolder } from '../helpers/processes.ts';
import { seed } from '../helpers/seed.ts';
import { Buyers } from '../helpers/storefront.ts';
import { thisServer } from '../helpers/this-server.ts';
import { sometimes } from '../helpers/rotating.ts';

/** Whatever is verified before a release is killed more often. */
const KILLS = process.env['OVERSELL_EVERYTHING'] ? 20 : 3;
const [STOCK, LIMIT] = [100_000, 40];
const BUYERS = 16;

type Serving = Running & { url: string };

async function serving(data: string, ...args: string[]): Promise<Serving> {
  const options = ['--port', '0', '--data', data, '--claim-idle-ms', '300'];
  const running = oversell(['serve', ...options, ...args]);
  let told = '';
  running.child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
  await running.said('open at http');
  return { ...running, url: /open at (\S+)/.exec(told)![1]! };
}

async function openLamp({ url }: Serving): Promise<void> {
  const body = { name: 'lamp', stock: STOCK, perUserLimit: LIMIT };
  expect((await new Buyers(url).json('POST', '/products', body)).status).toBe(201);
}

/** Settles when nothing is on its way to the order book. @returns the units left */
async function settled({ url }: Serving): Promise<number> {
  for (;;) {
    const { text } = await new Buyers(url).send('GET', '/metrics');
    const left = /oversell_units_left\{product="lamp"\} (\d+)/.exec(text)?.[1];
    if (left !== undefined && text.includes('oversell_queue_entries{product="lamp"} 0\n'))
      return Number(left);
    await systemClock.sleep(20);
  }
}

/** Waits until so many purchases more were answered, so that the next kill is in the middle of a sale. */
async function answered(crowd: Crowd, more: number): Promise<void> {
  const count = (): number => crowd.statuses.get(200) ?? 0;
  const from = count();
  while (count() < from + more) await systemClock.sleep(1);
}

const somebody = (label: string) => {
  const random = seededRandom(seed).fork(label);
  return { random, crowd: new Crowd({ product: 'lamp', users: 200, random }) };
};

/** Ends the shop in order, and tells what is wrong with what it leaves. */
async function judged(crowd: Crowd, shop: Serving, data: string): Promise<string[]> {
  const left = await settled(shop);
  shop.child.kill('SIGTERM');
  await shop.ended;
  const sale = { database: join(data, 'orders.db'), stock: STOCK, left, perUserLimit: LIMIT };
  const wrong = await wrongWith(crowd, sale);
  if (process.env['OVERSELL_EVERYTHING']) {
    const [rows] = await query(sale.database, 'SELECT count(*) AS n FROM orders');
    const unknown = [...crowd.heard.values()].filter((bought) => bought.unknown).length;
    const statuses = [...crowd.statuses].map(([status, count]) => `${count} × ${status}`).join(', ');
    process.stderr.write(
      `${crowd.heard.size} tokens, ${statuses}; ${unknown} once unknown, ${Number(rows!['n'])} rows\n`,
    );
  }
  return wrong;
}

describe('in the middle of a sale', () => {
  sometimes(
    'a web process that is killed and started again leaves a row for each sale, and none beside',
    async () => {
      const data = temporaryFolder();
      const { random, crowd } = somebody('web');
      let shop = await serving(data, '--redis-server', (await thisServer()).path);
      await openLamp(shop);
      crowd.url = shop.url;
      const buying = crowd.buy(BUYERS);
      for (let kill = 0; kill < KILLS; kill++) {
        await answered(crowd, 20 + random.below(200));
        const gone = once(shop.child, 'close');
        shop.child.kill('SIGKILL');
        await gone;
        shop = await serving(data, '--redis-server', (await thisServer()).path);
        crowd.url = shop.url;
      }
      await answered(crowd, 20);
      crowd.stop();
      await buying;
      expect(await judged(crowd, shop, data)).toEqual([]);
      expect(await twins(crowd, join(data, 'orders.db'))).toEqual([
        expect.stringContaining('was sold, and has no row'),
        'nobody asked for made-up so',
        expect.stringContaining('was given back, and is held'),
      ]);
    },
  );

  sometimes(
    'a private Redis that is killed comes back with every sale, beside the shop that goes on',
    async () => {
      const data = temporaryFolder();
      const { random, crowd } = somebody('private');
      const shop = await serving(data, '--redis-server', (await thisServer()).path);
      await openLamp(shop);
      crowd.url = shop.url;
      const buying = crowd.buy(BUYERS);
      for (let kill = 0; kill < KILLS; kill++) {
        await answered(crowd, 20 + random.below(200));
        await killed(serverOf(data)!);
        await answered(crowd, 20);
        expect(serverOf(data)).toBeDefined();
      }
      crowd.stop();
      await buying;
      expect(await judged(crowd, shop, data)).toEqual([]);
      expect(serverOf(data)).toBeUndefined();
    },
  );

  sometimes('so does a Redis of the user’s that writes before it answers', async () => {
    const data = temporaryFolder();
    const { random, crowd } = somebody('theirs');
    const folder = join(data, 'theirs');
    mkdirSync(folder);
    const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--dir', folder];
    const target = await startServer(await thisServer(), { args: durable, onRestart: () => undefined });
    const shop = await serving(data, '--redis', `unix://${target.options.path}`);
    await openLamp(shop);
    crowd.url = shop.url;
    const buying = crowd.buy(BUYERS);
    for (let kill = 0; kill < KILLS; kill++) {
      await answered(crowd, 20 + random.below(200));
      await killed(childOf(target.watcherPid!)!);
      await answered(crowd, 20);
    }
    crowd.stop();
    await buying;
    expect(await judged(crowd, shop, data)).toEqual([]);
    await target.close();
  });
});

/** What those who judge say of a book that has lost an order, made one up, and lost a release. */
async function twins(crowd: Crowd, database: string): Promise<(string | undefined)[]> {
  const sale = { database, stock: STOCK, left: STOCK, perUserLimit: LIMIT };
  const told: (string | undefined)[] = [];
  // Of a token whose answer was lost nothing is claimed, so those that heard theirs are tampered with.
  const heard = (answer: Bought['told']): string =>
    [...crowd.heard].find(([, bought]) => bought.told === answer && !bought.unknown)![0];
  for (const [text, fault] of [
    [`DELETE FROM orders WHERE token = '${heard('sold')}'`, 'no row'],
    ["INSERT INTO orders VALUES ('lamp', 'made-up', 'u1', 1, '0-1', 0)", 'nobody'],
    [`DELETE FROM releases WHERE token = '${heard('given-back')}'`, 'is held'],
  ] as const) {
    await query(database, text);
    told.push((await wrongWith(crowd, sale)).find((line) => line.includes(fault)));
  }
  return told;
}

/** The server that a shop with this folder has started. */
function serverOf(data: string): number | undefined {
  try {
    const owners = JSON.parse(readFileSync(join(data, 'owners.json'), 'utf8')) as { redisWatcher: number };
    return childOf(owners.redisWatcher);
  } catch {
    return undefined; // it is gone
  }
}

/** The redis-server whose parent this is. */
function childOf(parent: number): number | undefined {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.find((pid) => {
    try {
      const [, name, parentPid] = /\((.*)\) \S+ (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))!;
      return Number(parentPid) === parent && name!.startsWith('redis-server');
    } catch {
      return false; // it ended meanwhile
    }
  });
}

/** Settles when it is surely gone: one that comes after it is another one. */
async function killed(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  while (isRunning(pid)) await systemClock.sleep(1);
}
