import { appendFileSync } from 'node:fs';
import type { Result } from '../harness/documents/result.ts';
import { cannotWrite } from '../harness/documents/write-file.ts';
import { markdown } from './markdown.ts';

/** Appends a run's report to the summary of the job that runs it. @throws UsageError or EnvironmentError */
export function appendSummary(file: string, result: Result): void {
  try {
    appendFileSync(file, markdown(result));
  } catch (error) {
    throw cannotWrite(`GITHUB_STEP_SUMMARY: ${file}`, error);
  }
}
