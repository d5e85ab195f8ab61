import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EnvironmentError, UsageError } from '../../harness/ground/errors.ts';
import { thisMachine } from '../../harness/redis/find/platform.ts';
import { findServer } from '../../harness/redis/find/find-server.ts';
import { bare, memoryServer, program, rejection, search } from '../helpers/machines.ts';
import { gone, temporaryFolder } from '../helpers/processes.ts';

describe('a server that was named', () => {
  test.each([
    ['is not there', '/nowhere/redis-server'],
    ['is no redis-server', '/bin/true'],
  ])('and %s never gives way to another', async (_, path) => {
    const folder = temporaryFolder();
    const machine = { ...bare(folder), memoryServer: await memoryServer(folder, `throw new Error('asked')`) };
    const byFlag = await rejection(findServer({ redisServer: path }, machine));
    expect(byFlag).toBeInstanceOf(UsageError);
    expect(byFlag).toMatchObject({ code: 'BAD_REDIS_SERVER', message: expect.stringContaining(path) });
    const env = { ...machine.env, REDISMS_SYSTEM_BINARY: path };
    const byEnvironment = await rejection(findServer({}, { ...machine, env }));
    expect(byEnvironment).toMatchObject({ message: expect.stringContaining('REDISMS_SYSTEM_BINARY') });
  });

  test('is not both named and to be built', async () => {
    const both = findServer({ redisServer: '/bin/true', redisVersion: '8.8.0' }, bare(temporaryFolder()));
    expect(await rejection(both)).toBeInstanceOf(UsageError);
  });

  test('by a version that is none is refused before anything is downloaded', async () => {
    const error = await rejection(findServer({ redisVersion: '../8.8.0' }, bare(temporaryFolder())));
    expect(error).toMatchObject({ code: 'BAD_REDIS_VERSION', exitCode: 2 });
  });
});

describe('the ladder', () => {
  test('passes over a redis-server on PATH that does not run', async () => {
    const folder = temporaryFolder();
    await program(join(folder, 'bin', 'redis-server'), 'echo "cannot open shared object" >&2; exit 127');
    const masked = { ...bare(folder), env: { PATH: join(folder, 'bin') } };
    const error = await rejection(findServer({}, masked));
    expect(error).toMatchObject({ message: expect.stringContaining('cannot open shared object') });
    const lower = await memoryServer(folder, `return '${(await findServer({})).path}'`);
    expect((await findServer({}, { ...masked, memoryServer: lower })).source).toBe('redis-memory-server');
  });
});

describe('the end of the ladder', () => {
  test.each([
    ['apt-get', /^run: (sudo )?apt-get install -y redis-server$/],
    ['brew', /^run: brew install redis$/],
    ['nothing-known', /--redis-server <path/],
  ])('names the one command where there is %s, and why each rung failed', async (installer, remedy) => {
    const folder = temporaryFolder();
    await program(join(folder, 'bin', installer), 'exit 1');
    const error = await rejection(findServer({}, { ...bare(folder), env: { PATH: join(folder, 'bin') } }));
    expect(error).toBeInstanceOf(EnvironmentError);
    const { code, exitCode, message, ...rest } = error as EnvironmentError;
    expect({ code, exitCode }).toEqual({ code: 'NO_REDIS', exitCode: 4 });
    expect(rest.remedy).toMatch(remedy);
    expect(message).toMatch(/PATH has no.*our cache.*Debian packages.*redis-memory-server is not installed/s);
  });
});

describe('redis-memory-server', () => {
  test('never writes to our stdout, trusts an unknown certificate or picks another program', async () => {
    const folder = temporaryFolder();
    const { found: real } = await search(thisMachine());
    const module = await memoryServer(
      folder,
      `console.log('Downloading ' + JSON.stringify(options));
       console.log('strict ' + process.env.npm_config_strict_ssl);
       return '${real.path}';`,
    );
    const machine = { ...bare(folder), memoryServer: module };
    const { found, told } = await search(machine, { redisVersion: '8.8.0' });
    expect(found).toEqual({ ...real, source: 'redis-memory-server' });
    const options = { version: '8.8.0', downloadDir: join(folder, 'cache', 'compiled'), systemBinary: '' };
    expect(told.slice(1)).toEqual([`Downloading ${JSON.stringify(options)}`, 'strict true']);
  });

  test('that cannot download ends in an error that repeats why', async (context) => {
    const machine = thisMachine();
    context.skip(machine.memoryServer === undefined, 'the optional dependency is not installed');
    const folder = temporaryFolder();
    // The real module, and nobody listens on port 1.
    const env = { ...machine.env, REDISMS_DOWNLOAD_MIRROR: 'https://127.0.0.1:1', PATH: folder };
    const masked = { ...bare(folder), env, memoryServer: machine.memoryServer! };
    const error = await rejection(findServer({}, masked));
    expect(error).toBeInstanceOf(EnvironmentError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/redis-memory-server could not.*ECONNREFUSED/),
    });
  });

  test('that answers with a program that does not run is not believed', async () => {
    const folder = temporaryFolder();
    const module = await memoryServer(folder, `return '/nowhere/redis-server'`);
    const error = await rejection(findServer({}, { ...bare(folder), memoryServer: module }));
    expect(error).toMatchObject({
      code: 'NO_REDIS',
      message: expect.stringContaining('/nowhere/redis-server'),
    });
  });

  test('is stopped, compiler and all, when the search is', async () => {
    const folder = temporaryFolder();
    const module = await memoryServer(
      folder,
      `const { spawn } = await import('node:child_process');
       const compiler = spawn('/bin/sleep', ['1000']);
       console.log(compiler.pid);
       return new Promise(() => {});`,
    );
    const stop = new AbortController();
    let compiler = 0;
    const onProgress = (line: string): void => {
      if (!/^\d+$/.test(line)) return;
      compiler = Number(line);
      stop.abort();
    };
    const searching = findServer(
      { redisVersion: '8.8.0', onProgress, signal: stop.signal },
      { ...bare(folder), memoryServer: module },
    );
    expect(await rejection(searching)).toBe(stop.signal.reason);
    await gone({ pid: compiler, folder: join(folder, 'never made') });
  });
});
