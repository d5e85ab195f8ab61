import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../ground/ambient.ts';
import { onExit } from '../../ground/lifetime.ts';
import { firstLine, inspectBinary, type ServerBinary, type Unusable } from './binary.ts';
import { isOurs, isWhole, seal, writableCache } from './cache.ts';
import { downloadPackages, hasApt, unpackPackages } from './debian-packages.ts';
import type { Platform, FindOptions } from './platform.ts';

/** redis-server holds little but a link; the programs are in redis-tools. */
const PACKAGES = ['redis-server', 'redis-tools'];
/** An entry of the cache: `bin/` holds wrappers, `root/` the packages as unpacked. */
const PROGRAMS = ['redis-server', 'redis-benchmark'];
const UNPACKING = 'unpacking-';
const serverIn = (entry: string): string => join(entry, 'bin', 'redis-server');

/** Packages fit the distribution and processor that they were made for, and a home may be shared by several. */
async function entryPrefix(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (key: string): string =>
    new RegExp(`^${key}="?([^"\\n]+)`, 'm').exec(release)?.[1] ?? 'unknown';
  return `${field('ID')}-${field('VERSION_ID')}-${process.arch}-`;
}

/** The server that an earlier run unpacked. */
export async function cachedDebianServer(
  machine: Platform,
  { signal }: FindOptions,
): Promise<ServerBinary | Unusable> {
  const reasons: string[] = [];
  for (const folder of machine.cacheFolders) {
    if (!(await isOurs(folder))) continue;
    for (const entry of await entriesIn(folder)) {
      const found = (await isWhole(entry))
        ? await inspectBinary(serverIn(entry), 'cache', signal)
        : { reason: `${entry} is damaged` };
      if ('path' in found) return found;
      reasons.push(found.reason);
    }
  }
  return { reason: `our cache: ${reasons.join('; ') || `nothing in ${machine.cacheFolders.join(', ')}`}` };
}

async function entriesIn(cache: string): Promise<string[]> {
  const prefix = await entryPrefix();
  const names = await readdir(cache);
  return names.filter((name) => name.startsWith(prefix)).map((name) => join(cache, name));
}

/** Unpacks the distribution's own signed packages into our cache; needs no root and installs nothing. */
export async function unpackDebianServer(
  machine: Platform,
  search: FindOptions,
): Promise<ServerBinary | Unusable> {
  if (!(await hasApt(machine))) return { reason: 'Debian packages: apt-get is not installed' };
  const cache = await writableCache(machine);
  if (cache === undefined) return { reason: 'Debian packages: no cache folder is writable' };
  await removeLeftovers(cache);
  const work = join(cache, UNPACKING + randomUUID());
  const remove = { recursive: true, force: true };
  const unregister = onExit({ release: () => rm(work, remove), releaseNow: () => rmSync(work, remove) });
  try {
    const entry = join(work, 'entry');
    await mkdir(join(entry, 'root'), { recursive: true });
    search.onProgress?.('no redis-server here: unpacking the distribution’s packages into the cache (once)');
    await downloadPackages(machine, work, { packages: PACKAGES, ...search });
    await unpackPackages(machine, work, join(entry, 'root'), search.signal);
    await writeWrappers(entry);
    const fresh = await inspectBinary(serverIn(entry), 'debian-package', search.signal);
    if (!('path' in fresh)) return fresh;
    await seal(entry);
    return await install(entry, machine, cache, search);
  } catch (error) {
    search.signal?.throwIfAborted();
    return { reason: `Debian packages: ${firstLine(error)}` };
  } finally {
    await rm(work, remove);
    unregister();
  }
}

/**
 * Puts a whole entry in its place at once, under a name that nobody else has: no run ever sees half an entry, or
 * loses one that it uses.
 */
async function install(
  entry: string,
  machine: Platform,
  cache: string,
  search: FindOptions,
): Promise<ServerBinary | Unusable> {
  const other = await cachedDebianServer(machine, search);
  if ('path' in other) return other; // another run was quicker
  const place = join(cache, (await entryPrefix()) + randomUUID().slice(0, 8));
  await rename(entry, place);
  return inspectBinary(serverIn(place), 'debian-package', search.signal);
}

/** Unpacking takes seconds; what is as old as this was left by a run that was killed. */
const LEFTOVER_AFTER_MS = 3_600_000;

/** Best effort: what cannot be removed is not used either. */
async function removeLeftovers(cache: string): Promise<void> {
  const stale: string[] = [];
  for (const entry of await entriesIn(cache)) if (!(await isWhole(entry))) stale.push(entry);
  for (const name of await readdir(cache)) {
    if (!name.startsWith(UNPACKING)) continue;
    const stats = await stat(join(cache, name)).catch(() => undefined);
    const age = systemClock.epochMs() - (stats?.mtimeMs ?? Infinity);
    if (age > LEFTOVER_AFTER_MS) stale.push(join(cache, name));
  }
  for (const path of stale) await rm(path, { recursive: true, force: true }).catch(() => undefined);
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
