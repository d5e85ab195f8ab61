import type { Subject } from '../../harness/explorer/process/spec.ts';
import type { Client, Strategy } from '../../strategies/contract.ts';
import { compareAndSet } from '../../strategies/compare-and-set.ts';
import { increxBounded } from '../../strategies/increx-bounded.ts';

/**
 * Strategies whose command few servers have, over a client that sends a script in its place which does the same in one
 * step. So their code and what they declare can be explored on any server; the command itself cannot.
 */

type Words = readonly (string | number)[];
type Send = (redis: Client, key: string, words: Words) => Promise<unknown>;

interface StandIn {
  strategy: Strategy;
  /** The method of the client that sends the command. */
  method: 'set' | 'increx';
  send: Send;
}

const SET_IFEQ = `if redis.call('GET', KEYS[1]) ~= ARGV[2] then return false end
return redis.call('SET', KEYS[1], ARGV[1], 'KEEPTTL')`;

const INCREX = `local stock = tonumber(redis.call('GET', KEYS[1]) or 0)
if stock + ARGV[1] < 0 then return { stock, 0 } end
return { redis.call('INCRBY', KEYS[1], ARGV[1]), tonumber(ARGV[1]) }`;

export const standIns: readonly StandIn[] = [
  {
    strategy: compareAndSet,
    method: 'set',
    send: (redis, key, [value = '', , , expected = '']) => redis.eval(SET_IFEQ, 1, key, value, expected),
  },
  {
    strategy: increxBounded,
    method: 'increx',
    send: (redis, key, [, by = 0]) => redis.eval(INCREX, 1, key, by),
  },
];

/** The strategy as a subject; a client lent to a purchase is not asked, as these share one. */
export function subjectOfStandIn({ strategy, method, send }: StandIn): Subject {
  const over = (redis: Client): Client =>
    new Proxy(redis, {
      get(client, name) {
        if (name === method) return (key: string, ...words: Words) => send(client, key, words);
        const value: unknown = Reflect.get(client, name);
        return typeof value === 'function' ? (value.bind(client) as unknown) : value;
      },
    });
  const evaluate = (): Strategy => ({
    ...strategy,
    seller: (redis, sale, env) => strategy.seller(over(redis), sale, env),
  });
  return { evaluate, strategy };
}
