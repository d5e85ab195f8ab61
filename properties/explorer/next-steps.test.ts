import { describe, expect, test } from 'vitest';
import { ServerMemo } from '../../harness/explorer/server/memo.ts';
import { possibleSteps } from '../../harness/explorer/sockets/possible-steps.ts';
import { RealSale } from '../../harness/explorer/sockets/real-sale.ts';
import { virtualGlobals } from '../../harness/explorer/process/virtual.ts';
import { ALL_REDUCTIONS } from '../../harness/explorer/space/setting.ts';
import { Space } from '../../harness/explorer/space/space.ts';
import { States } from '../../harness/explorer/space/states.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { properties, scopeOf, server, subject } from '../helpers/exploring.ts';
import { exploringFolder, probeSubject } from '../helpers/probe-files.ts';

const redis = server();
const one = { buyers: 1, stock: 1 };

/** A strategy whose seller is made by this. */
const made = (make: string, more = '{}'): Record<string, string> => ({
  'sell.mjs': `import { answer, lease, lookAndTake, probe, take } from './parts.mjs';
export const strategy = probe('probe', ${make}, ${more});`,
});

/** Takes all units when it starts, and sells them from memory. @param close its code */
const leasing = (close: string): Record<string, string> =>
  made(`async (redis) => {
  const { leased, close } = await lease(redis);
  const purchase = async () => answer(leased.units-- > 0);
  return { purchase, close: ${close} };
}`);

/** Looks so often before it takes. */
const looking = (times: string): Record<string, string> =>
  made(`(redis, env) => async () => {
  for (let i = 0; i < ${times}; i++) await redis.get('{item}:price');
  return answer(await take(redis));
}`);

/** Sends so many commands at once by each of three connections. */
const sends = (each: number): Record<string, string> =>
  made(`(redis) => {
  const connections = [redis, redis.duplicate(), redis.duplicate()];
  return async () => {
    await Promise.all(connections.flatMap((one, c) =>
      Array.from({ length: ${each} }, (_, i) => one.incr('{item}:' + c + i))));
    return answer(await take(redis));
  };
}`);

test('a restock is asked of the back office, and of no other process', async () => {
  using _ = virtualGlobals();
  const memo = await ServerMemo.open(redis.target);
  const scope = scopeOf({ buyers: 2, stock: 1, restocks: 1 });
  const space = new Space({
    scope,
    subject: await subject(luaReserveOnce),
    memo,
    reductions: ALL_REDUCTIONS,
  });
  const states = new States(space, false);
  const { vector } = await states.initial();
  const restocks = states.choices(vector).filter(({ move }) => move.kind === 'restock');
  expect(restocks.map(({ slot }) => slot)).toEqual([space.layout.office]);
  await memo.close();
});

describe('a process that lives is closed at rest', () => {
  test('and gives back what it keeps', async () => {
    const found = await exploringFolder(redis.target, leasing('close'), { buyers: 1, stock: 2 });
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual([]);
  });

  test('and strands what it does not give back, or what it keeps when it dies', async () => {
    const keeps = await exploringFolder(redis.target, leasing('async () => {}'), { buyers: 1, stock: 2 });
    expect(properties(keeps, 'violated')).toEqual(['stranded']);
    const scope = { buyers: 1, stock: 2, faults: { crash: 1 } };
    expect(properties(await exploringFolder(redis.target, leasing('close'), scope), 'violated')).toEqual([
      'stranded',
    ]);
  });
});

describe('how long a purchase may go on', () => {
  test('grows with the attempts that it may make', async () => {
    const found = await exploringFolder(redis.target, looking('6 * env.maxAttempts'), {
      ...one,
      attempts: 9,
    });
    expect(found.coverage).toBe('exhausted');
  });

  test('and with nothing else', async () => {
    const found = await exploringFolder(redis.target, looking('400'), { ...one, attempts: 9 });
    expect(found.coverage).toBe('bounded');
  });
});

test('a crash that can leave more sets of commands than are counted is refused, with a remedy', async () => {
  const scope = { ...one, faults: { crash: 1 } };
  await expect(exploringFolder(redis.target, sends(16), scope)).rejects.toMatchObject({
    code: 'CANNOT_EXPLORE',
    message: 'a crash can leave 4913 different sets of its commands to run, too many to explore',
    remedy: 'send fewer commands at once, or explore it without a crash',
  });
});

test('what a client puts off comes by an event, also once it has connected', async () => {
  const batching = made(
    '(redis) => async () => answer(await lookAndTake(redis))',
    '{ client: { enableAutoPipelining: true } }',
  );
  const found = await exploringFolder(redis.target, batching, { buyers: 2, stock: 1, instances: 1 });
  const { schedule } = found.properties.oversell.counterexample!;
  expect(schedule.filter(({ event }) => event === 'immediate').length).toBeGreaterThan(1);
});

test('time that may pass before a confirm is nothing that was asked for and never came', async () => {
  const confirming = made(`(redis) => ({
  purchase: async ({ quantity }) => answer(await take(redis, quantity)),
  confirm: async () => void (await redis.get('{item}:price')),
})`);
  const scope = { ...one, confirms: 1 };
  const refused = await exploringFolder(redis.target, confirming, { ...scope, quantities: [2] });
  expect(refused).toMatchObject({ coverage: 'exhausted', unspent: ['confirm'] });
  expect(await exploringFolder(redis.target, confirming, scope)).not.toHaveProperty('unspent');
});

describe('over real sockets', () => {
  test('an interval ticks while somebody may come or waits, and not when all is done', async () => {
    using _ = virtualGlobals();
    const memo = await ServerMemo.open(redis.target);
    const venue = { subject: await probeSubject(['time', 'takes-once-warm']), memo, target: redis.target };
    await using sale = await RealSale.open(scopeOf(one), venue, { boots: 'none' });
    const next = async (): Promise<string[]> => (await possibleSteps(sale)).regular.map(({ event }) => event);
    expect(await next()).toEqual(['start', 'timer']);
    const [start] = (await possibleSteps(sale)).regular;
    await sale.perform(start!);
    expect(await next()).toContain('timer');
    await sale.process(0).drive();
    expect(await next()).toEqual([]);
    await memo.close();
  });
});

/** The first hold lasts a minute, and a mark of it half of that; who pays in between opens a way for who pays after it. */
const paysInTurn = `
const HOLD = \`if redis.call('SET', KEYS[1], ARGV[1], 'NX') then
  redis.call('SET', KEYS[2], 1, 'PX', 30000) redis.call('SET', KEYS[3], 1, 'PX', 60000)
elseif redis.call('EXISTS', KEYS[2]) == 0 then redis.call('SET', KEYS[6], 1) end
if redis.call('GET', KEYS[5]) == '0' then return 0 end
redis.call('DECR', KEYS[5]) return 1\`;
const PAY = \`local marked, held = redis.call('EXISTS', KEYS[2]) == 1, redis.call('EXISTS', KEYS[3]) == 1
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  if held and not marked and redis.call('EXISTS', KEYS[6]) == 0 then redis.call('SET', KEYS[4], 1) end
elseif not held and redis.call('EXISTS', KEYS[4]) == 1 then redis.call('INCR', KEYS[5]) end
return 1\`;
const keys = ['first', 'mark', 'hold', 'way', 'stock', 'closed'].map((name) => '{item}:' + name);
`;

test('time passes also between the moment when a confirm is asked for and its first command', async () => {
  const files = made(`(redis) => ({
  purchase: async ({ requestId }) => answer((await redis.eval(HOLD, 6, ...keys, requestId)) === 1),
  confirm: async ({ requestId }) => void (await redis.eval(PAY, 6, ...keys, requestId)),
})`);
  files['sell.mjs'] = files['sell.mjs']!.replace('export const', () => `${paysInTurn}export const`);
  const scope = { buyers: 2, stock: 2, confirms: 2 };
  const asked = { properties: ['oversell'] } as const;
  const found = await exploringFolder(redis.target, files, { ...scope, faults: { slow: 1 } }, asked);
  expect(found.properties.oversell.verdict).toBe('violated');
  // What passes before a confirm passes once: to the end of the mark, or to that of the hold.
  const spared = await exploringFolder(redis.target, files, scope, asked);
  expect(spared).toMatchObject({ coverage: 'exhausted', properties: { oversell: { verdict: 'holds' } } });
});
