import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Reports } from '../documents/reports.ts';
import { UsageError } from '../ground/errors.ts';
import type { Answer, CommandFile } from '../terminal/answer.ts';
import { summaryFile } from '../terminal/github-summary.ts';
import { summaryOption } from '../terminal/options.ts';

export const reportCommand: CommandFile = {
  examples: ['report runs/20260131T120000.000Z-7'],
  options: [summaryOption()],
  run,
};

async function run([folder]: [string], { githubSummary }: { githubSummary?: true }): Promise<Answer> {
  const { readResult } = await import('../documents/read-result.ts');
  const { readSession } = await import('../documents/session.ts');
  const { markdown } = await import('../../reports/markdown.ts');
  const { appendSummary } = await import('../../reports/step-summary.ts');
  const { writeReports } = await import('../../reports/write.ts');
  const summary = githubSummary ? summaryFile(process.env) : undefined;
  const session = readSession(folder);
  if (session !== undefined) {
    const { writeSessionReports } = await import('../../reports/write-session.ts');
    const { sessionMarkdown } = await import('../../reports/session-markdown.ts');
    requireRunFolder(folder);
    const files = await writeSessionReports(folder, session);
    if (summary !== undefined) appendSummary(summary, sessionMarkdown(session));
    return { document: { ...files, version: session.version }, text: drawn(files) };
  }
  const { result, version } = readResult(folder);
  requireRunFolder(folder);
  const files = await writeReports(folder, result);
  if (summary !== undefined) appendSummary(summary, markdown(result));
  return { document: { ...files, version }, text: drawn(files) };
}

const drawn = ({ html, markdown }: Reports): string => `Report: ${html} · ${markdown}`;

/** @throws UsageError if the result itself was named, beside which the report is to go */
function requireRunFolder(path: string): void {
  if (statSync(path).isDirectory()) return;
  const remedy = `name its folder: oversell report ${dirname(path)}`;
  throw new UsageError(
    'NO_FOLDER',
    `${path} is a file, and the report goes into the folder of a run`,
    remedy,
  );
}
