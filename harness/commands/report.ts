import type { Answer, CommandFile } from '../terminal/answer.ts';
import { summaryFile } from '../terminal/github-summary.ts';
import { summaryOption } from '../terminal/options.ts';

export const reportCommand: CommandFile = { options: [summaryOption()], run };

async function run([folder]: [string], { githubSummary }: { githubSummary?: true }): Promise<Answer> {
  const { readResult } = await import('../documents/read-result.ts');
  const { appendSummary } = await import('../../reports/step-summary.ts');
  const { writeReports } = await import('../../reports/write.ts');
  const summary = githubSummary ? summaryFile(process.env) : undefined;
  const { result, version } = readResult(folder);
  const files = await writeReports(folder, result);
  if (summary !== undefined) appendSummary(summary, result);
  return { document: { ...files, version }, text: `Report: ${files.html} · ${files.markdown}` };
}
