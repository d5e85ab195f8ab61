import type { Property } from '../../strategies/contract.ts';
import type { CounterexampleStep } from './counterexample.ts';
import { commandsOf, habitsOf, who, type Habit, type Sent } from './path-commands.ts';

/** What is known of a violation: of a counterexample its steps, of a sample none. */
export interface Violation {
  property: Property;
  /** What the checker says of it. */
  message?: string;
  steps: readonly CounterexampleStep[];
  /** It is of a service, whose author knows nothing of our strategies. */
  isOfService?: boolean;
}

/** What disturbs a sale so that it goes wrong. */
export const DISTURBANCES = [
  // A connection breaks, a command times out, a process dies, a buyer asks again.
  'sent-again',
  'mark-sent-again',
  'request-renamed',
  'exec-without-watch',
  'error-heard',
  'stays-broken',
  'timed-out',
  'second-step-undone',
  'second-step-failed',
  'died-between',
  'mark-left-behind',
  'told-too-early',
  'asked-again',
  'asked-twice-at-once',
  // The server forgets something.
  'server-forgot',
  'scripts-flushed',
  'key-evicted',
  'key-expired',
  'filled-on-a-miss',
  'failed-over',
  'wait-unheeded',
  'waits-for-too-few',
  'waits-elsewhere',
  'repeat-writes-nothing',
  // Time passes.
  'time-passed',
  'lease-ended',
  'left-to-a-deadline',
  'stopped-waiting',
  // Somebody gives back, pays, restocks, or works in the background.
  'given-back-twice',
  'given-back-unheld',
  'given-back',
  'restocked',
  'paid-twice',
  'paid-late',
  'paid-elsewhere',
  'paid',
  'job-between',
] as const;

/** What goes wrong where nothing disturbs it. */
export const CALM_CAUSES = [
  // Two cross,
  'crossed',
  'looked-before',
  'watched-in-vain',
  'exec-unread',
  'took-before-it-looked',
  'taken-in-advance',
  'lost-every-race',
  'looked-in-several-places',
  'answered-from-memory',
  'replies-in-one-tick',
  'lock-held',
  'unlocked-by-another',
  'one-lock-value',
  'locks-of-their-own',
  // or one alone does it.
  'invalid-request',
  'error-reply',
  'opened-again',
  'after-the-answer',
  'reply-misread',
  'script-by-itself',
  'code-by-itself',
] as const;

/** What brought a violation about. */
export type CauseName = (typeof DISTURBANCES)[number] | (typeof CALM_CAUSES)[number];

export interface Cause {
  name: CauseName;
  /** A sentence without its full stop: who did what, and what came between. */
  because: string;
}

/** A violation, read once. */
export interface Path extends Violation {
  sent: readonly Sent[];
  told: readonly Told[];
  habits: ReadonlySet<Habit>;
}

/** What a buyer was told, and with which step. */
export interface Told {
  at: number;
  actor: string;
  /** The buyer's letter; empty where somebody asked again. */
  buyer: string;
  outcome: string;
}

export function pathOf(violation: Violation): Path {
  const sent = commandsOf(violation.steps);
  const told = violation.steps.flatMap(({ actor, answers = [] }, at) =>
    answers.map((answer): Told => {
      const [, buyer = '', outcome = ''] = /^(?:([A-Z]) )?(.*)$/.exec(answer) ?? [];
      return { at, actor, buyer, outcome };
    }),
  );
  return { ...violation, sent, told, habits: habitsOf(sent) };
}

const REFUSALS: ReadonlySet<string> = new Set(['sold-out', 'limit-reached', 'already-yours']);
export const isRefused = ({ outcome }: Told): boolean => REFUSALS.has(outcome);

/** "A was told sold-out". */
export const inTheirWords = ({ actor, buyer, outcome }: Told): string =>
  `${buyer === '' ? who(actor) : buyer} ${SAID[outcome] ?? `was told ${outcome}`}`;

const SAID: Readonly<Record<string, string>> = {
  'gave-up': 'gave up',
  rejected: 'was refused by a DefiniteError',
  unknown: 'got an error that proves nothing',
};

/** What this process sent for the answer: since its answer before. */
export function sentFor({ sent, told }: Path, { actor, at }: Told): Sent[] {
  const before = told.findLast((other) => other.actor === actor && other.at < at)?.at ?? -1;
  return sent.filter((one) => one.actor === actor && one.at > before && one.at <= at);
}
