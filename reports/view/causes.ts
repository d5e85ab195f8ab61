import { explained } from '../../harness/documents/explanation.ts';
import { BY_GROUP } from '../../harness/documents/environments.ts';
import type { CauseName } from '../../harness/documents/violation-path.ts';
import type { Result, StrategyResult } from '../../harness/documents/result.ts';
import type { Exhibit, Exhibits } from './evidence.ts';
import { BY_GRAVITY, type Kind } from './words.ts';

/** What brings violations about, as headings over those that it brings about. */
const CAUSES: Record<CauseName, string> = {
  'sent-again': 'The client sends again what has already run',
  'mark-sent-again': 'The client sends its mark again, and finds it taken',
  'request-renamed': 'A repeat comes under another requestId',
  'exec-without-watch': 'EXEC on a new connection, which watches nothing',
  'error-heard': 'The connection breaks, and the code hears an error',
  'stays-broken': 'An error outlives the purchase that it belongs to',
  'timed-out': 'A command times out, and may run all the same',
  'second-step-undone': 'The second step took effect, and is undone by halves',
  'second-step-failed': 'The second step fails',
  'died-between': 'A process dies between two steps',
  'mark-left-behind': 'A dead process leaves a mark that keeps others out',
  'told-too-early': 'The buyer is told before everything has run',
  'asked-again': 'A buyer without an answer asks again',
  'asked-twice-at-once': 'The same request comes twice at once',
  'server-forgot': 'The server restarts empty',
  'scripts-flushed': 'The server forgets its scripts',
  'key-evicted': 'The server evicts a key',
  'key-expired': 'A key expires',
  'filled-on-a-miss': 'Whoever finds no key fills it again',
  'failed-over': 'A replica takes over without the last writes',
  'wait-unheeded': 'WAIT falls short, and the sale is confirmed all the same',
  'waits-for-too-few': 'WAIT asks for too few replicas',
  'waits-elsewhere': 'WAIT on a connection that had written nothing',
  'repeat-writes-nothing': 'A repeat writes nothing that WAIT could wait for',
  'time-passed': 'Time passes, and what was relied on has ended',
  'lease-ended': 'A lock ends while its holder goes on',
  'left-to-a-deadline': 'Units come back only after a deadline',
  'stopped-waiting': 'Somebody stops waiting',
  'given-back-twice': 'Units are given back twice',
  'given-back-unheld': 'A purchase is cancelled before it is known to be sold',
  'given-back': 'Units are given back',
  restocked: 'A sum is written where units are put on sale',
  'paid-twice': 'A payment is told twice',
  'paid-late': 'A payment comes after the hold has run out',
  'paid-elsewhere': 'A payment comes to another process',
  paid: 'A buyer pays',
  'job-between': 'Background work comes between',
  crossed: 'Another buyer comes between two commands',
  'looked-before': 'A decision rests on what was read before',
  'watched-in-vain': 'WATCH and EXEC on a connection that others use',
  'exec-unread': 'Nobody reads what EXEC answered',
  'took-before-it-looked': 'Units are taken first, and given back after a look',
  'taken-in-advance': 'A process takes more than it sells',
  'lost-every-race': 'One buyer loses every race',
  'looked-in-several-places': 'The stock is looked up in several places',
  'answered-from-memory': 'A process answers from its memory',
  'replies-in-one-tick': 'Two replies arrive at once',
  'lock-held': 'The lock is held',
  'unlocked-by-another': 'Somebody else unlocks',
  'one-lock-value': 'All holders set one lock value',
  'locks-of-their-own': 'Each locks something else',
  'invalid-request': 'A request that makes no sense',
  'error-reply': 'The server answers an error',
  'opened-again': 'A sale is opened again',
  'after-the-answer': 'Something runs after the buyer was answered',
  'reply-misread': 'A reply is misread',
  'script-by-itself': 'The script by itself',
  'code-by-itself': 'The code by itself',
};

/** One way to break, with whose it is and what brings it about. */
export interface ExplainedExhibit {
  strategy: StrategyResult;
  exhibit: Exhibit;
  because: string;
  remedy: string;
}

export interface CauseGroup {
  cause: CauseName;
  title: string;
  /** Never empty. The first stands for the others: it is the gravest, of equals the shortest. */
  shown: ExplainedExhibit[];
}

const WORST: readonly Kind[] = ['contradicted', 'undeclared', 'declared'];
const kindRank = ({ exhibit }: ExplainedExhibit): number => WORST.indexOf(exhibit.kind);
const gravity = ({ exhibit }: ExplainedExhibit): number => BY_GRAVITY.indexOf(exhibit.property);
const length = ({ exhibit }: ExplainedExhibit): number =>
  exhibit.evidence.counterexample?.steps.length ?? Infinity;

/** Where it needs least: first what goes wrong although nothing fails. */
const place = ({ exhibit }: ExplainedExhibit): number =>
  Math.min(...exhibit.environments.map((environment) => BY_GROUP.indexOf(environment)));

const byGravity = (a: ExplainedExhibit, b: ExplainedExhibit): number =>
  kindRank(a) - kindRank(b) || gravity(a) - gravity(b) || place(a) - place(b) || length(a) - length(b);

/** Every interleaving that shows a violation, by what brings it about: what was not declared first, then the gravest. */
export function causeGroups({ strategies }: Result, exhibits: Exhibits): CauseGroup[] {
  const groups = new Map<CauseName, ExplainedExhibit[]>();
  for (const strategy of strategies) {
    for (const exhibit of exhibits.of(strategy)) {
      const { property, evidence } = exhibit;
      if (!evidence.counterexample) continue;
      const { steps } = evidence.counterexample;
      const { cause, because, remedy } = explained({ property, message: evidence.message, steps });
      groups.set(cause, [...(groups.get(cause) ?? []), { strategy, exhibit, because, remedy }]);
    }
  }
  return [...groups]
    .map(([cause, shown]) => ({ cause, title: CAUSES[cause], shown: shown.toSorted(byGravity) }))
    .toSorted((a, b) => byGravity(a.shown[0]!, b.shown[0]!) || b.shown.length - a.shown.length);
}

/** Violations that only a large sale shows: no interleaving, but who asked when. */
export const sampledExhibits = (
  { strategies }: Result,
  exhibits: Exhibits,
): Pick<ExplainedExhibit, 'strategy' | 'exhibit'>[] =>
  strategies.flatMap((strategy) =>
    exhibits
      .of(strategy)
      .filter(({ evidence }) => !evidence.counterexample)
      .map((exhibit) => ({ strategy, exhibit })),
  );
