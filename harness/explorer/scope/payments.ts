import type { Outcome } from '../../documents/vocabulary.ts';
import type { Scope } from '../../documents/scope.ts';
import { isLone, type Layout } from './layout.ts';
import type { Paying } from './moves.ts';

/** Confirms of one buyer: paying, and once more what was paid. */
const MOST_OF_BUYER = 2;

/** Confirms in all, where none are asked for: each buyer's, and one that is sent twice. */
export const confirmsOf = ({ buyers }: Pick<Scope, 'buyers'>): number => buyers + 1;

/** What a process was asked for, as far as paying goes. */
export interface Served {
  /** It lives, and has made its seller. */
  live: boolean;
  calls: readonly {
    kind: string;
    buyer: number;
    outcome?: Outcome | undefined;
    late?: boolean | undefined;
  }[];
}

/** A buyer who may confirm now. */
export interface Payment extends Paying {
  buyer: number;
  operation: number;
  /** Processes that may be asked now: those that sold, and the till. */
  slots: number[];
}

/**
 * Buyers whose purchase was sold, and who did not give it back, confirm once or twice. The process that sold is asked, or
 * the till, which sells nothing and so knows nothing of the buyer. One that serves a buyer alone is asked for one thing
 * at a time: what is fused in it rests on that.
 */
export function payments(scope: Scope, layout: Layout, served: readonly (Served | undefined)[]): Payment[] {
  const found: Payment[] = [];
  for (let buyer = 0; buyer < scope.buyers; buyer++) {
    const of = (kind: string, { calls }: Served): Served['calls'] =>
      calls.filter((call) => call.kind === kind && call.buyer === buyer);
    const all = (kind: string): Served['calls'] =>
      served.flatMap((process) => (process ? of(kind, process) : []));
    const confirms = all('confirm');
    if (confirms.length >= MOST_OF_BUYER || all('release').length > 0) continue;
    const sold = (process: Served): boolean =>
      of('purchase', process).some(({ outcome }) => outcome === 'sold');
    if (!served.some((process) => process && sold(process))) continue;
    const slots = served.flatMap((process, slot) => {
      if (!process?.live || (slot !== layout.till && !sold(process))) return [];
      return isLone(scope, slot) && isAsked(process) ? [] : [slot];
    });
    const late = all('purchase').some((call) => call.late);
    // Numbered by buyer: in which order they come makes no difference to what became of each.
    const operation = layout.firstConfirm + MOST_OF_BUYER * buyer + confirms.length;
    found.push({ buyer, operation, slots, late, paid: confirms.some(({ outcome }) => outcome === 'done') });
  }
  return found;
}

/** Whether a process that serves its buyers alone may still be asked to confirm, as long as anybody confirms. */
export const mayBeAsked = ({ calls }: Pick<Served, 'calls'>): boolean =>
  calls.some(({ kind, outcome }) => kind === 'purchase' && outcome === 'sold') &&
  calls.filter(({ kind }) => kind === 'confirm').length < MOST_OF_BUYER;

/** Releases of one buyer: giving back, and once more what was given back. */
export const MOST_RELEASES = 2;

/**
 * Buyers who may have bought, and have another process give that back: while their purchase runs, or once it was sold, or
 * nobody told them, also a second time. The till does one thing at a time.
 */
export function cancellations(
  scope: Scope,
  { till }: Layout,
  served: readonly (Served | undefined)[],
): number[] {
  const asked = served[till];
  if (!asked?.live || isAsked(asked)) return [];
  const calls = served.flatMap((process) => process?.calls ?? []);
  return Array.from({ length: scope.buyers }, (_, buyer) => buyer).filter((buyer) => {
    const own = calls.filter((call) => call.buyer === buyer);
    const mayHold = own.some(
      ({ kind, outcome = 'unknown' }) => kind === 'purchase' && (outcome === 'unknown' || outcome === 'sold'),
    );
    return mayHold && own.filter(({ kind }) => kind === 'release').length < MOST_RELEASES;
  });
}

/** Whether a purchase or a confirm of the buyer is under way, or may still be: it may take again what is released now. */
export const mayStillTake = (buyer: number, served: readonly (Served | undefined)[]): boolean =>
  served.some((process) =>
    process?.calls.some(
      (call) =>
        (call.kind === 'confirm' || call.kind === 'purchase') &&
        call.buyer === buyer &&
        (call.outcome === undefined || call.outcome === 'unknown'),
    ),
  );

/** Something that it was asked for is not answered. */
export const isAsked = ({ calls }: Pick<Served, 'calls'>): boolean =>
  calls.some(({ kind, outcome }) => kind !== 'other' && outcome === undefined);
