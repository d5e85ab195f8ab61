import { PROPERTIES } from '../../strategies/contract.ts';
import { systemClock } from '../ground/ambient.ts';
import type { CheckResult, ShownEvidence } from '../documents/judgement.ts';
import { worst, type Evidence } from '../checkers/checker.ts';
import { judge } from '../checkers/judge.ts';
import { readHistory } from '../history/jsonl.ts';

export interface CheckOptions {
  /** Milliseconds for the general search, where a history needs it. */
  timeoutMs: number;
  onProgress?: (read: number, total: number) => void;
}

/**
 * Judges a recorded history, ours or a foreign one.
 *
 * @throws UsageError if the file cannot be read, a line is corrupt (it is named) or the history contradicts itself
 */
export async function checkHistory(path: string, options: CheckOptions): Promise<CheckResult> {
  const startNs = systemClock.monotonicNs();
  const { onProgress, timeoutMs } = options;
  const { history, unknownKeys } = await readHistory(path, onProgress ? { onProgress } : {});
  const judgement = judge(history, { timeoutMs });
  const verdicts = PROPERTIES.map((property) => {
    const { verdict, note } = judgement[property];
    return [property, note === undefined ? { verdict } : { verdict, note }] as const;
  });
  return {
    verdict: worst(PROPERTIES.map((property) => judgement[property].verdict)),
    operations: history.operations.length,
    elapsedMs: (systemClock.monotonicNs() - startNs) / 1e6,
    properties: Object.fromEntries(verdicts) as CheckResult['properties'],
    evidence: PROPERTIES.flatMap((property) => judgement[property].evidence.map(shown)),
    unknownKeys: [...unknownKeys],
  };
}

const shown = (evidence: Evidence): ShownEvidence => ({
  ...evidence,
  operations: evidence.operations.map(({ completed, ...operation }) =>
    completed === Infinity ? operation : { ...operation, completed },
  ),
});
