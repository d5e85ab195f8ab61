import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { judge } from '../../harness/checkers/judge.ts';
import type { Client, PurchaseRequest, Strategy } from '../../strategies/contract.ts';
import { luaCoalesced } from '../../strategies/lua-coalesced.ts';
import { Script } from '../../strategies/script.ts';
import { exploring, properties, server, type GivenScope } from '../helpers/exploring.ts';
import { race } from '../helpers/race.ts';
import { smallSale, type SmallSale } from '../helpers/arbitraries.ts';
import { rotating } from '../helpers/rotating.ts';

const redis = server();
const { source } = new Script(import.meta.resolve('#lua/lua-coalesced.lua'));

describe('over all interleavings of four buyers on one instance, two of whom may share a call', () => {
  const scopes: [what: string, scope: GivenScope][] = [
    ['a crash', { buyers: 3, stock: 2, faults: { crash: 1 } }],
    ['two users with a limit', { buyers: 4, stock: 2, users: 2, perUserLimit: 1 }],
    ['several units each', { buyers: 3, stock: 3, quantities: [2, 1, 2] }],
  ];
  test.each(rotating(scopes, 2, 'coalesced'))('%s breaks nothing', async (_what, scope) => {
    const found = await exploring(redis.target, luaCoalesced, { instances: 1, ...scope });
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual([]);
    expect(properties(found, 'inconclusive')).toEqual([]);
  });

  const forgetful: [what: string, script: Replaced, scope: GivenScope, property: string][] = [
    [
      'what it sold before in the same call',
      { part: 'quantity > left', by: 'quantity > stock' },
      { buyers: 4, stock: 3 },
      'oversell',
    ],
    [
      'what a user got there',
      { part: 'holdings[user] or ', by: '' },
      { buyers: 4, stock: 4, users: 1, perUserLimit: 3 },
      'user-limit',
    ],
  ];
  test.each(rotating(forgetful, 1, 'forgetful'))(
    'a script that forgets %s is caught: some calls serve several',
    async (_what, script, scope, property) => {
      const strategy = withScript(script);
      const options = { subject: { strategy, evaluate: () => strategy } };
      const found = await exploring(redis.target, strategy, { instances: 1, ...scope }, options);
      expect(properties(found, 'violated')).toContain(property);
    },
  );
});

describe('within one script call', () => {
  // Two buyers have a call each, while which the others wait for the next one.
  const sales: {
    what: string;
    sale: () => SmallSale;
    outcomes: Partial<Record<string, number>>;
    script: Replaced;
    property: string;
  }[] = [
    {
      what: 'no user gets more than the limit',
      sale: () => smallSale(9, [1, 1, 1, 1], { users: 1, perUserLimit: 3 }),
      outcomes: { sold: 3, 'limit-reached': 1 },
      script: { part: 'holdings[user] or ', by: '' },
      property: 'user-limit',
    },
    {
      what: 'no unit is sold twice',
      sale: () => smallSale(3, [2, 2, 1, 1]),
      outcomes: { sold: 2, 'sold-out': 2 },
      script: { part: 'quantity > left', by: 'quantity > stock' },
      property: 'oversell',
    },
  ];

  test.each(sales)(
    '$what, and a script that forgets that is caught',
    async ({ sale, outcomes, script, property }) => {
      const right = await race(luaCoalesced, redis.target, sale());
      expect(countBy([...right.operations].map(({ outcome }) => outcome))).toEqual(outcomes);
      const twin = await race(withScript(script), redis.target, sale());
      expect(judge(twin, { timeoutMs: 10_000 })).toMatchObject({ [property]: { verdict: 'violated' } });
    },
  );

  test('a request that is there twice is sold once, and to both, unless the script forgets what it did', async () => {
    const client = new Redis(redis.target.options);
    const request = { requestId: 'r1', userId: 'u1', quantity: 1 };
    const others = [2, 3].map((i): PurchaseRequest => ({ requestId: `r${i}`, userId: `u${i}`, quantity: 1 }));
    const both = async (strategy: Strategy, sku: string): Promise<unknown> => {
      await strategy.open(client, { sku, stock: 5 });
      const seller = await strategy.seller(client, { sku, stock: 5 }, undefined as never);
      const asked = [...others, request, request].map((one) => seller.purchase(one, client));
      const answers = (await Promise.all(asked)).slice(others.length);
      return { answers, remaining: await seller.remaining(), recorded: await seller.recorded!() };
    };
    const sold = { kind: 'sold', remaining: 2 };
    const answers = [sold, sold];
    const once = [...others, request];
    expect(await both(luaCoalesced, 'lamp')).toEqual({ answers, remaining: 2, recorded: once });
    expect(await both(withScript({ part: ' or now[request]', by: '' }), 'chair')).toMatchObject({
      remaining: 1,
    });
    client.disconnect();
  });

  test('more buyers than one call may serve are all served, each by one of several', async () => {
    const sale = smallSale(
      400,
      Array.from({ length: 600 }, () => 1),
    );
    const history = await race(luaCoalesced, redis.target, sale);
    expect(countBy([...history.operations].map(({ outcome }) => outcome))).toEqual({
      sold: 400,
      'sold-out': 200,
    });
    expect(history.recorded).toHaveLength(400);
  });
});

/** A part of the script, and what stands there instead. */
interface Replaced {
  part: string;
  by: string;
}

/** The same strategy with something else in its script. */
function withScript({ part, by }: Replaced): Strategy {
  expect(source).toContain(part);
  const broken = source.replace(part, by);
  return {
    ...luaCoalesced,
    async seller(connection, sale, env) {
      const crooked = new Proxy(connection, {
        get: (real, name) =>
          name === 'evalsha'
            ? (_sha: string, ...rest: [number]) => real.eval(broken, ...rest)
            : (Reflect.get(real, name) as Client),
      });
      return luaCoalesced.seller(crooked, sale, env);
    },
  };
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
