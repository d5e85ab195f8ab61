import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Counterexample } from '../../harness/documents/counterexample.ts';
import type { LuaCall } from '../../harness/documents/lua.ts';
import type { Exploration } from '../../harness/explorer/explore.ts';
import { subjectOf } from '../../harness/explorer/process/subject.ts';
import { chosenStrategies } from '../../harness/loader/strategies.ts';
import { standing } from '../../harness/library/regression.ts';
import { fromLua, type FromLuaOptions } from '../../harness/lua/from-lua.ts';
import type { Strategy } from '../../strategies/contract.ts';
import { oversell } from '../helpers/command.ts';
import { exploring, properties, server, type GivenScope } from '../helpers/exploring.ts';
import { folderWith } from '../helpers/strategy-sources.ts';

const redis = server();
const CALM = { buyers: 3, stock: 2 };

const CHECKED = readFileSync(new URL('../helpers/decrement.lua', import.meta.url), 'utf8');
const UNCHECKED = "redis.call('DECRBY', KEYS[1], ARGV[1])\nreturn 1";
/** It answers yes and no, and "9" is more than "10". */
const TEXTS = `if redis.call('GET', KEYS[1]) < ARGV[1] then return 0 end
redis.call('DECRBY', KEYS[1], ARGV[1])
return 1`;
const NUMBERS = TEXTS.replace(
  "redis.call('GET', KEYS[1]) < ARGV[1]",
  "tonumber(redis.call('GET', KEYS[1])) < tonumber(ARGV[1])",
);
/** Of two commands, with nothing between that could keep others out: it is a script, so nothing can. */
const HASH = `local left = tonumber(redis.call('HGET', KEYS[1], 'stock'))
if left < tonumber(ARGV[1]) then return redis.error_reply('SOLD_OUT') end
redis.call('HINCRBY', KEYS[1], 'stock', -ARGV[1])
return redis.status_reply('OK')`;

const BY_REST: LuaCall = { keys: ['stock:{sku}'], args: ['quantity'], sold: ['>=0'] };

/** What the command line explores. */
async function explored(script: string, call: LuaCall, scope: GivenScope = CALM): Promise<Exploration> {
  const path = join(folderWith({ 'decrement.lua': script }), 'decrement.lua');
  const [loaded] = await chosenStrategies([path], { lua: call });
  return exploring(redis.target, loaded!.strategy, scope, { subject: await subjectOf(loaded!), path });
}

const shown = ({ properties: all }: Exploration): Counterexample =>
  Object.values(all).find(({ counterexample }) => counterexample)!.counterexample!;

describe('a script that checks and decrements', () => {
  test('holds in calm, in every interleaving', async () => {
    const found = await explored(CHECKED, BY_REST);
    expect(found).toMatchObject({ verdict: 'holds', coverage: 'exhausted' });
    expect(await explored(CHECKED, BY_REST, { ...CALM, quantities: [2, 1] })).toMatchObject({
      verdict: 'holds',
    });
  });

  test('and its twin that does not check oversells: each command is told with file and line of the script', async () => {
    const found = await explored(UNCHECKED, { keys: ['stock:{sku}'], args: ['quantity'] });
    expect(properties(found, 'violated')).toContain('oversell');
    const { steps, path, lua, strategy } = shown(found);
    expect({ strategy, path, lua }).toEqual({
      strategy: 'decrement',
      path: expect.stringMatching(/\/decrement\.lua$/),
      lua: { keys: ['stock:{sku}'], args: ['quantity'] },
    });
    const sent = steps.filter(({ command }) => command);
    expect(sent.map(({ command }) => command![0])).toEqual(['EVALSHA', 'EVAL']);
    expect(sent.map(({ source }) => source)).toEqual(sent.map(() => ({ file: 'decrement.lua', line: 1 })));
  });

  test('and its twin that compares texts sells 10 units of 9', async () => {
    const wholesale = { buyers: 1, stock: 9, quantities: [10] };
    const call = { keys: ['stock:{sku}'], args: ['quantity'], soldOut: ['0'] };
    expect(properties(await explored(TEXTS, call, wholesale), 'violated')).toContain('oversell');
    expect(await explored(NUMBERS, call, wholesale)).toMatchObject({ verdict: 'holds' });
  });

  test('strands units where the buyer is gone before the answer, as such a script does', async () => {
    const found = await explored(CHECKED, BY_REST, { ...CALM, faults: { crash: 1 } });
    expect(properties(found, 'violated')).toEqual(['stranded']);
  });
});

describe('what its answers mean', () => {
  const IN_HASH: LuaCall = {
    keys: ['product:{sku}'],
    args: ['quantity'],
    sold: ['OK'],
    soldOut: ['SOLD_OUT'],
    open: 'HSET product:{sku} stock {stock} "name of it" any; SADD products {sku}',
    left: 'HGET product:{sku} stock',
  };

  test('can be texts and errors, and the stock can be in a hash', async () => {
    expect(await explored(HASH, IN_HASH)).toMatchObject({ verdict: 'holds', coverage: 'exhausted' });
    const unchecked = HASH.replace(/if left.*\n/, '');
    expect(properties(await explored(unchecked, IN_HASH), 'violated')).toContain('oversell');
  });

  test.each([
    [
      'the only buyer',
      { keys: ['stock:{sku}'], args: ['quantity'] },
      /answered 0,/,
      /--sold '>=0'.*--sold-out 0/,
    ],
    [
      'who comes too late',
      { ...BY_REST, soldOut: ['NONE'] },
      /answered -1,/,
      /add it to --sold or to --sold-out/,
    ],
  ])('an answer that was not declared is told, be it that %s hears it', async (_, call, message, remedy) => {
    await expect(explored(CHECKED, call)).rejects.toMatchObject({
      code: 'CANNOT_EXPLORE',
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    });
  });

  test('so is an error by which a script says no; another error is unknown, and never a sale', async () => {
    await expect(explored(HASH, { ...IN_HASH, soldOut: ['NONE'] })).rejects.toMatchObject({
      message: expect.stringMatching(/answered "SOLD_OUT", of which nobody has said what it means/),
    });
    const forgets = "if redis.call('INCR', KEYS[2]) > 1 then error('lost') end\n";
    const call = { ...BY_REST, keys: [...BY_REST.keys, 'asked:{sku}'] };
    const { outcomes } = await explored(forgets + CHECKED, call, { buyers: 2, stock: 2 });
    expect([...outcomes].join()).toContain('"A purchase sold","B purchase unknown"');
  });

  test('what was told of one script is not told of the next one', async () => {
    await expect(explored(CHECKED, { keys: ['s'], args: ['quantity'] })).rejects.toThrow(/answered 0/);
    expect(await explored(CHECKED, BY_REST)).toMatchObject({ verdict: 'holds' });
  });
});

const calling = (script: string) => (): Strategy =>
  fromLua(join(folderWith({ 'one.lua': script }), 'one.lua'), { keys: ['stock'] });

describe('what a script gets', () => {
  const ECHO = `redis.call('RPUSH', KEYS[2], unpack(ARGV))
if redis.call('DECR', KEYS[1]) < 0 then return 0 end
return 1`;
  const sale = { sku: 'item', stock: 5 };
  const request = { requestId: 'r-1', userId: 'ann', quantity: 3 };

  test('is filled into its keys and arguments, in their order', async () => {
    const call: FromLuaOptions = {
      keys: ['{{sku}}:stock', 'seen:{sku}:{user}'],
      args: ['quantity', '{user}/{request}', 'sku', 'stock', '60', '"user"', '"{user}"'],
    };
    const { Redis } = await import('ioredis');
    const client = new Redis(redis.target.options);
    const strategy = fromLua(pathToFileURL(join(folderWith({ 'echo.lua': ECHO }), 'echo.lua')), call);
    await strategy.open(client, sale);
    const seller = await strategy.seller(client, sale, {} as never);
    expect(await seller.purchase(request, client)).toEqual({ kind: 'sold' });
    expect(await client.lrange('seen:item:ann', 0, -1)).toEqual([
      '3',
      'ann/r-1',
      'item',
      '5',
      '60',
      'user',
      '{user}',
    ]);
    expect([await seller.remaining(), await client.get('{item}:stock')]).toEqual([4, '4']);
    await client.flushall();
    client.disconnect();
  });

  test('is asked for, unless the script looks whether it is there; and not in a comment', () => {
    expect(
      calling("--[[ KEYS[4]\n]]\nreturn 1 -- KEYS[3]\nor KEYS[1] or (ARGV[1] or 'x') or (KEYS[2] and 1)"),
    ).not.toThrow();
    expect(calling('--[[ KEYS[4]\n]]\nreturn 1 -- KEYS[3]\nor KEYS[2]')).toThrow(/one\.lua:4 uses KEYS\[2\]/);
    expect(calling('return ARGV[1]')).toThrow(/one\.lua:1 uses ARGV\[1\], and args has 0/);
  });

  test('lies where the file says, not where the run begins', () => {
    expect(() => fromLua('./decrement.lua', { keys: ['stock'] })).toThrow(/nobody knows from which folder/);
    const file = join(folderWith({ 'Größe 2.lua': 'return 1' }), 'Größe 2.lua');
    expect(fromLua(file, { keys: ['stock'] }).name).toBe('Gr-e-2');
    expect(fromLua(file, { keys: ['stock'], name: 'mine' }).name).toBe('mine');
  });
});

describe('the command itself', () => {
  const MINE = `import { fromLua } from 'oversell/lua';
export const mine = fromLua(new URL('./decrement.lua', import.meta.url), { keys: ['stock:{sku}'], args: ['quantity'], sold: ['>=0'] });
`;

  test('replays the counterexample of a script, as emitted tests do, and finds it corrected', async () => {
    const folder = folderWith({ 'decrement.lua': UNCHECKED });
    const file = join(folder, 'decrement.lua');
    const args = ['--keys', 'stock:{sku}', '--args', 'quantity', '--sold', '>=0', '--seed', '1'];
    const runs = ['--runs', join(folder, 'runs')];
    const { exitCode, stdout } = await oversell(['explore', file, ...args, ...runs]).ended;
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('decrement.lua:1'),
    });
    const [, counterexample = ''] = /oversell replay (\S+)/.exec(stdout)!;
    const again = await oversell(['replay', counterexample]).ended;
    expect([again.exitCode, again.stdout]).toEqual([1, expect.stringContaining('CONFIRMED')]);
    const emitted = JSON.parse(readFileSync(counterexample, 'utf8')) as Counterexample;
    expect(await standing(emitted, file)).toMatchObject({ violated: true });
    writeFileSync(file, CHECKED);
    expect(await standing(emitted, file)).toMatchObject({ violated: false });
    expect((await oversell(['replay', counterexample]).ended).exitCode).not.toBe(1);
    expect((await oversell(['explore', file, ...args]).ended).exitCode).toBe(0);
  });

  test('explores a strategy of a file that is made of a script, and tells what was not declared there', async () => {
    const folder = folderWith({ 'decrement.lua': CHECKED, 'mine.ts': MINE });
    const file = join(folder, 'mine.ts');
    expect((await oversell(['explore', file]).ended).exitCode).toBe(0);
    writeFileSync(file, MINE.replace("'>=0'", "'>=0'], soldOut: ['0.5'"));
    const told = await oversell(['explore', file, '--json']).ended;
    expect(told.exitCode).toBe(2);
    expect(JSON.parse(told.stdout)).toMatchObject({
      error: { code: 'CANNOT_EXPLORE', message: expect.stringContaining('decrement.lua answered -1') },
    });
  });
});
