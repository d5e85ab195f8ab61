import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { EnvironmentError, UsageError } from '../../ground/errors.ts';
import { inspectBinary, isExecutable, type ServerBinary, type Unusable } from './binary.ts';
import { cachedDebianServer, unpackDebianServer } from './debian.ts';
import { thisMachine, type Platform, type FindOptions } from './platform.ts';
import { obtainByMemoryServer } from './memory-server.ts';

export type { ServerBinary } from './binary.ts';

export interface ProvisionOptions extends FindOptions {
  /** Path of the redis-server to use, and no other. */
  redisServer?: string;
  /** Version to download and compile, whatever else is installed. */
  redisVersion?: string;
}

type Rung = () => Promise<ServerBinary | Unusable>;

/**
 * Finds a redis-server, or obtains one: the quickest way first, and nothing that needs root.
 *
 * @throws EnvironmentError that names the one command to run; UsageError if the server that was named does not run
 */
export async function findServer(
  options: ProvisionOptions,
  machine: Platform = thisMachine(),
): Promise<ServerBinary> {
  const { redisServer, redisVersion, signal } = options;
  if (redisServer !== undefined && redisVersion !== undefined) {
    throw new UsageError(
      'CONTRADICTION',
      '--redis-server names a program and --redis-version asks to build another',
      'give one of the two',
    );
  }
  if (redisServer !== undefined) return named(redisServer, 'flag', '--redis-server', signal);
  if (redisVersion !== undefined) {
    if (!/^(stable|\d+\.\d+(\.\d+)?)$/.test(redisVersion)) {
      throw new UsageError(
        'BAD_REDIS_VERSION',
        `--redis-version: "${redisVersion}" is not a version`,
        'give one such as 8.8.0',
      );
    }
    const remedy = 'leave --redis-version out, and whatever Redis can be found here is used';
    return climb([() => obtainByMemoryServer(machine, options, redisVersion)], remedy, signal);
  }
  const fromEnvironment = machine.env['REDISMS_SYSTEM_BINARY'];
  if (fromEnvironment) return named(fromEnvironment, 'environment', 'REDISMS_SYSTEM_BINARY', signal);
  const rungs: Rung[] = [
    () => searchPath(machine, signal),
    () => cachedDebianServer(machine, options),
    () => unpackDebianServer(machine, options),
    () => obtainByMemoryServer(machine, options, 'stable'),
  ];
  return climb(rungs, await installCommand(machine), signal);
}

/** Somebody asked for this very program, so nothing else may silently take its place. */
async function named(
  path: string,
  source: 'flag' | 'environment',
  where: string,
  signal?: AbortSignal,
): Promise<ServerBinary> {
  const found = await inspectBinary(resolve(path), source, signal);
  if ('path' in found) return found;
  throw new UsageError(
    'BAD_REDIS_SERVER',
    `${where}: ${found.reason}`,
    `give ${where} the path of a redis-server that runs, or leave it out`,
  );
}

async function climb(rungs: Rung[], remedy: string, signal?: AbortSignal): Promise<ServerBinary> {
  const reasons: string[] = [];
  for (const rung of rungs) {
    signal?.throwIfAborted();
    const found = await rung();
    if ('path' in found) return found;
    signal?.throwIfAborted();
    reasons.push(found.reason);
  }
  const list = reasons.map((reason) => `\n  - ${reason}`).join('');
  throw new EnvironmentError('NO_REDIS', `no redis-server can be found or obtained here:${list}`, remedy);
}

async function searchPath(machine: Platform, signal?: AbortSignal): Promise<ServerBinary | Unusable> {
  const path = await onPath('redis-server', machine);
  return path === undefined ? { reason: 'PATH has no redis-server' } : inspectBinary(path, 'path', signal);
}

async function onPath(program: string, machine: Platform): Promise<string | undefined> {
  for (const folder of (machine.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, program);
    if (isAbsolute(folder) && (await isExecutable(path))) return path;
  }
  return undefined;
}

/** Package managers in order of preference, and how each installs Redis. */
const INSTALLERS: readonly (readonly [program: string, command: string])[] = [
  ['apt-get', 'apt-get install -y redis-server'],
  ['dnf', 'dnf install -y redis'],
  ['apk', 'apk add redis'],
  ['pacman', 'pacman -S redis'],
  ['zypper', 'zypper install redis'],
  ['brew', 'brew install redis'],
];

async function installCommand(machine: Platform): Promise<string> {
  for (const [program, command] of INSTALLERS) {
    if ((await onPath(program, machine)) === undefined) continue;
    const needsSudo = program !== 'brew' && process.getuid?.() !== 0;
    return `run: ${needsSudo ? 'sudo ' : ''}${command}`;
  }
  return 'install Redis 7 or newer, or run: oversell … --redis-server <path of a redis-server>';
}
