import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { EnvironmentError } from '../../harness/ground/errors.ts';
import { inspectBinary } from '../../harness/redis/find/binary.ts';
import { isWhole } from '../../harness/redis/find/cache.ts';
import { withLibraries } from '../../harness/redis/find/debian-packages.ts';
import type { Platform } from '../../harness/redis/find/platform.ts';
import { findServer } from '../../harness/redis/find/find-server.ts';
import { startServer } from '../../harness/redis/server.ts';
import {
  apt,
  bare,
  memoryServer,
  NO_ARCHIVE,
  program,
  rejection,
  search,
  unpackFirst,
  type FirstRun,
} from '../helpers/machines.ts';
import { temporaryFolder } from '../helpers/processes.ts';

const run = promisify(execFile);

const home = mkdtempSync(join(tmpdir(), 'oversell-test-'));
afterAll(() => rmSync(home, { recursive: true }));
const lists = join(home, 'system-lists');
const unpacking = unpackWithoutLists();
let first: FirstRun;
/** What was unpacked: `bin/` and `root/`. */
let entry: string;
beforeEach(async (context) => {
  first = (await unpacking)!;
  context.skip(first === undefined, NO_ARCHIVE);
  entry = dirname(dirname(first.found.path));
});

/** A machine as images of containers are: with apt, and without the lists of packages. */
async function unpackWithoutLists(): Promise<FirstRun | undefined> {
  await fs.mkdir(join(lists, 'partial'), { recursive: true });
  await fs.writeFile(join(home, 'apt.conf'), `Dir::State::lists "${lists}/";\n`);
  const masked = (tool: string): Promise<string> =>
    program(join(home, tool), `APT_CONFIG='${home}/apt.conf' exec ${tool} "$@"`);
  return unpackFirst(home, {
    ...apt,
    aptGet: await masked(apt.aptGet),
    aptCache: await masked(apt.aptCache),
  });
}

describe('a first run on a Debian', () => {
  test('unpacks a server and its redis-benchmark, which a second run finds without apt', async () => {
    expect(first.found.source).toBe('debian-package');
    expect(first.told[0]).toMatch(/unpacking/);
    const { stdout } = await run(first.found.benchmarkPath!, ['--version']);
    expect(stdout).toContain(first.found.version);
    const second = await search({ ...bare(home), cacheFolders: first.machine.cacheFolders });
    expect(second).toEqual({ found: { ...first.found, source: 'cache' }, told: [] });
  });

  test('without package lists fetches its own, and leaves the system’s as they were', async () => {
    expect(first.told[1]).toMatch(/package lists are missing/);
    expect(await fs.readdir(lists)).toEqual(['partial']);
    expect(await fs.readdir(join(lists, 'partial'))).toEqual([]);
  });

  test('whose archive does not answer says what apt said, and leaves nothing behind', async () => {
    const folder = temporaryFolder();
    const fails = await program(
      join(folder, 'apt-get'),
      `[ "$1" = --version ] || { echo 'W: some warning' >&2; echo 'E: Could not resolve the archive' >&2; exit 100; }`,
    );
    const machine = { ...bare(folder), ...apt, aptGet: fails };
    const error = await rejection(findServer({}, machine));
    expect(error).toMatchObject({ message: expect.stringContaining('E: Could not resolve the archive') });
    expect(await fs.readdir(machine.cacheFolders[0]!)).toEqual([]);
  });

  test('that is interrupted ends at once, and leaves nothing behind', async () => {
    const machine = { ...bare(temporaryFolder()), ...apt };
    const stop = new AbortController();
    const searching = findServer({ onProgress: () => stop.abort(), signal: stop.signal }, machine);
    expect(await rejection(searching)).toBe(stop.signal.reason);
    expect(await fs.readdir(machine.cacheFolders[0]!)).toEqual([]);
  });

  test('never shares a cache that others can write', async () => {
    const folder = temporaryFolder();
    const cache = join(folder, 'cache');
    await fs.cp(dirname(entry), cache, { recursive: true, verbatimSymlinks: true });
    const machine = { ...bare(folder), cacheFolders: [cache] };
    await fs.chmod(cache, 0o755);
    expect((await findServer({}, machine)).source).toBe('cache');
    await fs.chmod(cache, 0o777);
    expect(await rejection(findServer({}, machine))).toMatchObject({ code: 'NO_REDIS' });
  });
});

describe('the ladder, on which it is one of the rungs,', () => {
  test('never takes a lower rung where a higher one is offered', async () => {
    const folder = temporaryFolder();
    const server = first.found.path;
    // From the bottom up: each step adds the next higher rung and leaves the lower ones in place.
    let machine: Platform = { ...bare(folder), cacheFolders: [join(folder, 'empty')] };
    expect(await rejection(findServer({}, machine))).toBeInstanceOf(EnvironmentError);
    machine = { ...machine, memoryServer: await memoryServer(folder, `return '${server}'`) };
    expect((await findServer({}, machine)).source).toBe('redis-memory-server');
    machine = { ...machine, ...apt };
    expect(first.found.source).toBe('debian-package'); // what this machine would find, with an empty cache
    machine = { ...machine, cacheFolders: first.machine.cacheFolders };
    expect((await findServer({}, machine)).source).toBe('cache');
    await program(join(folder, 'bin', 'redis-server'), `exec '${server}' "$@"`);
    machine = { ...machine, env: { PATH: `bin:${join(folder, 'nothing')}:${join(folder, 'bin')}` } };
    expect(await findServer({}, machine)).toMatchObject({
      source: 'path',
      path: join(folder, 'bin', 'redis-server'),
    });
    machine = { ...machine, env: { ...machine.env, REDISMS_SYSTEM_BINARY: server } };
    expect((await findServer({}, machine)).source).toBe('environment');
    expect((await findServer({ redisServer: server }, machine)).source).toBe('flag');
    expect((await findServer({ redisVersion: '7.0.15' }, machine)).source).toBe('redis-memory-server');
  });
});

describe('a damaged cache', () => {
  test('is never used, and is repaired by two runs at a time', async () => {
    const folder = temporaryFolder();
    const damaged = join(folder, 'cache', basename(entry));
    await fs.cp(entry, damaged, { recursive: true, verbatimSymlinks: true });
    const machine = { ...bare(folder), ...apt };
    expect((await findServer({}, machine)).source).toBe('cache');
    const library = (await fs.readdir(damaged, { recursive: true })).find((file) => /libcrypto/.test(file))!;
    await fs.truncate(join(damaged, library), 1_000_000);
    const unrepaired = await rejection(findServer({}, { ...bare(folder) }));
    expect(unrepaired).toMatchObject({ message: expect.stringContaining(`${damaged} is damaged`) });

    const found = await Promise.all([findServer({}, machine), findServer({}, machine)]);
    for (const { path } of found) expect(await inspectBinary(path, 'cache')).toMatchObject({ path });
    const left = await fs.readdir(join(folder, 'cache'));
    expect(left).not.toContain(basename(entry));
    for (const name of left) expect(await isWhole(join(folder, 'cache', name))).toBe(true);
  });
});

describe('the wrapper', () => {
  test('works from any place, through a link, and under any working directory', async () => {
    const folder = join(temporaryFolder(), `a folder's "$name"`);
    await fs.cp(entry, folder, { recursive: true, verbatimSymlinks: true });
    const link = join(folder, 'link to a server');
    await fs.symlink(join('bin', 'redis-server'), link);
    for (const path of [join(folder, 'bin', 'redis-server'), link]) {
      const { stdout } = await run(path, ['--version'], { cwd: '/' });
      expect(stdout).toContain(`v=${first.found.version}`);
    }
  });

  test('becomes the server, so that its process is the server’s', async () => {
    const socket = join(temporaryFolder(), 's');
    const child = spawn(first.found.path, ['--port', '0', '--unixsocket', socket, '--save', '']);
    const redis = new Redis({ path: socket, maxRetriesPerRequest: null, retryStrategy: () => 10 });
    redis.on('error', () => undefined); // not there yet
    expect(await redis.info('server')).toContain(`process_id:${child.pid}\r\n`);
    redis.disconnect();
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
});

const wrapperOf = async (name: string): Promise<string> =>
  (await fs.readFile(join(entry, 'bin', name), 'utf8')).replace('#!/bin/sh\n', '');
/** The same wrapper, which forgets to say where the libraries are. */
const forgetful = (wrapper: string): string => wrapper.replace(/^export .*$/m, 'unset LD_LIBRARY_PATH');

describe('the libraries', () => {
  /** Those that the system's loader and C library bring; unpacking them would mix two C libraries. */
  const systems = /^(linux-vdso|ld-linux|libc|libm|libdl|libpthread|librt|libresolv)\b/;

  /**
   * Libraries of a wrapped program that do not come from the entry: name → the system's path, if it has one.
   *
   * @returns undefined where somebody hides the system's own already, so that nothing can be told
   */
  async function foreign(wrapper: string): Promise<Map<string, string | undefined> | undefined> {
    const folder = temporaryFolder();
    await fs.symlink(join(entry, 'root'), join(folder, 'root'));
    const traced = await program(join(folder, 'bin', 'traced'), wrapper.replace('exec ', 'exec ldd '));
    const told = await run(traced, []).catch((error: Error & { stdout?: string }) => error);
    if (told instanceof Error) {
      if (!/file too short/.test(told.stdout ?? '')) throw told;
      return undefined;
    }
    const { stdout } = told;
    const found = new Map<string, string | undefined>();
    for (const [, name, path] of stdout.matchAll(/^\s*(\S+)(?: => (\/\S+|not found))?/gm)) {
      const file = basename(name!);
      if (systems.test(file) || path?.startsWith(folder)) continue;
      found.set(file, path?.startsWith('/') ? path : undefined);
    }
    return found;
  }
  test.each(['redis-server', 'redis-benchmark'])(
    'the shared libraries of %s are all unpacked beside it',
    async (name) => {
      expect([...(await foreign(await wrapperOf(name)))!.keys()]).toEqual([]);
    },
  );

  test('are looked for where it matters: a wrapper that forgets them is caught', async (context) => {
    const found = await foreign(forgetful(await wrapperOf('redis-server')));
    context.skip(found === undefined, 'the system’s own libraries are hidden here already');
    const missed = [...found!.keys()].join(' ');
    for (const library of ['libssl', 'libcrypto', 'libjemalloc', 'liblzf']) expect(missed).toContain(library);
  });

  test('are enough: the server runs where the system’s own are hidden', async (context) => {
    const folder = temporaryFolder();
    const hidden = [...((await foreign(forgetful(await wrapperOf('redis-server'))))?.values() ?? [])];
    const paths = hidden.filter((path) => path !== undefined);
    const hides = (await Promise.all(paths.map((path) => fs.realpath(path)))).map(
      (path) => `mount --bind /dev/null '${path}' &&`,
    );
    /** In a mount namespace of its own, as root of a user namespace where we are not root already. */
    const inside = async (name: string, command: string): Promise<string> => {
      const script = await program(
        join(folder, `${name}-inside`),
        `${hides.join('\n')} exec ${command} "$@"`,
      );
      const unshare = process.getuid?.() === 0 ? 'unshare --mount' : 'unshare --map-root-user --mount';
      return program(join(folder, name), `exec ${unshare} '${script}' "$@"`);
    };
    const possible = await run(await inside('possible', '/bin/echo'), ['yes']).catch(() => undefined);
    context.skip(possible === undefined, 'no mount namespace can be made here');

    const bareServer = await inside('bare', `'${join(entry, 'root/usr/bin/redis-server')}'`);
    expect(await inspectBinary(bareServer, 'path')).toHaveProperty('reason');
    const wrapped = await inside('wrapped', `'${first.found.path}'`);
    const target = await startServer({ ...first.found, path: wrapped });
    const redis = new Redis(target.options);
    expect(await redis.set('stock', 1)).toBe('OK');
    redis.disconnect();
    await target.close();
  });

  test('are found by following what each package says it needs', () => {
    const graph = [
      'redis-tools',
      '  Depends: adduser',
      '  Depends: libssl3',
      ' |Depends: libone',
      '  Depends: libother',
      '  Depends: libc6',
      '  Depends: lua-cjson',
      '  PreDepends: libpre',
      '    libprovider',
      '  Suggests: libsuggested',
      'adduser',
      '  Depends: libpam0g',
      'libssl3',
      '  Depends: libdeep',
      '  Depends: <libvirtual>',
      'libdeep',
      '  Depends: libssl3',
    ].join('\n');
    expect(withLibraries(graph, ['redis-tools'])).toEqual([
      'redis-tools',
      'libssl3',
      'libone',
      'lua-cjson',
      'libpre',
      'libdeep',
    ]);
  });
});
