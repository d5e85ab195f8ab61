import type { Comparison } from '../../harness/documents/comparison.ts';
import { comparison, grouped } from '../view/figures.ts';
import { textTable } from './text-table.ts';
import { ink, PAPER, type Window } from './window.ts';

/** What `compare` shows. */
export function comparisonText({ differences, strategies }: Comparison, window: Window = PAPER): string {
  const head = ['strategy', 'base sales/s', 'new sales/s', 'speed', 'verdict'];
  const rows = strategies.map(({ strategy, base, now, ratio, verdict, worse }) => [
    strategy,
    base === null ? '–' : grouped(base),
    now === null ? '–' : grouped(now),
    ratio.median === null ? 'not compared' : comparison(ratio),
    worse.length === 0
      ? ink(window, verdict === 'better' ? 'good' : 'quiet', verdict)
      : ink(
          window,
          'bad',
          `WORSE: ${worse.map((one) => `${one.property} ${one.base} → ${one.now}`).join(', ')}`,
        ),
  ]);
  const warning = differences.map((line) => `Different environments: ${line}`);
  return [...warning, textTable(head, rows, [1, 2], window)].join('\n');
}
