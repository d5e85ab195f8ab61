import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drawsId } from '../../harness/explorer/server/dated-ids.ts';
import { ServerMemo, type Entry } from '../../harness/explorer/server/memo.ts';
import type { Step } from '../../harness/explorer/server/step.ts';
import { epochOfRun } from '../../harness/explorer/process/virtual.ts';
import { decode, encodeCommand } from '../../harness/wire/resp.ts';
import { properties, server } from '../helpers/exploring.ts';
import { caughtAndSpared, exploringFolder, exploringProbe, type Pair } from '../helpers/probe-files.ts';
import { thirdOf } from '../helpers/rotating.ts';

const redis = server();
let memo: ServerMemo;
let own: Redis;
beforeAll(async () => {
  memo = await ServerMemo.open(redis.target);
  own = new Redis(redis.target.options);
});
afterAll(async () => {
  own.disconnect();
  await memo.close();
});

const step = (atMs: number, args: string[], ...queued: string[][]): Step => ({
  command: encodeCommand(args),
  queued: queued.map(encodeCommand),
  dirty: false,
  atMs,
});
/** As that many milliseconds after the beginning. */
const id = (atMs: number, sequence: number): string => `${epochOfRun() + atMs}-${sequence}`;
const add = (...more: string[]): string[] => ['XADD', 's', ...more, '*', 'f', 'v'];
const sequences = (ids: unknown[]): string[] => ids.map((one) => String(one).split('-')[1]!);
/** The steps one after the other. */
async function walk(...steps: Step[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const one of steps) entries.push(await memo.execute(entries.at(-1)?.next ?? memo.empty(), one));
  return entries;
}
const replies = (entries: Entry[]): unknown[] =>
  entries.map(({ reply }) => {
    const decoded = decode(reply);
    return typeof decoded === 'object' && decoded !== null && 'items' in decoded ? decoded.items : decoded;
  });

const IN_LUA = `local added = {}
for i = 1, 2 do added[i] = redis.call('XADD', KEYS[1], 'MAXLEN', '~', '100', '*', 'f', 'v') end
return added`;
const inLua = ['EVAL', IN_LUA, '1', 's'];

describe('an id that a stream takes from the clock', () => {
  test('is of the clock of the explored world, and the next one where two are of one time', async () => {
    const walked = await walk(step(0, add()), step(0, add()), step(70, add()), step(70, inLua));
    expect(replies(walked)).toEqual([id(0, 0), id(0, 1), id(70, 0), [id(70, 1), id(70, 2)]]);
  });

  test('is that of a server whose clock shows the same', async () => {
    // The server's own clock goes on, so it is told where it stood: by the last id that it gave.
    await own.flushall();
    const first = await own.xadd('s', '*', 'f', 'v');
    const ms = Number(first!.split('-')[0]) + 100_000;
    await own.xadd('s', `${ms}-0`, 'f', 'v');
    const theirs = [await own.xadd('s', '*', 'f', 'v'), ...((await own.eval(IN_LUA, 1, 's')) as string[])];
    const [, ...ours] = replies(await walk(step(9, add()), step(9, add()), step(9, inLua))).flat();
    expect(sequences(ours)).toEqual(sequences(theirs));
  });

  test('is one of the moment at which a transaction runs', async () => {
    const [entry] = await walk(step(5, ['EXEC'], add(), add('NOMKSTREAM', 'MAXLEN', '=', '5'), inLua));
    expect(replies([entry!])[0]).toMatchObject([id(5, 0), id(5, 1), { items: [id(5, 2), id(5, 3)] }]);
    const dirty = { ...step(5, ['EXEC'], add()), dirty: true };
    expect(replies(await walk(dirty))).toEqual([null]);
  });

  test('makes a state of its own at each time, and what draws none is the same at any time', async () => {
    const [early] = await walk(step(0, add()));
    const [late] = await walk(step(1, add()));
    expect(early!.next).not.toBe(late!.next);
    const reads = (atMs: number): Promise<Entry> => memo.execute(early!.next, step(atMs, ['XLEN', 's']));
    const commands = memo.serverCommands;
    await reads(0);
    const asked = memo.serverCommands;
    expect(asked).toBeGreaterThan(commands);
    await reads(1);
    expect(memo.serverCommands).toBe(asked);
  });

  test('leaves the script loaded that was asked for, and no other that anybody could call', async () => {
    const [entry] = await walk(step(3, inLua));
    const loaded = JSON.parse(memo.content(entry!.next)) as [unknown[], string, string];
    expect(loaded[1]).toMatch(/^[0-9a-f]{40}$/);
    const again = await memo.execute(entry!.next, step(4, ['EVALSHA', loaded[1], '1', 's']));
    expect(replies([again])).toEqual([[id(4, 0), id(4, 1)]]);
    const flushed = await memo.execute(entry!.next, step(4, ['SCRIPT', 'FLUSH', 'SYNC']));
    const gone = await memo.execute(flushed.next, step(4, ['EVALSHA', loaded[1], '1', 's']));
    expect(gone.reply).toMatch(/^-NOSCRIPT/);
  });

  test('is refused where the processes have a clock of their own', async () => {
    memo.hasOwnClock = true;
    await expect(walk(step(8, add()))).rejects.toThrow(/a service has a clock of its own/);
    expect(replies(await walk(step(8, ['XADD', 's', '5-*', 'f', 'v'])))).toEqual(['5-0']);
    memo.hasOwnClock = false;
  });

  test('errors name the script that was asked for', async () => {
    const body = `redis.call('XADD', KEYS[1], '*', 'f', 'v')
return redis.call('INCR', KEYS[1])`;
    const [entry] = await walk(step(3, ['EVAL', body, '1', 's']));
    expect(entry!.reply).toMatch(/^-WRONGTYPE/);
    const [digest] = (JSON.parse(memo.content(entry!.next)) as [unknown, string])[1].split(' ');
    expect(entry!.reply).toContain(digest);
    const caught = `redis.call('SET', KEYS[1], 'text')
local added = redis.pcall('XADD', KEYS[1], '*', 'f', 'v')
redis.call('XADD', KEYS[2], '*', 'f', 'v')
return added.err`;
    const [told] = await walk(step(3, ['EVAL', caught, '2', 't', 's']));
    expect(told!.reply).toMatch(/WRONGTYPE/);
  });

  test.each([
    ['in a library', ['FCALL', 'log', '1', 's'], /its script calls XADD, which cannot be explored: .* clock/],
    [
      'beside one that is later than the clock',
      [
        'EVAL',
        `redis.call('XADD', KEYS[1], '9999999999999-0', 'f', 'v') return redis.pcall('XADD', KEYS[1], '*', 'f', 'v')`,
        '1',
        's',
      ],
      /it sends XADD, which cannot be explored: the stream has entries that are later/,
    ],
    [
      'by a function that is no other than the server’s',
      ['EVAL', `return _G.redis.call('XADD', KEYS[1], '*', 'f', 'v')`, '1', 's'],
      /its script calls XADD, which cannot be explored/,
    ],
  ])('is refused %s', async (_, args, message) => {
    const library = `#!lua name=shop
redis.register_function('log', function(keys) return redis.call('XADD', keys[1], '*', 'f', 'v') end)`;
    const [loaded] = await walk(step(0, ['FUNCTION', 'LOAD', library]));
    await expect(memo.execute(loaded!.next, step(0, args))).rejects.toThrow(message);
  });

  test.each([
    [['XADD', 's', '*', 'f', 'v'], true],
    [['xadd', 's', 'nomkstream', 'minid', '~', '5', 'limit', '7', '*', 'f', 'v'], true],
    [['XADD', 's', 'KEEPREF', 'MAXLEN', '5', '0-*', 'f', '*'], false],
    [['XADD', 's', '5-1', '*', '*'], false],
    [['XLEN', '*'], false],
  ])('is told by where the id stands: %j', (args, draws) => {
    expect(drawsId(args)).toBe(draws);
  });
});

const selling = (given: string): string => `import { answer, probe, take } from './parts.mjs';
const CODE = \`#!lua name=shop
redis.register_function('log', function(keys) return redis.call('XADD', keys[1], '${given}', 'f', 'v') end)\`;
export const one = probe('probe', (redis) => async () => {
  await redis.call('FUNCTION', 'LOAD', 'REPLACE', CODE);
  await redis.call('FCALL', 'log', 1, '{item}:log');
  return answer(await take(redis));
});`;

describe('what a buyer reads in an id', () => {
  const two = { buyers: 2, stock: 1 };
  const by = (way: string): Pair => ({
    file: 'ids',
    wrong: `drops-by-${way}`,
    right: `keeps-by-${way}`,
    scope: two,
    rule: 'clock',
  });
  const pairs = ['command', 'script', 'transaction', 'script-in-transaction'].map(by);
  for (const pair of thirdOf(pairs, 'dated-ids')) caughtAndSpared(redis, pair);

  test('a transaction under WATCH logs what it sold, as over real sockets', async () => {
    const options = { auditSamples: 24 };
    const scope = { ...two, faults: { crash: 1 } };
    const found = await exploringProbe(redis.target, ['ids', 'logs-under-watch'], scope, options);
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual(['stranded']);
    expect(found.audit).toEqual({ replayed: 24, mismatches: [] });
  });

  test('all that is explored is what happens over real sockets', async () => {
    const named = ['ids', 'logs-in-one-step'] as const;
    const reduced = await exploringProbe(redis.target, named, two);
    const real = await exploringProbe(redis.target, named, two, { unreduced: true });
    expect(real.coverage).toBe('exhausted');
    expect([...reduced.outcomes].toSorted()).toEqual([...real.outcomes].toSorted());
    expect([...real.outcomes].join('')).toContain(id(0, 0));
  });

  test('an id that a library takes is refused, with what to do about it', async () => {
    const scope = { buyers: 1, stock: 1 };
    await expect(exploringFolder(redis.target, { 'sell.mjs': selling('*') }, scope)).rejects.toThrow(
      /its script calls XADD, which cannot be explored: the server takes the id from its clock/,
    );
    const found = await exploringFolder(redis.target, { 'sell.mjs': selling('0-*') }, scope);
    expect(properties(found, 'violated')).toEqual([]);
  });
});
