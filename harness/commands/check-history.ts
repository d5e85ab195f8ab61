import { setImmediate as nextTurn } from 'node:timers/promises';
import { PROPERTIES } from '../../strategies/contract.ts';
import { systemClock } from '../ground/ambient.ts';
import type { CheckResult } from '../documents/judgement.ts';

const FIRST_MS = 500;

export interface CheckOptions {
  /** Milliseconds for the general search, where a history needs it. */
  timeoutMs: number;
  onProgress?: (read: number, total: number) => void;
  /** Ends it early. */
  signal?: AbortSignal;
}

/**
 * Judges a recorded history, ours or a foreign one. An interruption answers what is known by then.
 *
 * @throws UsageError if the file cannot be read, a line is corrupt (it is named) or the history contradicts itself
 */
export async function checkHistory(path: string, options: CheckOptions): Promise<CheckResult> {
  const { readHistory } = await import('../history/jsonl.ts');
  const { shownEvidence, worst } = await import('../checkers/checker.ts');
  const { judge } = await import('../checkers/judge.ts');
  const { wasCutShort } = await import('../checkers/refusal-search.ts');
  const startNs = systemClock.monotonicNs();
  const { timeoutMs, ...reading } = options;
  const { history, unknownKeys } = await readHistory(path, reading);
  // A search holds the thread, where no interruption is heard: so it begins with a short one, and each is twice as long.
  let searchMs = Math.min(FIRST_MS, timeoutMs);
  let judgement = judge(history, { timeoutMs: searchMs });
  while (searchMs < timeoutMs && wasCutShort(judgement['false-refusal'])) {
    await nextTurn();
    if (options.signal?.aborted) break;
    searchMs = Math.min(2 * searchMs, timeoutMs);
    judgement = judge(history, { timeoutMs: searchMs });
  }
  const verdicts = PROPERTIES.map((property) => {
    const { verdict, note } = judgement[property];
    return [property, note === undefined ? { verdict } : { verdict, note }] as const;
  });
  return {
    verdict: worst(PROPERTIES.map((property) => judgement[property].verdict)),
    operations: history.operations.length,
    elapsedMs: (systemClock.monotonicNs() - startNs) / 1e6,
    properties: Object.fromEntries(verdicts) as CheckResult['properties'],
    evidence: PROPERTIES.flatMap((property) => judgement[property].evidence.map(shownEvidence)),
    unknownKeys: [...unknownKeys],
  };
}
