import type { Redis } from 'ioredis';
import type { Client, Strategy } from '../../../strategies/contract.ts';
import { key, plain, remaining } from './parts.ts';

/** Strategies that ask how many replicas have what they wrote, each to show one thing about WAIT. */

const PATIENCE_MS = 50;

const selling = (name: string, copiesOf: (redis: Client) => Promise<number>): Strategy =>
  plain(name, (redis) => ({
    async purchase() {
      const copies = await copiesOf(redis);
      if (copies < 0) return { kind: 'sold-out' };
      // What nobody may rely on shows as an answer that is wrong in its own way.
      return copies === 2 ? { kind: 'sold' } : { kind: 'gave-up', attempts: copies };
    },
    remaining: () => remaining(redis),
  }));

/** Takes a unit and asks for its copies at once, in one packet. */
export const takesAndWaits = selling('takes-and-waits', async (redis) => {
  const replies = await redis.pipeline().decr(key).wait(2, PATIENCE_MS).exec();
  const [[failed, left], [, copies]] = replies as [[Error | null, number], [Error | null, number]];
  if (failed) throw failed;
  return left < 0 ? -1 : copies;
});

/** Asks first, and takes a unit then: what it wrote before is nothing. */
export const waitsAndTakes = selling('waits-and-takes', async (redis) => {
  const copies = await redis.wait(2, PATIENCE_MS);
  return (await redis.decr(key)) < 0 ? -1 : copies;
});

/** In a transaction WAIT tells at once of what was written before that. */
export const waitsInATransaction = selling('waits-in-a-transaction', async (redis) => {
  const replies = await redis.multi().decr(key).wait(2, PATIENCE_MS).exec();
  if (!replies) throw new Error('given up');
  const [[, left], [, copies]] = replies as [[null, number], [null, number]];
  return left < 0 ? -1 : copies;
});

/** A script may not wait. */
export const waitsInAScript = selling('waits-in-a-script', async (redis) => {
  const script = "redis.call('DECR', KEYS[1]) return redis.call('WAIT', '2', '50')";
  return Number(await (redis as Redis).eval(script, 1, key).catch(() => 0));
});
