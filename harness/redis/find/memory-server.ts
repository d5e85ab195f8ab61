import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ours } from '../../ground/ours.ts';
import { onExit } from '../../ground/lifetime.ts';
import { inspectBinary, type ServerBinary, type Unusable } from './binary.ts';
import { writableCache } from './cache.ts';
import type { Platform, FindOptions } from './platform.ts';

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
  machine: Platform,
  { onProgress, signal }: FindOptions,
  version: string,
): Promise<ServerBinary | Unusable> {
  const { memoryServer } = machine;
  if (memoryServer === undefined) return { reason: 'redis-memory-server is not installed' };
  const cache = await writableCache(machine);
  if (cache === undefined) return { reason: 'redis-memory-server: no cache folder is writable' };
  onProgress?.(
    `asking redis-memory-server for Redis ${version}: the first time, it downloads and compiles (minutes)`,
  );
  const child = ours(() =>
    spawn(
      process.execPath,
      ['--input-type=module', '--eval', PROGRAM, memoryServer, version, join(cache, 'compiled')],
      {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        // Without this setting it would accept any certificate for what it compiles and we then run.
        env: { ...machine.env, npm_config_strict_ssl: 'true' },
        detached: true,
      },
    ),
  );
  // The compiler and its children are one process group, and go together.
  const stop = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    } catch {
      // It has ended already.
    }
  };
  signal?.addEventListener('abort', stop);
  const unregister = onExit({ release: async () => stop(), releaseNow: stop });
  const words: string[] = [];
  let path: string | undefined;
  child.on('message', (message: { path: string }) => (path = message.path));
  createInterface(child.stdout!).on('line', (line) => onProgress?.(line.trim()));
  createInterface(child.stderr!).on('line', (line) => words.push(line.trim()));
  try {
    await once(child, 'close');
  } finally {
    signal?.removeEventListener('abort', stop);
    unregister();
  }
  signal?.throwIfAborted();
  if (path !== undefined) return inspectBinary(path, 'redis-memory-server', signal);
  const why = words.find((line) => /^(\w*Error:|Couldn)/.test(line)) ?? 'it gave no reason';
  return { reason: `redis-memory-server could not obtain Redis ${version}: ${why}` };
}
