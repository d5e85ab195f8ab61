import type { Scaffold } from '../../harness/documents/scaffold.ts';
import { ink, PAPER, type Window } from './window.ts';

const VERDICTS: Readonly<Record<Scaffold['verdict'], string>> = {
  holds: 'In calm it holds; with faults it may not, as --faults crash=1 shows.',
  violated: 'It sells more than there is, and an exploration shows how.',
};

/** What `new` says. */
export function scaffoldText(
  { style, key, soldOut, files, verdict, next }: Scaffold,
  window: Window = PAPER,
): string {
  return [
    ...files.map((file) => `wrote ${file}`),
    '',
    `It sells by ${style}, from the key ${key}, and answers ${soldOut} when nothing is left.`,
    `${VERDICTS[verdict]} Put your own code into buy(), and explore it again.`,
    '',
    ink(window, 'strong', 'Next:'),
    ...next.map((command) => `  ${command}`),
  ].join('\n');
}
