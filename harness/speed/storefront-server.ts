/**
 * A process that sells over HTTP, for `speed/storefront.ts`: the shop, or a handler with nothing but the framework, the
 * client and the same script. Over its channel it tells where it listens, and at each message the CPU that it has used.
 */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { answersKey, holdingsKey, ordersKey, stockKey } from '../../strategies/keys.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { Script } from '../../strategies/script.ts';
import { clientOf } from '../redis/clients.ts';
import { openStorefront } from '../storefront/storefront.ts';

/** What it is started with. */
export interface SellingServer {
  kind: 'shop' | 'bare';
  /** The Unix socket of Redis. */
  redis: string;
  /** For the order book. */
  data: string;
}

async function shop({ redis, data }: SellingServer): Promise<string> {
  const { url } = await openStorefront({
    strategy: luaReserveOnce,
    role: 'web',
    host: '127.0.0.1',
    port: 0,
    data,
    redis: `unix://${redis}`,
    // As on a private server.
    prefix: '',
    consumers: 1,
    claimIdleMs: 5_000,
    orders: true,
    article: false,
    staleMs: 1_000,
    commandTimeoutMs: 3_000,
    onProgress: () => undefined,
  });
  return url!;
}

async function bare({ redis: path }: SellingServer): Promise<string> {
  const redis = clientOf({ options: { path } });
  const script = new Script(import.meta.resolve('#lua/lua-reserve-once.lua'));
  await script.load(redis);
  const app = new Hono();
  app.post('/products', async (context) => {
    const { name, stock } = await context.req.json<{ name: string; stock: number }>();
    await redis.set(stockKey(name), stock);
    return context.json({ code: 'created' }, 201);
  });
  app.post('/purchase', async (context) => {
    const body = await context.req.json<{ product: string; token: string; user: string; quantity: number }>();
    const { product, token, user, quantity } = body;
    const keys = [stockKey(product), holdingsKey(product), answersKey(product), ordersKey(product)];
    const [kind, left] = (await script.run(redis, keys, [token, user, quantity, '', 'strict'])) as [
      string,
      number?,
    ];
    return context.json({ code: kind, left }, kind === 'sold' ? 200 : 404);
  });
  // oxlint-disable-next-line typescript/no-misused-promises -- the listener answers its own failures
  const server = createServer(getRequestListener((request) => app.fetch(request)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const given = JSON.parse(process.argv[2]!) as SellingServer;
const url = await { shop, bare }[given.kind](given);
process.on('message', () => process.send!({ cpuMs: cpuMs() }));
process.on('disconnect', () => process.exit());
process.send!({ url });

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
