import { explained, remedyFor } from '../../harness/documents/explanation.ts';
import { evidenceTable, type Example } from '../view/view.ts';
import { stepsText } from './steps.ts';
import { textTable } from './text-table.ts';
import { ink, type Window } from './window.ts';

/** One violation in full: how it comes about, why, and what helps. */
export function exampleText(shown: Example | undefined, window: Window): string[] {
  if (!shown) return [];
  const { strategy, environment, property, evidence } = shown;
  const { counterexample } = evidence;
  const title = `How ${strategy} violates ${property} (${environment}): ${evidence.message}`;
  if (counterexample) {
    const { steps } = counterexample;
    const { because, remedy } = explained({ property, message: evidence.message, steps });
    return [
      [
        ink(window, 'strong', title),
        ...stepsText(counterexample, window),
        `${ink(window, 'strong', 'Cause:')} ${because}.`,
        `${ink(window, 'strong', 'Remedy:')} ${remedy}.`,
      ].join('\n'),
    ];
  }
  const { head, rows } = evidenceTable(evidence);
  return [
    [
      ink(window, 'strong', title),
      ...(rows.length > 0 ? [textTable(head, rows, [1, 2, 3, 5], window)] : []),
      `${ink(window, 'strong', 'Remedy:')} ${remedyFor(property)}.`,
    ].join('\n'),
  ];
}
