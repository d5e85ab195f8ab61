import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { ServerSource } from '../../documents/vocabulary.ts';
import { ours } from '../../ground/ours.ts';

const run = promisify(execFile);

/** A redis-server that has been seen to run. */
export interface ServerBinary {
  path: string;
  /** As it prints itself: "7.0.15". */
  version: string;
  source: ServerSource;
  /** redis-benchmark, where it lies beside the server. */
  benchmarkPath?: string;
}

/** Why a program cannot serve. */
export interface Unusable {
  reason: string;
}

const TOLD_MS = 10_000;

/** Runs `path --version`: nothing else proves that a file is a server whose libraries load. */
export async function inspectBinary(
  path: string,
  source: ServerBinary['source'],
  signal?: AbortSignal,
): Promise<ServerBinary | Unusable> {
  let banner: string;
  try {
    banner = (await ours(() => run(path, ['--version'], { timeout: TOLD_MS, ...(signal && { signal }) })))
      .stdout;
  } catch (error) {
    signal?.throwIfAborted();
    const isHung = (error as { killed?: boolean }).killed === true;
    return {
      reason: `${path} ${isHung ? `did not tell its version within ${TOLD_MS / 1_000} s` : `does not run: ${firstLine(error)}`}`,
    };
  }
  const version = /\bserver v=(\d+(?:\.\d+)+)/i.exec(banner)?.[1];
  if (version === undefined) return { reason: `${path} is not a redis-server: it says "${banner.trim()}"` };
  const benchmark = join(dirname(path), 'redis-benchmark');
  return { path, version, source, ...((await isExecutable(benchmark)) && { benchmarkPath: benchmark }) };
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** What a failed program said, else why it could not be run. */
export function firstLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string };
  const lines = `${stderr ?? ''}\n${message ?? String(error)}`.split('\n').map((line) => line.trim());
  // apt says its errors after its warnings.
  return (
    lines.find((line) => line.startsWith('E:')) ?? lines.find((line) => line !== '') ?? 'no reason given'
  );
}
