import type { Answer, CommandFile, Invocation } from '../terminal/answer.ts';
import { windowOf } from '../terminal/window.ts';
import { checkHistory } from './check-history.ts';

export const checkCommand: CommandFile = {
  examples: ['check history.jsonl', 'check history.jsonl --json'],
  options: [],
  run,
};

/** For the general search, which a few histories need. */
const CHECK_MS = 60_000;

async function run([file]: [string], _: object, { progress, signal, stdout }: Invocation): Promise<Answer> {
  const { judgementText } = await import('../../reports/text/lists.ts');
  const onProgress = (read: number, total: number): void =>
    progress.now(`${file}: ${Math.round((100 * read) / total)} %`);
  const checked = await checkHistory(file, { timeoutMs: CHECK_MS, onProgress, signal });
  progress.end();
  return { document: checked, text: judgementText(checked, windowOf(stdout)), verdict: checked.verdict };
}
