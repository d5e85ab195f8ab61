import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { firstLine, inspectBinary, type ServerBinary, type Unusable } from './binary.ts';
import { writableCache } from './cache.ts';
import type { Machine, Search } from './machine.ts';

/**
 * Runs in a process of its own, because redis-memory-server writes its progress to stdout, reads its settings from
 * the environment, and keeps its lock file for two minutes after a failure. `systemBinary` is emptied: a path in
 * the environment that is missing would otherwise turn into a silent download.
 */
const PROGRAM = `
  const [module, version, downloadDir] = process.argv.slice(1);
  const { RedisBinary } = (await import(module)).default;
  process.send({ path: await RedisBinary.getPath({ version, downloadDir, systemBinary: '' }) });
  process.disconnect();
`;

/** The last rung: downloads Redis' source and compiles it, some minutes; a second run finds it in the cache. */
export async function obtainByMemoryServer(
  machine: Machine,
  { onProgress, signal }: Search,
  version: string,
): Promise<ServerBinary | Unusable> {
  if (machine.memoryServer === undefined) return { reason: 'redis-memory-server is not installed' };
  const cache = await writableCache(machine);
  if (cache === undefined) return { reason: 'redis-memory-server: no cache folder can be written' };
  onProgress?.(`Redis ${version}: asking redis-memory-server, which may download and compile it (minutes)`);
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', PROGRAM, machine.memoryServer, version, join(cache, 'compiled')],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Without this setting it would accept any certificate for what it compiles and we then run.
      env: { ...machine.env, npm_config_strict_ssl: 'true' },
      ...(signal && { signal }),
    },
  );
  let path: string | undefined;
  let lastWords = '';
  child.on('message', (message: { path: string }) => (path = message.path));
  createInterface(child.stdout!).on('line', (line) => onProgress?.(line.trim()));
  createInterface(child.stderr!).on('line', (line) => {
    if (/^\w*Error\b|^Couldn/.test(line)) lastWords = line.trim();
  });
  try {
    await once(child, 'close');
  } catch (error) {
    signal?.throwIfAborted();
    return { reason: `redis-memory-server: ${firstLine(error)}` };
  }
  if (path === undefined) {
    return {
      reason: `redis-memory-server could not obtain Redis ${version}: ${lastWords || 'it gave no reason'}`,
    };
  }
  return inspectBinary(path, 'redis-memory-server', signal);
}
