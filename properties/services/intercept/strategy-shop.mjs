// One of the built-in strategies, as it is, behind HTTP: `node strategy-shop.mjs <name>`.
import { createServer } from 'node:http';
import { Redis } from 'ioredis';

const [, , name] = process.argv;
const exported = await import(new URL(`../../../dist/strategies/${name}.js`, import.meta.url));
const strategy = Object.values(exported).find((value) => value?.name === name);
const redis = new Redis(process.env.REDIS_URL);
redis.on('error', () => {});
const sale = { sku: 'item', stock: 1 };
const env = {
  random: () => 0.5,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  maxAttempts: 3,
};
const STATUSES = { sold: 200, 'sold-out': 409, 'gave-up': 503 };

async function answer(request, response) {
  const { searchParams } = new URL(request.url, 'http://127.0.0.1');
  const [requestId, userId, quantity] = ['request', 'user', 'quantity'].map((key) => searchParams.get(key));
  try {
    const seller = await strategy.seller(redis, sale, env);
    if (request.url.startsWith('/cancel')) {
      await seller.release({ requestId, userId, quantity: Number(quantity) });
      response.end();
      return;
    }
    const { kind } = await seller.purchase({ requestId, userId, quantity: Number(quantity) }, redis);
    response.writeHead(STATUSES[kind] ?? 500).end(kind);
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}

createServer((request, response) => void answer(request, response)).listen(process.env.PORT, '127.0.0.1');
