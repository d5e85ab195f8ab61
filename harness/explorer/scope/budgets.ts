import { FAULTS, type Scope } from './scope.ts';

/** What may still happen beside the purchases, packed into one integer: two bits each. */
export const EXTRAS = [...FAULTS, 'release', 'restock', 'job'] as const;
export type Extra = (typeof EXTRAS)[number];

const BITS = 2;
export const MOST_OF_ONE = (1 << BITS) - 1;

export function budgetsOf(scope: Scope): number {
  const amounts: Record<Extra, number> = {
    ...scope.faults,
    release: scope.releases,
    restock: scope.restocks,
    job: scope.jobs,
  };
  return EXTRAS.reduce((packed, extra, i) => packed | (amounts[extra] << (BITS * i)), 0);
}

export const left = (budgets: number, extra: Extra): number =>
  (budgets >>> (BITS * EXTRAS.indexOf(extra))) & MOST_OF_ONE;

export const spend = (budgets: number, extra: Extra): number =>
  budgets - (1 << (BITS * EXTRAS.indexOf(extra)));

const mask = (extras: readonly Extra[]): number =>
  extras.reduce((bits, extra) => bits | (MOST_OF_ONE << (BITS * EXTRAS.indexOf(extra))), 0);

const DISTURBING = mask([
  'crash',
  'lost-request',
  'lost-reply',
  'late-request',
  'restart',
  'restart-without-aof',
]);
const ASKING = mask(['retry', 'repeat', 'release']);

/** Of how many further attempts the first `used` have been made: they are numbered in that order. */
export const attemptsUsed = ({ faults }: Scope, budgets: number): number =>
  faults.retry + faults.repeat - left(budgets, 'retry') - left(budgets, 'repeat');

/** Whether a crash or a cut may still come between any two steps of an instance. */
export const disturbing = (budgets: number): boolean => (budgets & DISTURBING) !== 0;

/** Whether an instance may still be asked for something after its purchases are answered. */
export const asking = (budgets: number): boolean => (budgets & ASKING) !== 0;

/**
 * What a cut can be paid from; empty if it cannot be paid. Sent commands that may still run make it a late
 * request; commands that are lost before they ran a lost request, or, together with replies that are lost, part of
 * either; replies alone a lost reply. The cut of an idle connection is any of the three.
 *
 * @param survivors commands that may still run, of `commands` that did not run yet
 * @param replies replies that are on their way
 */
export function pricesOfCut(budgets: number, survivors: number, commands: number, replies: number): Extra[] {
  const candidates: Extra[] =
    survivors > 0
      ? ['late-request']
      : commands > 0
        ? replies > 0
          ? ['lost-reply', 'lost-request']
          : ['lost-request']
        : replies > 0
          ? ['lost-reply']
          : ['lost-reply', 'lost-request', 'late-request'];
  return candidates.filter((candidate) => left(budgets, candidate) > 0);
}
