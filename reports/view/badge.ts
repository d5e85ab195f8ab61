import { overallVerdictOf } from '../../harness/documents/findings.ts';
import type { Result } from '../../harness/documents/result.ts';
import { VERDICT_EXIT_CODES, type OverallVerdict } from '../../harness/documents/vocabulary.ts';
import { grouped } from './figures.ts';
import { countsOf } from './matrix.ts';

/** What a run came to, to be read in one second. */
export interface Badge {
  /** Good news only where the run is complete, and nothing was found that nobody had declared. */
  tone: 'good' | 'bad' | 'open';
  /** "as declared · exit 0" */
  word: string;
  /** "163 hold", "108 violated, all declared by their strategies". */
  counts: string[];
}

const WORDS: Record<OverallVerdict, string> = {
  holds: 'as declared',
  violated: 'not as declared',
  inconclusive: 'undecided',
};

export function badgeOf(result: Result): Badge {
  const { status } = result;
  const { holds, declared, undeclared, open } = countsOf(result);
  const verdict = overallVerdictOf(result);
  const violated = declared + undeclared;
  const counts = [
    `${grouped(holds)} hold`,
    `${grouped(violated)} violated${violated === 0 ? '' : undeclared === 0 ? ', all declared by their strategies' : `, ${grouped(undeclared)} of them not declared`}`,
    ...(open === 0 ? [] : [`${grouped(open)} undecided`]),
  ];
  if (status !== 'complete') return { tone: 'bad', word: `INCOMPLETE: ${status}`, counts };
  const found = verdict === 'holds' && undeclared > 0;
  return {
    tone: verdict === 'violated' || found ? 'bad' : verdict === 'holds' ? 'good' : 'open',
    word: `${found ? 'not declared' : WORDS[verdict]} · exit ${VERDICT_EXIT_CODES[verdict]}`,
    counts,
  };
}
