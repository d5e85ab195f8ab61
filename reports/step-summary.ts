import { appendFileSync } from 'node:fs';
import type { Result } from '../harness/documents/result.ts';
import { markdown } from './markdown.ts';

/** Appends a run's report to the summary of the job that runs it. */
export const appendSummary = (file: string, result: Result): void => appendFileSync(file, markdown(result));
