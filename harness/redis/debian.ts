import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { firstLine, inspectBinary, type ServerBinary, type Unusable } from './binary.ts';
import { isOurs, writableCache } from './cache.ts';
import { downloadPackages, unpackPackages } from './debian-packages.ts';
import type { Machine, Search } from './machine.ts';

/** An entry of the cache: `bin/` holds wrappers, `root/` the packages as unpacked. */
const PROGRAMS = ['redis-server', 'redis-benchmark'];
const serverIn = (entry: string): string => join(entry, 'bin', 'redis-server');

/** Packages fit the distribution and processor that they were made for, and a home may be shared by several. */
async function entryName(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (key: string): string =>
    new RegExp(`^${key}="?([^"\\n]+)`, 'm').exec(release)?.[1] ?? 'unknown';
  return `${field('ID')}-${field('VERSION_ID')}-${process.arch}`;
}

/** The server that an earlier run unpacked. */
export async function cachedDebianServer(
  machine: Machine,
  { signal }: Search,
): Promise<ServerBinary | Unusable> {
  const name = await entryName();
  for (const folder of machine.cacheFolders) {
    if (!(await isOurs(folder))) continue;
    const found = await inspectBinary(serverIn(join(folder, name)), 'cache', signal);
    if ('path' in found) return found;
  }
  return { reason: `no server in our cache (${machine.cacheFolders.join(', ')})` };
}

/** Unpacks the distribution's own signed packages into our cache; needs no root and installs nothing. */
export async function unpackDebianServer(machine: Machine, search: Search): Promise<ServerBinary | Unusable> {
  const cache = await writableCache(machine);
  if (cache === undefined) return { reason: 'Debian packages: no cache folder can be written' };
  const work = join(cache, `unpacking-${process.pid}-${randomUUID()}`);
  try {
    const entry = join(work, 'entry');
    await mkdir(join(entry, 'root'), { recursive: true });
    search.onProgress?.('no redis-server here: unpacking the distribution’s packages into our cache (once)');
    await downloadPackages(machine, work, search);
    await unpackPackages(machine, work, join(entry, 'root'), search.signal);
    await writeWrappers(entry);
    const fresh = await inspectBinary(serverIn(entry), 'debian-package', search.signal);
    if (!('path' in fresh)) return fresh;
    return await install(entry, join(cache, await entryName()), search);
  } catch (error) {
    search.signal?.throwIfAborted();
    return { reason: `Debian packages: ${firstLine(error)}` };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A wrapper finds its libraries from where it lies, so an entry can be moved; `exec` keeps the process id. */
async function writeWrappers(entry: string): Promise<void> {
  const folders = (await libraryFolders(join(entry, 'root'))).map((folder) => `$root/${folder}`).join(':');
  await mkdir(join(entry, 'bin'));
  for (const program of PROGRAMS) {
    const lines = [
      '#!/bin/sh',
      'root=$(dirname -- "$(readlink -f -- "$0")")/../root',
      `LD_LIBRARY_PATH=${folders}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}`,
      'export LD_LIBRARY_PATH',
      `exec "$root/usr/bin/${program}" "$@"`,
    ];
    await writeFile(join(entry, 'bin', program), `${lines.join('\n')}\n`, { mode: 0o755 });
  }
}

/** Where libraries lie: `usr/lib/<triplet>`, and for older packages `lib/<triplet>`. */
async function libraryFolders(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const base of ['usr/lib', 'lib']) {
    for (const triplet of await readdir(join(root, base)).catch(() => [])) {
      const files = await readdir(join(root, base, triplet)).catch(() => []);
      if (files.some((file) => file.includes('.so'))) found.push(`${base}/${triplet}`);
    }
  }
  return found;
}

/** Puts a whole entry in its place at once, so that nobody ever sees half of one. */
async function install(entry: string, place: string, { signal }: Search): Promise<ServerBinary | Unusable> {
  const broken = `${entry}-broken`;
  for (;;) {
    try {
      await rename(entry, place);
      return await inspectBinary(serverIn(place), 'debian-package', signal);
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    // Another run was quicker, and its entry is as good as ours; or an entry lies there that does not work.
    const other = await inspectBinary(serverIn(place), 'debian-package', signal);
    if ('path' in other) return other;
    await rm(broken, { recursive: true, force: true });
    await rename(place, broken).catch(() => undefined);
  }
}
