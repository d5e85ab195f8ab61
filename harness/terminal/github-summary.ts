import { requireAppendable } from '../documents/write-file.ts';
import { UsageError } from '../ground/errors.ts';

/**
 * The file that becomes the summary of the GitHub job that runs this.
 *
 * @throws UsageError outside of GitHub Actions, or if it cannot be written: now, and not at the end of the run
 */
export function summaryFile({ GITHUB_STEP_SUMMARY: file }: NodeJS.ProcessEnv): string {
  if (file !== undefined && file !== '') {
    requireAppendable('GITHUB_STEP_SUMMARY', file);
    return file;
  }
  throw new UsageError(
    'NO_SUMMARY',
    'GITHUB_STEP_SUMMARY is not set: this is no job of GitHub Actions',
    "leave out --github-summary; report.md in the run's folder is the same text",
  );
}
