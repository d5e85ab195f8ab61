import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../harness/ground/ambient.ts';

/** A folder of its own, removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'oversell-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Whether the process runs; one that has ended but was not yet waited for does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return process.platform !== 'linux';
  }
}

/** What a run left behind on the machine. */
export interface Remains {
  pid: number;
  folder: string;
}

/** Settles when both are gone; a test in which they stay runs into its time limit. */
export async function gone({ pid, folder }: Remains): Promise<void> {
  while (isRunning(pid) || existsSync(folder)) await systemClock.sleep(5);
}
