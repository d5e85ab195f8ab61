import { expect, test } from 'vitest';
import { UsageError } from '../../harness/ground/errors.ts';
import { runLoad } from '../../harness/load/driver.ts';
import type { LoadOptions } from '../../harness/load/run-options.ts';
import { loadStrategy, type StrategyRef } from '../../harness/loader/strategies.ts';
import { serverWithClient } from '../helpers/exploring.ts';
import { seed } from '../helpers/seed.ts';

const own = serverWithClient();

type Given = Partial<Omit<LoadOptions, 'strategy'>> & { strategy?: StrategyRef };

const tooMuch = 2 ** 53;
const nonsense: [string, Given][] = [
  ...[-1, 0.5, tooMuch, NaN, Infinity].map((stock): [string, Given] => [`stock ${stock}`, { stock }]),
  ...[0, -1, 1.5, tooMuch, NaN].map((quantity): [string, Given] => [
    `quantity ${quantity}`,
    { quantities: [1, quantity] },
  ]),
  ['no quantity', { quantities: [] }],
  ...[0, -1, 1.5].flatMap((n): [string, Given][] => [
    [`${n} buyers`, { buyers: n }],
    [`${n} users`, { users: n }],
    [`${n} in flight`, { inFlight: n }],
    [`${n} workers`, { workers: n }],
    [`${n} attempts`, { maxAttempts: n }],
    [`a limit of ${n} per user`, { strategy: { name: 'lua-reserve-once' }, perUserLimit: n }],
  ]),
  ...[0, -1, NaN, Infinity, 1e9].map((seconds): [string, Given] => [`${seconds} s`, { seconds }]),
  ...[0, -1, NaN, 1e9].map((ratePerSecond): [string, Given] => [
    `${ratePerSecond} arrivals a second`,
    { arrivals: { profile: 'constant', ratePerSecond }, seconds: 0.1 },
  ]),
  ['more workers than purchases in flight', { workers: 3, inFlight: 2 }],
  ['a limit that the strategy does not support', { perUserLimit: 1 }],
  ['no strategy', { strategy: { name: '' } }],
  ['an unknown strategy', { strategy: { name: 'lua-increment' } }],
];

test.each(nonsense)('%s is refused, and not one command is sent', async (_what, options) => {
  const before = await traffic();
  const refused = await load(options).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(UsageError);
  expect((refused as UsageError).remedy).not.toBe('');
  // Our own question.
  expect(await traffic()).toEqual({ connections: before.connections, commands: before.commands + 1 });
});

test('neither buyers nor seconds is refused: it would never end', async () => {
  const strategy = await loadStrategy({ name: 'lua-decrement' });
  const options: LoadOptions = { target: own.target, seed, strategy, stock: 1 };
  await expect(runLoad(options)).rejects.toBeInstanceOf(UsageError);
});

test('what makes sense is sent, so the count can tell', async () => {
  const before = await traffic();
  await load({});
  const after = await traffic();
  expect(after.connections).toBeGreaterThan(before.connections);
  expect(after.commands).toBeGreaterThan(before.commands + 1);
});

async function load({ strategy: ref = { name: 'lua-decrement' }, ...options }: Given): Promise<unknown> {
  const strategy = await loadStrategy(ref);
  return runLoad({ target: own.target, seed, strategy, stock: 1, buyers: 2, inFlight: 2, ...options });
}

async function traffic(): Promise<{ connections: number; commands: number }> {
  const info = await own.redis.info('stats');
  const field = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)![1]);
  return { connections: field('total_connections_received'), commands: field('total_commands_processed') };
}
