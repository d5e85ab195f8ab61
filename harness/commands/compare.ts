import { Option } from 'commander';
import { UsageError } from '../ground/errors.ts';
import type { Answer, CommandFile, Invocation } from '../terminal/answer.ts';
import { windowOf } from '../terminal/window.ts';

export const compareCommand: CommandFile = {
  examples: ['compare runs/20260131T120000.000Z-7 runs/20260201T120000.000Z-7'],
  options: [new Option('--different-environments', 'compare even if more than the code differs')],
  run,
};

async function run(
  [base, now]: [string, string],
  { differentEnvironments }: { differentEnvironments?: true },
  { stdout }: Invocation,
): Promise<Answer> {
  const { readFigures } = await import('../documents/read-figures.ts');
  const { compare, differences } = await import('./compare-sessions.ts');
  const { comparisonText } = await import('../../reports/text/compare.ts');
  const figures = [readFigures(base), readFigures(now)] as const;
  const differing = differences(...figures);
  if (differing.length > 0 && !differentEnvironments) {
    throw new UsageError(
      'DIFFERENT_ENVIRONMENTS',
      `more than the code differs:\n${differing.join('\n')}`,
      'measure both here, or compare them anyway: --different-environments',
    );
  }
  const comparison = { differences: differing, strategies: compare(...figures) };
  const worse = comparison.strategies.some(({ verdict }) => verdict === 'worse');
  return {
    document: comparison,
    text: comparisonText(comparison, windowOf(stdout)),
    verdict: worse ? 'violated' : 'holds',
  };
}
