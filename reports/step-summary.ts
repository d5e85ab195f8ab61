import { appendFileSync } from 'node:fs';
import { UsageError } from '../harness/ground/errors.ts';
import type { Result } from '../harness/documents/result.ts';
import { markdown } from './markdown.ts';

/**
 * What appends a run's report to the summary of the job that runs it.
 *
 * @throws UsageError outside of GitHub Actions: now, and not at the end of the run
 */
export function stepSummary({ GITHUB_STEP_SUMMARY: file }: NodeJS.ProcessEnv): (result: Result) => void {
  if (file === undefined || file === '') {
    throw new UsageError(
      'NO_SUMMARY',
      'GITHUB_STEP_SUMMARY is not set: this is no job of GitHub Actions',
      "leave out --github-summary; report.md in the run's folder is the same text",
    );
  }
  return (result) => appendFileSync(file, markdown(result));
}
