import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** What the search for a redis-server reads of its machine. Tests mask parts of it. */
export interface Platform {
  /** PATH and REDISMS_SYSTEM_BINARY are read. */
  env: Readonly<Record<string, string | undefined>>;
  /** Where unpacked servers are kept; the first that can be written serves. */
  cacheFolders: readonly string[];
  aptGet: string;
  aptCache: string;
  dpkgDeb: string;
  /** URL of redis-memory-server's module; absent when the optional dependency is not installed. */
  memoryServer?: string;
}

/** The machine as it is: the one place where these defaults are read. */
export function thisMachine(): Platform {
  const { env } = process;
  const memoryServer = installed('redis-memory-server');
  return {
    env,
    cacheFolders: [
      // Where HOME is empty that would be a folder of wherever this runs.
      ...[join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'oversell')].filter(isAbsolute),
      // Accounts without a home of their own: containers, CI runners, nobody.
      join(tmpdir(), `oversell-cache-${process.getuid?.() ?? 'user'}`),
    ],
    aptGet: 'apt-get',
    aptCache: 'apt-cache',
    dpkgDeb: 'dpkg-deb',
    ...(memoryServer === undefined ? {} : { memoryServer }),
  };
}

function installed(module: string): string | undefined {
  try {
    return import.meta.resolve(module);
  } catch {
    return undefined;
  }
}

/** What a search tells and obeys. */
export interface FindOptions {
  /** Told what goes on while a slow rung works; one line for people. */
  onProgress?: (line: string) => void;
  /** Stops the search. */
  signal?: AbortSignal;
}
