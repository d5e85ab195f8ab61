import { PROPERTIES } from '../../strategies/contract.ts';
import { systemClock } from '../ground/ambient.ts';
import type { CheckResult } from '../documents/judgement.ts';
import type { Answer, CommandFile, Invocation } from '../terminal/answer.ts';

export const checkCommand: CommandFile = { options: [], run };

/** For the general search, which a few histories need. */
const CHECK_MS = 60_000;

async function run([file]: [string], _: object, { progress }: Invocation): Promise<Answer> {
  const { judgementText } = await import('../../reports/text/lists.ts');
  const onProgress = (read: number, total: number): void =>
    progress.now(`${file}: ${Math.round((100 * read) / total)} %`);
  const checked = await checkHistory(file, { timeoutMs: CHECK_MS, onProgress });
  progress.end();
  return { document: checked, text: judgementText(checked), verdict: checked.verdict };
}

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
  const { readHistory } = await import('../history/jsonl.ts');
  const { shownEvidence, worst } = await import('../checkers/checker.ts');
  const { judge } = await import('../checkers/judge.ts');
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
    evidence: PROPERTIES.flatMap((property) => judgement[property].evidence.map(shownEvidence)),
    unknownKeys: [...unknownKeys],
  };
}
