import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../harness/redis/free-port.ts';
import { startServer } from '../../harness/redis/server.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import { certified, hasOpenssl, tlsArgs, type Certified } from '../helpers/certificates.ts';
import { oversell, type Ended } from '../helpers/command.ts';
import { GUEST, GuestRoom, secretsIn, secretsLeft, stay } from '../helpers/guest-room.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { thisServer } from '../helpers/this-server.ts';
import { sometimes } from '../helpers/rotating.ts';

const doctor = (url: string, ...more: string[]): Promise<Ended> =>
  oversell(['doctor', '--redis', url, '--json', ...more]).ended;

/** The fault that a command tells under --json. */
const faultOf = ({ exitCode, stdout }: Ended): unknown => ({
  exitCode,
  ...(JSON.parse(stdout) as { error: object }).error,
});

describe('a server that wants a login', () => {
  let room: GuestRoom;
  beforeAll(async () => {
    room = await GuestRoom.open();
  }, 60_000);
  afterAll(() => room.close());
  const { username, password } = GUEST;
  const at = (login: string): string => `redis://${login}127.0.0.1:${room.target.options.port}`;

  test('and hears none, or a wrong one, ends with 2, one plain sentence and what to do', async () => {
    expect(faultOf(await doctor(at('')))).toMatchObject({
      exitCode: 2,
      code: 'NO_LOGIN',
      message: '--redis: that server wants a login, and the URL has none',
      remedy: expect.stringContaining('redis://<user>:<password>@host'),
    });
    expect(faultOf(await doctor(at(`${username}:another@`)))).toMatchObject({
      exitCode: 2,
      code: 'WRONG_LOGIN',
      message: '--redis: that server does not accept the login in the URL',
    });
  });

  test('of somebody who may not enough names the command, and how it is allowed', async () => {
    await room.owner.call('ACL', 'SETUSER', 'reader', 'on', '>hush', '~*', '&*', '+@all', '-scan');
    const refused = faultOf(await doctor(at('reader:hush@')));
    expect(refused).toMatchObject({
      exitCode: 2,
      code: 'NO_PERMISSION',
      message: '--redis: the login in the URL may not run SCAN, which a run needs',
      remedy: expect.stringContaining('ACL SETUSER <user> +scan'),
    });
    await room.owner.call('ACL', 'SETUSER', 'reader', '+scan', 'resetkeys', '~shop:*');
    expect(faultOf(await doctor(at('reader:hush@')))).toMatchObject({
      exitCode: 2,
      message: '--redis: the login in the URL may not touch the keys of a run',
      remedy: expect.stringContaining('~oversell:*'),
    });
    await room.owner.call('ACL', 'SETUSER', 'reader', '~oversell:*');
    expect(await doctor(at('reader:hush@'))).toMatchObject({ exitCode: 0 });
  });

  test('is reached by the URL of the environment, which stands in no command line, file or title', async () => {
    const words = ['bench', 'lua-decrement', '--trials', '1', '--buyers', '50', '--history'];
    const stayed = stay([...words, '--redis', 'REDIS_URL'], undefined, { REDIS_URL: room.url });
    const ended = await stayed.running.ended;
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(secretsLeft(stayed, ended)).toEqual([]);
    expect(ended.stderr).toContain('--redis REDIS_URL');
    const none = await oversell(['doctor', '--redis', 'REDIS_URL', '--json'], { REDIS_URL: undefined }).ended;
    expect(faultOf(none)).toMatchObject({ exitCode: 2, code: 'NO_REDIS_URL' });
  });

  test('is reached by its socket, with the login in the URL, which is told nowhere', async () => {
    const [, socket] = (await room.owner.config('GET', 'unixsocket')) as [string, string];
    const url = `unix://${username}:${encodeURIComponent(password)}@${socket}`;
    const stayed = stay(['doctor', '--redis', url]);
    const ended = await stayed.running.ended;
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`(yours, at ${socket})`) });
    expect(secretsLeft(stayed, ended)).toEqual([]);
    const wrong = await doctor(`unix://${username}:no@${socket}`);
    expect(faultOf(wrong)).toMatchObject({ exitCode: 2, code: 'WRONG_LOGIN' });
    expect(secretsIn(wrong.stdout + wrong.stderr)).toEqual([]);
  });
});

/** A server that speaks TLS at one port, and plainly at another. */
async function encrypted(files: Certified, clients?: string): Promise<{ target: RedisTarget; port: number }> {
  const port = await freePort();
  const target = await startServer(await thisServer(), {
    listen: 'tcp',
    args: tlsArgs(files, port, clients),
  });
  return { target, port };
}

describe.runIf(hasOpenssl)('a server that speaks TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oversell-tls-'));
  let files: Certified;
  let server: Awaited<ReturnType<typeof encrypted>>;
  const url = (): string => `rediss://127.0.0.1:${server.port}`;
  beforeAll(async () => {
    files = certified(folder);
    server = await encrypted(files);
  }, 60_000);
  afterAll(async () => {
    await server.target.close();
    rmSync(folder, { recursive: true });
  });

  sometimes(
    'is used with the certificate of its authority, by every thread, and left as it was',
    async () => {
      const runs = temporaryFolder();
      const words = ['bench', 'watch-retry', 'lua-decrement', '--trials', '1', '--buyers', '50'];
      const kept = ['--runs', temporaryFolder()];
      const ended = await oversell([...words, ...kept, '--redis', url(), '--tls-ca', files.ca, '--json'])
        .ended;
      expect(ended).toMatchObject({ exitCode: 0 });
      expect(JSON.parse(ended.stdout)).toMatchObject({
        environment: { redis: expect.stringMatching(/over TLS\)$/) },
        strategies: [{ verdict: 'holds' }, { verdict: 'holds' }],
      });
      const evaluated = await oversell([
        'evaluate',
        'lua-decrement',
        '--runs',
        runs,
        '--redis',
        url(),
        '--tls-ca',
        files.ca,
      ]).ended;
      expect(evaluated).toMatchObject({ exitCode: 0 });
      const owner = new Redis(server.target.options);
      expect(await owner.keys('*')).toEqual([]);
      owner.disconnect();
      const [run] = readdirSync(runs);
      expect(readFileSync(join(runs, run!, 'result.json'), 'utf8')).not.toContain('BEGIN CERTIFICATE');
    },
  );

  sometimes('whose authority nobody knows is not trusted, and the remedy names --tls-ca', async () => {
    expect(faultOf(await doctor(url()))).toMatchObject({
      exitCode: 2,
      code: 'UNTRUSTED_CERTIFICATE',
      remedy: expect.stringContaining('--tls-ca <file>'),
    });
    // Another authority is none.
    expect(faultOf(await doctor(url(), '--tls-ca', certified(temporaryFolder()).ca))).toMatchObject({
      code: 'UNTRUSTED_CERTIFICATE',
    });
  });

  sometimes('with a certificate of its own signing is trusted where that very one is given', async () => {
    const own = certified(temporaryFolder(), { selfSigned: true });
    const { target, port } = await encrypted(own);
    try {
      const at = `rediss://127.0.0.1:${port}`;
      expect(faultOf(await doctor(at))).toMatchObject({ exitCode: 2, code: 'UNTRUSTED_CERTIFICATE' });
      expect(await doctor(at, '--tls-ca', own.certificate)).toMatchObject({ exitCode: 0 });
    } finally {
      await target.close();
    }
  });

  sometimes('that is made out for another host, or wants a certificate of ours, says so', async () => {
    const other = certified(temporaryFolder(), { host: 'DNS:shop.example' });
    const strict = await encrypted(other, 'yes');
    try {
      const at = `rediss://127.0.0.1:${strict.port}`;
      expect(faultOf(await doctor(at, '--tls-ca', other.ca))).toMatchObject({
        exitCode: 2,
        code: 'OTHER_CERTIFICATE',
      });
    } finally {
      await strict.target.close();
    }
    const asking = await encrypted(files, 'yes');
    try {
      const at = `rediss://127.0.0.1:${asking.port}`;
      expect(faultOf(await doctor(at, '--tls-ca', files.ca))).toMatchObject({
        exitCode: 4,
        remedy: expect.stringContaining('tls-auth-clients no'),
      });
    } finally {
      await asking.target.close();
    }
  });

  sometimes('and one that does not are not confused', async () => {
    const plain = `rediss://127.0.0.1:${server.target.options.port}`;
    expect(faultOf(await doctor(plain, '--tls-ca', files.ca))).toMatchObject({
      exitCode: 2,
      remedy: expect.stringContaining('redis:// where not'),
    });
    expect(faultOf(await doctor(url().replace('rediss', 'redis')))).toMatchObject({
      exitCode: 4,
      remedy: expect.stringContaining('rediss://'),
    });
  });
});
