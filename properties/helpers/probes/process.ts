import { readFile } from 'node:fs/promises';
import type { Client, PurchaseOutcome } from '../../../strategies/contract.ts';
import { key, plain, remaining } from './parts.ts';

/** Strategies whose process keeps, draws or awaits something of its own, each to show one thing about the explorer. */

let unitsOfThisProcess: number | undefined;
/** Keeps the stock in a variable of its module, which every process has for itself. */
export const countsInItsModule = plain('counts-in-its-module', (redis, sale) => ({
  async purchase() {
    unitsOfThisProcess ??= Number((await redis.get(key)) ?? sale.stock);
    if (unitsOfThisProcess <= 0) return { kind: 'sold-out' };
    unitsOfThisProcess--;
    await redis.decr(key);
    return { kind: 'sold' };
  },
  remaining: () => remaining(redis),
}));

/** Chance from outside its env. */
export const drawsLots = plain('draws-lots', (redis) => ({
  async purchase() {
    await redis.incr(`lot:${Math.floor(Math.random() * 4)}`);
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

/** Waits for a file while it sells. */
export const readsAFile = plain('reads-a-file', (redis) => ({
  async purchase() {
    await readFile('/etc/hostname').catch(() => undefined);
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

/** Whoever comes first waits for ever. */
export const hangs = plain('hangs', (redis) => ({
  async purchase() {
    if ((await redis.incr('visits')) === 1) return new Promise(() => {});
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

/** Pauses by the global timer between look and take, as people write it. */
export const pauses = plain('pauses', (redis) => ({
  async purchase() {
    if (Number(await redis.get(key)) < 1) return { kind: 'sold-out' };
    await new Promise((resolve) => setTimeout(resolve, 1000 * 3600));
    await redis.decr(key);
    return { kind: 'sold' };
  },
  remaining: () => remaining(redis),
}));

/** Remembers in the process that it is sold out, and never looks again. */
export const stickySoldOut = plain('sticky-sold-out', (redis) => {
  let soldOut = false;
  return {
    async purchase(request) {
      if (soldOut) return { kind: 'sold-out' };
      const take =
        "if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1";
      if ((await redis.eval(take, 1, key)) === 1) return { kind: 'sold' };
      soldOut = request.quantity === 1;
      return { kind: 'sold-out' };
    },
    remaining: () => remaining(redis),
    async release() {
      await redis.incr(key);
    },
  };
});

/** Two timers: it gives up should the later one fire first. */
export const keepsDeadlines = plain('keeps-deadlines', (redis, _sale, env) => ({
  async purchase() {
    let late = false;
    setTimeout(() => (late = true), 100);
    await env.sleep(10);
    if (late) return { kind: 'gave-up', attempts: 1 };
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

/** Refuses whoever draws a number that was drawn before. */
export const drawsTickets = plain('draws-tickets', (redis, _sale, env) => ({
  async purchase() {
    if ((await redis.set(`ticket:${env.random()}`, 1, 'NX')) === null) return { kind: 'sold-out' };
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

/** Chooses between a way that is right and two that are wrong. */
export const choosesAWay = plain('chooses-a-way', (redis, _sale, env) => ({
  async purchase() {
    const way = env.pick(3);
    if (way === 2) await redis.decr(key);
    return way < 2 && (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

/** Gives the unit back a while after it has sold it. */
export const givesBackLate = plain('gives-back-late', (redis) => ({
  async purchase() {
    if ((await redis.decr(key)) < 0) return { kind: 'sold-out' };
    setTimeout(() => void redis.incr(key), 100);
    return { kind: 'sold' };
  },
  remaining: () => remaining(redis),
}));

/** Ends the whole process. */
export const exits = plain('exits', (redis) => ({
  async purchase() {
    return process.exit(0);
  },
  remaining: () => remaining(redis),
}));

/** Lets a promise fail that nobody waits for. */
export const rejects = plain('rejects', (redis) => ({
  async purchase() {
    void Promise.reject(new Error('on its own'));
    return (await redis.decr(key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
  },
  remaining: () => remaining(redis),
}));

const takeOne = async (redis: Client): Promise<PurchaseOutcome> => {
  const left = "return tonumber(redis.call('GET', KEYS[1])) > 0 and redis.call('DECR', KEYS[1]) or -1";
  return Number(await redis.eval(left, 1, key)) >= 0 ? { kind: 'sold' } : { kind: 'sold-out' };
};

const servedHere = new Map<string, Promise<PurchaseOutcome>>();
/** Remembers requests in its process: enough for a double click, unless a load balancer sends it elsewhere. */
export const remembersInItsProcess = plain('remembers-in-its-process', (redis) => ({
  purchase({ requestId }) {
    const known = servedHere.get(requestId) ?? takeOne(redis);
    servedHere.set(requestId, known);
    return known;
  },
  remaining: () => remaining(redis),
}));
