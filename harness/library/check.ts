import { fileURLToPath } from 'node:url';
import type { CheckResult } from '../documents/judgement.ts';
import { runningOurs } from './earlier-clients.ts';

export interface CheckOptions {
  /** Milliseconds for the search that a few histories need; default 60 000. */
  timeoutMs?: number;
  /** Ends it with what is known by then. */
  signal?: AbortSignal;
}

const TIMEOUT_MS = 60_000;

/**
 * Judges a recorded history, ours or yours, as `oversell check` does.
 *
 * @param history a file of lines of JSON (harness/history/README.md), as a URL or a path
 * @returns what `oversell check --json` prints
 * @throws UsageError if it cannot be read, a line is corrupt (it is named) or it contradicts itself
 */
export async function check(
  history: URL | string,
  { timeoutMs = TIMEOUT_MS, signal }: CheckOptions = {},
): Promise<CheckResult> {
  const { checkHistory } = await import('../commands/check-history.ts');
  const path = history instanceof URL ? fileURLToPath(history) : history;
  return runningOurs(() => checkHistory(path, { timeoutMs, ...(signal && { signal }) }));
}
