import type { Verdict } from '../../harness/documents/vocabulary.ts';
import { environmentWord, kindOf, worstOf, type Cells, type Kind } from '../view/words.ts';
import { ink, type Tone, type Window } from './window.ts';

const TONES: Record<Verdict, Tone> = { holds: 'good', violated: 'bad', inconclusive: 'weak', 'n/a': 'quiet' };

const KINDS: Record<Kind, Tone> = {
  holds: 'good',
  declared: 'weak',
  undeclared: 'bad',
  contradicted: 'bad',
  open: 'weak',
  'n/a': 'quiet',
};

/** A verdict as a word of a table, where what is violated must not be overlooked. */
export const verdictWord = (verdict: Verdict, window: Window): string =>
  ink(window, TONES[verdict], verdict === 'violated' ? 'VIOLATED' : verdict);

/** The same within a sentence. */
export const verdictInline = (verdict: Verdict, window: Window): string =>
  ink(window, TONES[verdict], verdict);

/** The worst that one environment showed. */
export function foundWord(part: { properties: Cells }, window: Window): string {
  const worst = worstOf([part.properties]);
  const word = environmentWord(part);
  const tone = worst === undefined ? (word === 'n/a' ? 'quiet' : 'good') : KINDS[kindOf(worst.cell)];
  return ink(window, tone, word);
}
