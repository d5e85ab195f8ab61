import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'ioredis';
import { describe, expect, test } from 'vitest';
import type { Counterexample, CounterexampleStep } from '../../harness/documents/counterexample.ts';
import { subjectOf } from '../../harness/explorer/process/subject.ts';
import { timeline } from '../../reports/diagram/text.ts';
import { diagram } from '../../reports/diagram/table.ts';
import type { Strategy } from '../../strategies/contract.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import type { ExplorationDocument } from '../../harness/documents/exploration.ts';
import { oversell } from '../helpers/command.ts';
import { exploring, server } from '../helpers/exploring.ts';
import { lineOf, selling, showing } from '../helpers/shown.ts';
import { folderWith } from '../helpers/strategy-sources.ts';

const redis = server();
const shown = showing(redis);
const calm = { buyers: 2, stock: 1 };
const cut = { ...calm, faults: { 'lost-reply': 1 } };

const LOOK_AND_TAKE = `      const seen = await redis.get('stock');
      if (Number(seen) + left.units < 1) return { kind: 'sold-out' };
      await redis.decr('stock');`;

const commands = ({ steps }: Pick<Counterexample, 'steps'>): CounterexampleStep[] =>
  steps.filter(({ event }) => event === 'execute');
/** By name of the command, the places that sent it. */
const places = (counterexample: Pick<Counterexample, 'steps'>): Record<string, string[]> => {
  const found: Record<string, Set<string>> = {};
  for (const { command, source } of commands(counterexample))
    (found[command![0]!] ??= new Set()).add(source ? `${source.file}:${source.line}` : 'nowhere');
  return Object.fromEntries(Object.entries(found).map(([name, at]) => [name, [...at]]));
};

describe('each command of a counterexample has the line of the user’s file that sent it', () => {
  test('counted in the TypeScript that the user wrote', async () => {
    const source = selling(LOOK_AND_TAKE);
    expect(places(await shown({ 'sell.ts': source }))).toEqual({
      GET: [`sell.ts:${lineOf(source, "const seen = await redis.get('stock')")}`],
      DECR: [`sell.ts:${lineOf(source, 'await redis.decr')}`],
    });
  });

  test('and the line moves with the code', async () => {
    const apart = LOOK_AND_TAKE.replace('      await redis.decr', '\n\n\n      await redis.decr');
    const [before, after] = [selling(LOOK_AND_TAKE), selling(apart)];
    const line = lineOf(before, 'await redis.decr');
    expect(lineOf(after, 'await redis.decr')).toBe(line + 3);
    const found = places(await shown({ 'sell.ts': after }));
    expect(found['DECR']).toEqual([`sell.ts:${line + 3}`]);
    expect(found['GET']).toEqual(places(await shown({ 'sell.ts': before }))['GET']);
  });

  test('in whichever file of theirs it stands, told from the folder of the strategy', async () => {
    const store = `export interface Unused {
  a: number;
}
export const look = (redis: any): Promise<string> => redis.get('stock');
`;
    const source = selling(
      LOOK_AND_TAKE.replace("redis.get('stock')", 'look(redis)'),
      "import { look } from './lib/store.ts';",
    );
    const found = places(await shown({ 'sell.ts': source, 'lib/store.ts': store }));
    expect(found['GET']).toEqual(['lib/store.ts:4']);
    expect(found['DECR']).toEqual([`sell.ts:${lineOf(source, 'await redis.decr')}`]);
  });

  test('also where the client sends it later: again after a cut, in a pipeline, in a transaction', async () => {
    const source = selling(`      const [[, seen]] = await redis
        .pipeline()
        .get('stock')
        .exec();
      if (Number(seen) < 1) return { kind: 'sold-out' };
      await redis
        .multi()
        .decr('stock')
        .exec();`);
    const counterexample = await shown({ 'sell.ts': source }, { ...cut, buyers: 1, stock: 2 }, 'double-sale');
    const [get, decr] = [lineOf(source, ".get('stock')"), lineOf(source, ".decr('stock')")];
    expect(places(counterexample)).toEqual({
      GET: [`sell.ts:${get}`],
      MULTI: [`sell.ts:${lineOf(source, '.multi()')}`],
      DECR: [`sell.ts:${decr}`],
      EXEC: [`sell.ts:${decr + 1}`],
    });
    const sent = commands(counterexample).map(({ command }) => command![0]);
    expect(sent.filter((name) => name === 'DECR')).toHaveLength(2);
  });

  test('also where it is sent by itself a turn later, with others', async () => {
    const source = selling(LOOK_AND_TAKE).replace(
      "connection: 'shared' as const,",
      "connection: 'shared' as const,\n  client: { enableAutoPipelining: true },",
    );
    expect(places(await shown({ 'sell.ts': source }))['DECR']).toEqual([
      `sell.ts:${lineOf(source, 'await redis.decr')}`,
    ]);
  });

  test('also where a helper of ours or a package sends it for them', async () => {
    const source = selling(
      `      const seen = await redis.look('stock');
      if (Number(seen) < 1) return { kind: 'sold-out' };
      await take(redis);`,
      "import { take } from 'taker';",
    ).replace(
      '  seller: (redis: any, _sale: any, env: any) => ({',
      "  seller: (redis: any, _sale: any, env: any) => (redis.defineCommand('look', { numberOfKeys: 1, lua: 'return redis.call(\"GET\", KEYS[1])' }), {",
    );
    const found = places(
      await shown({
        'sell.ts': source,
        'node_modules/taker/package.json': '{ "name": "taker", "version": "1.0.0", "main": "index.js" }',
        'node_modules/taker/index.js':
          "exports.take = async (redis) => { await null; return redis.decr('stock'); };",
      }),
    );
    expect(found['EVAL'] ?? found['EVALSHA']).toEqual([`sell.ts:${lineOf(source, 'redis.look')}`]);
    expect(found['DECR']).toEqual([`sell.ts:${lineOf(source, 'await take(redis)')}`]);
  });

  test('and none where nobody knows: a package’s own timer is no line of theirs', async () => {
    const source = selling(
      '      await new Promise((done) => later(redis, done));',
      "import { later } from 'later';",
    );
    const found = await shown({
      'sell.ts': source,
      'node_modules/later/package.json': '{ "name": "later", "version": "1.0.0", "main": "index.js" }',
      'node_modules/later/index.js':
        "exports.later = (redis, done) => void setTimeout(() => redis.decr('stock').then(done), 5);",
    });
    expect(places(found)).toEqual({ DECR: ['nowhere'] });
    expect(timeline(found).join('\n')).not.toContain('sell.ts');
  });

  test('of a built-in, in strategies/, although what runs is compiled', async () => {
    const { stdout } = await oversell([
      'explore',
      'read-then-write',
      '--buyers',
      '2',
      '--stock',
      '1',
      '--json',
    ]).ended;
    const { properties } = JSON.parse(stdout) as ExplorationDocument;
    const source = readFileSync(new URL('../../strategies/read-then-write.ts', import.meta.url), 'utf8');
    expect(places(properties.oversell.counterexample!)).toEqual({
      GET: [`strategies/read-then-write.ts:${lineOf(source, 'await stockLeft(redis, sale.sku)) <')}`],
      DECRBY: [`strategies/read-then-write.ts:${lineOf(source, 'await redis.decrby')}`],
    });
  });
});

test('only a counterexample costs stacks: the client is as it was, before and after', async () => {
  const { stackTraceLimit } = Error;
  const written = Object.getOwnPropertyDescriptor(Command.prototype, 'toWritable');
  const seen: number[] = [];
  const watched: Strategy = {
    ...luaDecrement,
    seller: (client, sale, env) => {
      seen.push(Error.stackTraceLimit);
      return luaDecrement.seller(client, sale, env);
    },
  };
  const subject = { strategy: watched, evaluate: () => watched };
  const holds = await exploring(redis.target, watched, calm, { subject });
  expect(holds.verdict).toBe('holds');
  expect(new Set(seen)).toEqual(new Set([stackTraceLimit]));
  const violated = await exploring(redis.target, watched, cut, { subject });
  expect(violated.properties['double-sale'].counterexample).not.toBeNull();
  expect(new Set(seen).size).toBe(2);
  expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  expect(Object.getOwnPropertyDescriptor(Command.prototype, 'toWritable')).toEqual(written);
});

const width = (lines: readonly string[]): number => Math.max(...lines.map((line) => line.length));
const withoutSource = (step: CounterexampleStep): CounterexampleStep => {
  const { source, ...rest } = step;
  return source ? rest : step;
};

describe('a diagram names the line', () => {
  test('in text beside each command, and in no window that is too narrow for it', async () => {
    const source = selling(LOOK_AND_TAKE);
    const counterexample = await shown({ 'sell.ts': source });
    const [decr] = places(counterexample)['DECR']!;
    const wide = timeline(counterexample);
    expect(wide.filter((line) => line.includes(decr!))).toHaveLength(2);
    const bare = timeline({ ...counterexample, steps: counterexample.steps.map(withoutSource) });
    for (let columns = width(wide); columns >= width(bare); columns--)
      expect(width(timeline(counterexample, columns))).toBeLessThanOrEqual(columns);
    const narrow = timeline(counterexample, width(bare) + 6).join('\n');
    expect(narrow).not.toContain('sell.ts');
    expect(narrow).toMatch(new RegExp(`^ *${decr!.replace('sell.ts', '')} `, 'm'));
    expect(timeline(counterexample, 10)).toEqual(bare);
  });

  test('on the page, and nothing in an older file that has none', async () => {
    const source = selling(LOOK_AND_TAKE);
    const counterexample = await shown({ 'sell.ts': source });
    const [decr] = places(counterexample)['DECR']!;
    expect(diagram(counterexample).text.split(decr!)).toHaveLength(3);
    const older = readFileSync(new URL('../documents/earlier/counterexample.json', import.meta.url), 'utf8');
    expect(diagram(JSON.parse(older) as Counterexample).text).not.toContain('undefined');
  });
});

test('a purchase that Redis refuses is told with the line that asked for it, for one buyer alone', async () => {
  const source = selling(`      await redis.incr('stock');
      await redis.lpush('stock', '1');`);
  const path = join(folderWith({ 'sell.ts': source }), 'sell.ts');
  const { mine } = (await import(path)) as { mine: Strategy };
  const subject = await subjectOf({ strategy: mine, path });
  const { alone } = await exploring(redis.target, mine, calm, { subject, path });
  expect(alone).toMatch(/^purchase threw ReplyError: WRONGTYPE .* at .*sell\.ts:\d+, for one buyer alone$/);
  expect(alone).toContain(`sell.ts:${lineOf(source, 'redis.lpush')},`);
});
