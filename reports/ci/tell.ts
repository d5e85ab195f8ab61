import { requireFile, writeWhole, type Keeper } from '../../harness/documents/write-file.ts';
import { annotations } from './annotations.ts';
import { isJUnit, junit } from './junit.ts';
import type { Judged } from './judged.ts';

/** Before the run. @throws UsageError if it could not be written, or is somebody else's */
export function requireJUnitFile(file: string | undefined): void {
  if (file !== undefined) requireFile('--junit', file, isJUnit);
}

interface Telling {
  /** Where the XML goes, if it is wanted. */
  junit: string | undefined;
  keeper: Keeper;
  progress: { line: (text: string) => void };
  env?: NodeJS.ProcessEnv;
}

/** Writes JUnit's file where one is asked for, and in a job of GitHub Actions says what fails at its line. */
export function toldToCi(
  judged: readonly Judged[],
  { junit: file, keeper, progress, env = process.env }: Telling,
): void {
  if (file !== undefined) keeper.keep(() => writeWhole(file, junit(judged)));
  if (env['GITHUB_ACTIONS'] !== 'true') return;
  for (const line of annotations(judged, env['GITHUB_WORKSPACE'] ?? '')) progress.line(line);
}
