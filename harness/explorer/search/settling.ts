import type { Scope } from '../../documents/scope.ts';
import type { PurchaseOutcome } from '../../../strategies/contract.ts';
import type { Outcome } from '../../documents/vocabulary.ts';
import { JOB_ANSWERS, oddAnswerOfJob, untilIdle } from '../../checkers/at-rest-steps.ts';
import { CannotExplore } from '../cannot-explore.ts';
import type { Settled } from '../process/instance-events.ts';

/** What the search and its twin over real sockets agree on when a sale comes to rest. */

/** More than a small sale leaves to do. */
const MOST_PASSES = 100;

/**
 * Background work, until it finds nothing to do.
 * @param pass one of it; answers whether it found nothing to do and changed nothing
 * @throws CannotExplore if it finds work again and again
 */
export async function workOff(pass: () => Promise<boolean>): Promise<void> {
  if (await untilIdle(pass, MOST_PASSES)) return;
  throw new CannotExplore(
    `runJob found work ${MOST_PASSES} times in a row on a sale at rest`,
    "runJob must answer 'idle' and change nothing once there is nothing to do",
  );
}

/** One more than can be left where nothing is oversold. */
export const mostUnits = (scope: Scope): number =>
  scope.stock + scope.restocks + scope.quantities.reduce((sum, quantity) => sum + quantity, 0) + 1;

/** @throws CannotExplore if it answered what says neither, or never answers */
export function isIdle(settled: Settled | undefined): boolean {
  if (!settled)
    throw new CannotExplore(
      'runJob() never ends on a sale at rest',
      "one pass of it must end: let what waits for work wait for a time (BLPOP key 1, and not 0), and answer 'idle' when that is over",
    );
  if (settled.kind !== 'returned') return false;
  const odd = oddAnswerOfJob(settled.value);
  if (odd !== undefined) throw new CannotExplore(odd, JOB_ANSWERS);
  return settled.value === 'idle';
}

export const isSale = (settled: Settled | undefined): boolean => outcomeAtRest(settled) === 'sold';

/** What a purchase was told, when nothing goes on beside it. */
export function outcomeAtRest(settled: Settled | undefined): Outcome {
  if (settled?.kind === 'threw' && settled.definite) return 'rejected';
  return (settled?.kind === 'returned' && (settled.value as PurchaseOutcome | undefined)?.kind) || 'unknown';
}

/** So often somebody comes to a process that has failed them, with so much time in between. */
const ASKED = 3;
const BETWEEN_MS = 3_600_000;
/** Timers that may fire meanwhile: one that repeats never ends. */
export const MOST_TIMERS = 10;

/** A process that lives on after the sale. */
export interface Survivor {
  /** A fresh user comes, the n-th, from 1. */
  ask(n: number): Promise<Settled | undefined>;
  /** A timer fires, with all that it causes. @returns whether there was one */
  fireTimer(): Promise<boolean>;
  /** So much time passes. */
  pass(ms: number): Promise<void>;
}

/**
 * After a fault an error may be its consequence; hours later, when all is well and units are left, it is the process's own:
 * a connection that nobody makes anew, a chain of promises that one rejection has broken for all.
 * @returns what whoever comes is told, if that is an error each time
 */
export async function answersNobody(process: Survivor): Promise<string | undefined> {
  for (let n = 1; ; n++) {
    const settled = await process.ask(n);
    if (settled?.kind !== 'threw') return undefined;
    if (n === ASKED) return settled.message;
    // What opens again after a while, a circuit breaker, does so by a timer or by the clock.
    for (let fired = 0; fired < MOST_TIMERS && (await process.fireTimer()); fired++);
    await process.pass(BETWEEN_MS);
  }
}
