import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../harness/ground/ambient.ts';
import { EnvironmentError } from '../../harness/ground/errors.ts';
import type { ServerBinary } from '../../harness/redis/find/find-server.ts';
import { freePort } from '../../harness/redis/free-port.ts';
import { startServer } from '../../harness/redis/server.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import { program, rejection } from '../helpers/machines.ts';
import { gone, isRunning, temporaryFolder } from '../helpers/processes.ts';
import { thisServer } from '../helpers/this-server.ts';

let binary: ServerBinary;
beforeAll(async () => {
  binary = await thisServer();
});

async function asking<T>(target: RedisTarget, ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(target.options);
  try {
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

/** A setting as the running server has it. */
const setting = (target: RedisTarget, name: string): Promise<string | undefined> =>
  asking(target, async (redis) => (await redis.config('GET', name))[1]);

/** The temporary files of this test go to a folder of its own. */
async function ownTmpdir(...below: string[]): Promise<string> {
  const folder = join(temporaryFolder(), ...below);
  await fs.mkdir(folder, { recursive: true });
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  return folder;
}

/** Says who it is as the server does, stops where it is told to, and is the server then. */
const stoppingAt = (stop: string): Promise<string> =>
  program(
    join(temporaryFolder(), 'redis-server'),
    `for word; do [ "$last" = --pidfile ] && echo $$ > "$word"; last=$word; done
    ${stop}
    exec '${binary.path}' "$@"`,
  );

describe('a private server', () => {
  test.each(['unix', 'tcp'] as const)(
    'on %s is never reachable from elsewhere, nor outlives its use',
    async (listen) => {
      const tmp = await ownTmpdir();
      const target = await startServer(binary, { listen });
      const [folder] = await fs.readdir(tmp);
      expect((await fs.stat(join(tmp, folder!))).mode & 0o777).toBe(0o700);
      expect(await setting(target, 'bind')).toBe('127.0.0.1');
      expect(await setting(target, 'port')).toBe(String(target.options.port ?? 0));
      expect(await setting(target, 'save')).toBe('');
      expect(target).toMatchObject({ kind: 'private', version: binary.version });
      expect(target.description).toMatch(/^Redis [\d.]+ \(.+, private\)$/);
      await target.close();
      expect(isRunning(target.pid!)).toBe(false);
      expect(await fs.readdir(tmp)).toEqual([]);
      await target.close(); // a second time does no harm
    },
  );

  test('never shares anything with another', async () => {
    const targets = await Promise.all([1, 2, 3].map(() => startServer(binary, { listen: 'tcp' })));
    await Promise.all(targets.map((target, i) => asking(target, (redis) => redis.set('mine', i))));
    const mine = await Promise.all(targets.map((target) => asking(target, (redis) => redis.get('mine'))));
    expect(mine).toEqual(['0', '1', '2']);
    await Promise.all(targets.map((target) => target.close()));
    for (const { pid } of targets) expect(isRunning(pid!)).toBe(false);
  });

  test('never gives up because somebody took its port, nor talks to whoever did', async () => {
    const first = await startServer(binary, { listen: 'tcp' });
    const taken = first.options.port!;
    const ports = [taken, taken];
    const second = await startServer(binary, { listen: 'tcp' }, async () => ports.pop() ?? freePort());
    expect(ports).toEqual([]);
    expect(await setting(second, 'port')).not.toBe(String(taken));
    const always = startServer(binary, { listen: 'tcp' }, async () => taken);
    expect(await rejection(always)).toMatchObject({ message: expect.stringMatching(/already in use/) });
    await Promise.all([first.close(), second.close()]);
  });

  test('takes arguments that win over the usual ones', async () => {
    const target = await startServer(binary, { args: ['--appendonly', 'yes', '--maxmemory', '64mb'] });
    expect(await setting(target, 'appendonly')).toBe('yes');
    expect(await setting(target, 'maxmemory')).toBe(String(64 * 2 ** 20));
    await target.close();
  });

  test('starts where the path of TMPDIR is longer than a socket’s may be', async () => {
    const tmp = await ownTmpdir('a'.repeat(60), 'b'.repeat(60));
    const target = await startServer(binary);
    expect(await asking(target, (redis) => redis.ping())).toBe('PONG');
    expect(target.options.path).toMatch(/^\/tmp\//);
    await target.close();
    expect(await fs.readdir(tmp)).toEqual([]);
  });

  test('that ended by itself leaves nothing either', async () => {
    const tmp = await ownTmpdir();
    const target = await startServer(binary);
    process.kill(target.pid!, 'SIGTERM');
    while (isRunning(target.pid!)) await systemClock.sleep(5);
    await target.close();
    expect(await fs.readdir(tmp)).toEqual([]);
  });

  test('is ended also behind a script that starts it as a child', async () => {
    const path = await program(join(temporaryFolder(), 'redis-server'), `'${binary.path}' "$@"\nexit $?`);
    const target = await startServer({ ...binary, path });
    const folder = join(target.options.path!, '..');
    await target.close();
    await gone({ pid: target.pid!, folder });
  });
});

describe('a server that does not start', () => {
  test.each([
    [
      'an argument that it does not know',
      (path: string) => path,
      ['--no-such-setting', '1'],
      /no-such-setting/,
    ],
    ['a program that is not there', () => '/nowhere/redis-server', [], /\/nowhere\/redis-server/],
  ])('because of %s says why and leaves nothing', async (_, path, args, why) => {
    const tmp = await ownTmpdir();
    const error = await rejection(startServer({ ...binary, path: path(binary.path) }, { args }));
    expect(error).toBeInstanceOf(EnvironmentError);
    expect(error).toMatchObject({ code: 'REDIS_DID_NOT_START', message: expect.stringMatching(why) });
    expect(await fs.readdir(tmp)).toEqual([]);
  });

  test('because somebody stops it while it starts says so, and one that goes on starts', async (context) => {
    context.skip(process.platform !== 'linux', 'only Linux tells that a process is stopped');
    const stopping = await stoppingAt('kill -STOP $$');
    const goingOn = await stoppingAt('(sleep 1; kill -CONT $$) & kill -STOP $$');
    const tmp = await ownTmpdir();
    const stopped = startServer({ ...binary, path: stopping });
    expect(await rejection(stopped)).toMatchObject({
      code: 'REDIS_DID_NOT_START',
      message: expect.stringContaining('did not start: it was stopped (SIGSTOP)'),
    });
    expect(await fs.readdir(tmp)).toEqual([]);
    const target = await startServer({ ...binary, path: goingOn });
    expect(await setting(target, 'save')).toBe('');
    await target.close();
  });
});
