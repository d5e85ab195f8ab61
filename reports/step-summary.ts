import { appendFileSync } from 'node:fs';
import { cannotWrite } from '../harness/documents/write-file.ts';

/** Appends a run's report to the summary of the job that runs it. @throws UsageError or EnvironmentError */
export function appendSummary(file: string, text: string): void {
  try {
    appendFileSync(file, text);
  } catch (error) {
    throw cannotWrite(`GITHUB_STEP_SUMMARY: ${file}`, error);
  }
}
