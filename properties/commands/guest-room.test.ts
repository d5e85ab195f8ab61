import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Redis } from 'ioredis';
import { startServer } from '../../harness/redis/server.ts';
import { oversell } from '../helpers/command.ts';
import { GuestRoom, GUEST, secretsIn, secretsLeft, stay } from '../helpers/guest-room.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { rotating } from '../helpers/rotating.ts';
import { thisServer } from '../helpers/this-server.ts';
import { documentedHistory } from '../helpers/workshop.ts';

let room: GuestRoom;
beforeAll(async () => {
  room = await GuestRoom.open();
}, 60_000);
afterAll(() => room.close());
afterEach(async () => {
  expect(await room.isAsBefore()).toBe(true);
  expect(secretsIn(room.monitored())).toEqual([]);
});

const EXAMPLE = new URL('../../reports/example/', import.meta.url).pathname;
const BENCH = ['bench', 'lua-reserve-once', 'leased-units', '--trials', '1'];
const EVALUATE = ['evaluate', 'function-reserve-once', '--history'];

/** Sells, and does with the login what careless code does. */
const CARELESS = `
const tell = (redis) => JSON.stringify([redis.options.username, redis.options.password]);
export const careless = {
  name: 'careless', summary: 'tells everybody its login', connection: 'shared',
  open: async (redis, sale) => {
    console.log(redis.options);
    process.stdout.write(tell(redis) + '\\n');
    await redis.set('stock', sale.stock);
  },
  seller: (redis) => ({
    remaining: async () => Math.max(0, Number(await redis.get('stock'))),
    purchase: async ({ requestId }) => {
      if (requestId.endsWith('1')) console.error(tell(redis));
      if (requestId.endsWith('2')) throw new Error('cannot log in as ' + tell(redis));
      if (requestId.endsWith('3')) throw tell(redis);
      return { kind: Number(await redis.decr('stock')) >= 0 ? 'sold' : 'sold-out' };
    },
  }),
};`;
const OPENS_NOT = CARELESS.replace('await redis.set', 'throw new Error(tell(redis)); await redis.set');
const STRAYS = CARELESS.replace('remaining:', 'x: void Promise.reject(new Error(tell(redis))), remaining:');

const file = (name: string, text: string): string => {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
};

describe('a password-protected server of somebody else: its login stands nowhere, and its keys are as before', () => {
  const commands = [
    ['doctor', () => ['doctor'], 0],
    ['bench', () => [...BENCH, '--history'], 0],
    ['bench --json', () => [...BENCH, '--json'], 0],
    ['evaluate', () => EVALUATE, 0],
    ['evaluate --json', () => [...EVALUATE, '--json'], 0],
    ['explore', () => ['explore', 'lua-decrement'], 2],
    ['explore --json', () => ['explore', 'lua-decrement', '--json'], 2],
    ['replay', () => ['replay', join(EXAMPLE, 'counterexamples/lua-decrement-buyer-crash-stranded.json')], 2],
    ['check', () => ['check', file('history.jsonl', documentedHistory)], 2],
    ['list', () => ['list', '--json'], 2],
    ['compare', () => ['compare', EXAMPLE, EXAMPLE], 2],
    ['an unknown option', () => ['bench', '--no-such-option'], 2],
    [
      'code that tells its login',
      () => ['bench', file('careless.mjs', CARELESS), '--trials', '1'],
      undefined,
    ],
    ['code that fails with it', () => ['bench', file('opens-not.mjs', OPENS_NOT), '--json'], 2],
    ['code that strays with it', () => ['bench', file('strays.mjs', STRAYS), '--json'], 2],
    [
      'code that is judged as a whole',
      () => ['evaluate', file('careless.mjs', CARELESS), '--json'],
      undefined,
    ],
  ] as const;
  test.each(rotating(commands, 2, 'commands'))('%s', async (_, words, exitCode) => {
    const stayed = stay([...words(), '--redis', room.url]);
    const ended = await stayed.running.ended;
    expect(secretsLeft(stayed, ended)).toEqual([]);
    if (exitCode !== undefined) expect(ended).toMatchObject({ exitCode });
    else expect([1, 3]).toContain(ended.exitCode);
  });

  test.each([
    ['a database that it has not', (url: string) => url.replace(/2$/, '99'), 2, 'NO_SUCH_DATABASE'],
    ['a password that is wrong', (url: string) => url.replace('s3cret', 's3cret%25'), 2, 'WRONG_LOGIN'],
    [
      'a URL whose login is not encoded',
      () => `redis://${GUEST.username}:${GUEST.password}@h`,
      2,
      'BAD_REDIS_URL',
    ],
    ['a URL without its beginning', () => `${GUEST.username}:${GUEST.password}@h`, 2, 'BAD_REDIS_URL'],
    ['a URL with an option', (url: string) => `${url}?password=${GUEST.password}`, 2, 'BAD_REDIS_URL'],
  ] as const)('%s is an error, which tells no login', async (_, changed, exitCode, code) => {
    const stayed = stay(['bench', 'lua-decrement', '--redis', changed(room.url), '--json']);
    const ended = await stayed.running.ended;
    expect(ended).toMatchObject({ exitCode });
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code } });
    expect(secretsLeft(stayed, ended)).toEqual([]);
  });

  const interruptions = [
    ['SIGINT', 130, 'lua-reserve-once, trial 1', BENCH],
    ['SIGTERM', 143, 'full throttle', BENCH],
    ['SIGHUP', 129, 'lua-reserve-once, trial 1', BENCH],
    ['SIGINT', 130, 'several-units, ', EVALUATE],
    ['SIGTERM', 143, 'calm, ', EVALUATE],
    ['SIGHUP', 129, 'cost, trial 1', EVALUATE],
  ] as const;
  test.each(rotating(interruptions, 1, 'interruptions'))(
    'interrupted by %s (%i) at "%s"',
    async (signal, exitCode, moment, words) => {
      const stayed = stay([...words, '--redis', room.url]);
      await stayed.running.said(moment);
      stayed.running.child.kill(signal);
      const ended = await stayed.running.ended;
      expect(ended).toMatchObject({ exitCode });
      expect(secretsLeft(stayed, ended)).toEqual([]);
    },
  );

  test('interrupted twice, by somebody who cannot wait', async () => {
    const slow = CARELESS.replace('return { kind', 'await new Promise(() => {}); return { kind');
    const stayed = stay(['bench', file('slow.mjs', slow), '--redis', room.url]);
    await stayed.running.said(': a contended sale');
    const impatience = setInterval(() => stayed.running.child.kill('SIGINT'), 600);
    const ended = await stayed.running.ended;
    clearInterval(impatience);
    expect(ended).toMatchObject({ exitCode: 130 });
    expect(secretsLeft(stayed, ended)).toEqual([]);
  });
});

describe('the watch over it sees', () => {
  test.skipIf(process.platform !== 'linux')('a login on a screen, in a file and in a title', async () => {
    const leaky = file(
      'leaky.mjs',
      `import { writeFileSync } from 'node:fs';
      const [, , url] = process.argv;
      console.log(url);
      console.error(url);
      writeFileSync('left.json', JSON.stringify({ url }));
      process.title = 'oversell ' + url;
      setTimeout(() => {}, 500);`,
    );
    const stayed = stay([room.url], [leaky]);
    const found = secretsLeft(stayed, await stayed.running.ended);
    const places = new Set(found.map((one) => one.split(':')[0]));
    expect(places).toEqual(new Set(['stdout', 'stderr', 'title', 'left.json']));
  });

  test('a foreign key that was overwritten, and one that was left', async () => {
    const other = await GuestRoom.open();
    try {
      const raw = CARELESS.replace(
        'await redis.set',
        `await redis.eval("return redis.call('SET', 'foreign:1', 'mine')", 0); await redis.set`,
      );
      const { exitCode } = await stay(['bench', file('raw.mjs', raw), '--trials', '1', '--redis', other.url])
        .running.ended;
      expect(exitCode).not.toBe(2);
      expect(await other.isAsBefore()).toBe(false);
    } finally {
      await other.close();
    }
  });
});

describe('a server with a limit to its memory', () => {
  const KEYS = 1_000;
  test.each([
    ['allkeys-lru', 2],
    ['volatile-ttl', 2],
    ['noeviction', 0],
  ])('and %s ends a bench with %i, and every key of its owner stays', async (policy, exitCode) => {
    const args = ['--maxmemory', '8mb', '--maxmemory-policy', policy];
    const target = await startServer(await thisServer(), { listen: 'tcp', args });
    const owner = new Redis(target.options);
    try {
      for (let i = 0; i < KEYS; i++) void owner.set(`foreign:${i}`, 'x'.repeat(100), 'EX', 100_000);
      const url = `redis://127.0.0.1:${target.options.port}`;
      const kept = ['--runs', temporaryFolder(), '--json'];
      const words = ['bench', 'lua-decrement', '--trials', '1', '--redis', url, ...kept];
      const { stdout, stderr, ...ended } = await oversell(words).ended;
      expect(ended).toEqual({ exitCode });
      if (exitCode === 2) expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'UNFIT_SERVER' } });
      else expect(stderr).toMatch(/^full throttle on Redis .* its memory is limited$/m);
      expect(await owner.dbsize()).toBe(KEYS);
    } finally {
      owner.disconnect();
      await target.close();
    }
  });
});
