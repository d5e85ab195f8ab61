import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ours } from '../../ground/ours.ts';
import type { Platform, FindOptions } from './platform.ts';

const run = promisify(execFile);

/** Older releases link Lua's modules too, which are packaged as lua-cjson and lua-bitop. */
const LIBRARY = /^(lib|lua-)/;

/** Whether there are packages to be had: on Debian, Ubuntu and what descends from them. */
export async function hasApt(machine: Platform): Promise<boolean> {
  return ours(() => run(machine.aptGet, ['--version'])).then(
    () => true,
    () => false,
  );
}

export interface Wanted extends FindOptions {
  packages: readonly string[];
  /** Libraries that can be done without. */
  without?: readonly string[];
}

/**
 * Downloads packages and the libraries that they need into `folder`, as apt verifies them: signed.
 * Works without root and leaves the system's apt alone: what apt writes goes to folders inside `folder`.
 *
 * @throws what the failing program threw
 */
export async function downloadPackages(
  machine: Platform,
  folder: string,
  { packages, without = [], onProgress, signal }: Wanted,
): Promise<void> {
  const cache = join(folder, 'apt-cache');
  const state = join(folder, 'apt-state');
  // apt does not create them, and fails obscurely where they are missing.
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
  await mkdir(join(state, 'lists', 'partial'), { recursive: true });
  const settings = [
    `Dir::Cache=${cache}`,
    // Root would otherwise hand the download to the user _apt, who cannot write here.
    'APT::Sandbox::User=root',
    'Acquire::http::Timeout=20',
    'Acquire::https::Timeout=20',
  ];
  try {
    await downloadWith(machine, { packages, without, folder, settings, signal });
  } catch {
    signal?.throwIfAborted();
    onProgress?.('the package lists are missing or old: fetching them into the cache too');
    const lists = [`Dir::State=${state}`, `Dir::State::lists=${join(state, 'lists')}`];
    const ownLists = { packages, without, folder, settings: [...settings, ...lists], signal };
    // Its failure is not final: one unreachable source of several is enough for it. The download decides, but
    // where both fail, this one says why.
    let updateError: unknown;
    await apt(machine.aptGet, ['update'], ownLists).catch((error) => (updateError = error));
    await downloadWith(machine, ownLists).catch((error: unknown) => {
      throw updateError ?? error;
    });
  }
}

/** How apt is run. */
interface Apt {
  /** Where it puts what it downloads. */
  folder: string;
  settings: readonly string[];
  signal: AbortSignal | undefined;
}

async function downloadWith(
  machine: Platform,
  how: Apt & Required<Pick<Wanted, 'packages' | 'without'>>,
): Promise<void> {
  const graph = await apt(machine.aptCache, ['depends', '--recurse', '-i', ...how.packages], how);
  const wanted = withLibraries(graph, how.packages).filter((name) => !how.without.includes(name));
  await apt(machine.aptGet, ['download', ...wanted], how);
}

/** Unpacks every package in `folder` into `root`. */
export async function unpackPackages(
  machine: Platform,
  folder: string,
  root: string,
  signal?: AbortSignal,
): Promise<void> {
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.deb')) continue;
    await ours(() => run(machine.dpkgDeb, ['-x', join(folder, file), root], { ...(signal && { signal }) }));
  }
}

/**
 * The packages and all libraries below them, without the C library: that one belongs to the system's loader, and
 * every system has it.
 *
 * @param graph what `apt-cache depends --recurse` prints: a package, then its dependencies, indented by two; a bar
 * marks one that the next line could replace, and deeper lines list providers
 */
export function withLibraries(graph: string, packages: readonly string[]): string[] {
  const needs = new Map<string, string[]>();
  let current: string[] = [];
  let replaceable = false;
  for (const line of graph.split('\n')) {
    const [, mark, name] = /^ ([ |])(?:Pre)?Depends: ([^<>:\s]+)$/.exec(line) ?? [];
    if (name !== undefined) {
      if (!replaceable) current.push(name);
      replaceable = mark === '|';
    } else if (/^\S/.test(line)) {
      needs.set(line.trim(), (current = []));
      replaceable = false;
    }
  }
  const wanted = new Set(packages);
  for (const name of wanted) {
    for (const need of needs.get(name) ?? []) {
      if (LIBRARY.test(need) && need !== 'libc6') wanted.add(need);
    }
  }
  return [...wanted];
}

async function apt(
  program: string,
  args: readonly string[],
  { folder, settings, signal }: Apt,
): Promise<string> {
  const options = settings.flatMap((setting) => ['-o', setting]);
  const within = {
    cwd: folder,
    env: { ...process.env, LC_ALL: 'C' },
    timeout: 120_000,
    maxBuffer: 64 * 2 ** 20,
    ...(signal && { signal }),
  };
  const { stdout } = await ours(() => run(program, ['-q', ...options, ...args], within));
  return stdout;
}
