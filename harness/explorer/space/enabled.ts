import type { Scope } from '../../documents/scope.ts';
import { CannotExplore } from '../cannot-explore.ts';
import { counts } from '../process/chunks.ts';
import { buyersIn, isLone, isOffice } from '../scope/layout.ts';
import { isAsked, MOST_RELEASES } from '../scope/payments.ts';
import type { Move } from '../scope/moves.ts';
import type { Cursor } from './cursor.ts';
import type { CallState, ProcessState } from './process-state.ts';
import type { Setting } from './setting.ts';

/** One slot at a moment: whose moves are asked for. */
export interface Situation {
  setting: Setting;
  slot: number;
  local: ProcessState;
  /** The same, in motion. */
  cursor: Cursor;
  /** What is left of the budgets. */
  packed: number;
}

/** Everything that the slot may do next, the sale's own first, in a fixed order. */
export function movesOf(situation: Situation): Move[] {
  const { local, cursor } = situation;
  const starting = starts(situation);
  const moves = [...starting, ...messages(situation)];
  for (const timer of cursor.firable(starting.length > 0))
    moves.push({ kind: 'timer', ...(timer === undefined ? {} : { timer }) });
  if (cursor.putsOff) moves.push({ kind: 'immediate' });
  if (local.phase === 'live') {
    moves.push(...crashes(situation), ...cuts(situation), ...timeouts(situation));
    moves.push(...failures(situation));
    moves.push(...againByBuyers(situation));
    moves.push(...releases(situation), ...restocks(situation), ...jobs(situation));
  }
  return moves;
}

function starts({ setting, slot, local, cursor }: Situation): Move[] {
  if (local.phase !== 'live' || !cursor.abilities) return [];
  return buyersIn(setting.scope, slot).flatMap((buyer): Move[] => {
    const recorded = setting.recordedBuyer(slot, buyer);
    return local.calls.some((call) => call.operation === recorded) ? [] : [{ kind: 'start', buyer }];
  });
}

function messages({ cursor, slot, setting: { rules, reductions, scope } }: Situation): Move[] {
  const executions = cursor.executable().map((connection): Move => ({ kind: 'execute', connection }));
  const deliveries = cursor.deliverable().flatMap((connection): Move[] => {
    const whole = cursor.outstanding(connection).commands === 0;
    if (!whole && !rules.replyPrefixes) return [];
    // One after the other, or any number of them in one chunk (of a long batch: two, or all). That makes no difference, or it is found
    // out (see `verify`), and then they are events; of a lone buyer's, with nothing fused any more.
    const matters = isLone(scope, slot) ? !reductions.fuse : rules.sharedChunks === true;
    const most = rules.chunks && matters ? cursor.arriving(connection) : 1;
    return counts(most).map((replies): Move => ({ kind: 'deliver', connection, replies }));
  });
  const lapses = cursor.lapsable().map((connection): Move => ({ kind: 'lapse', connection }));
  return [...executions, ...lapses, ...deliveries];
}

/**
 * While something is under way: to a process that has nothing more to do a crash does nothing, unless it keeps
 * something until it is closed. One that nobody asked yet dies as well when it has just been asked.
 */
function crashes({ setting, packed, local, cursor }: Situation): Move[] {
  const { budgets, abilities, rules } = setting;
  const asked = local.calls.length > 1; // the first made the seller
  const matters = !cursor.finished || (abilities.close && asked);
  if (budgets.left(packed, 'crash') === 0 || !matters) return [];
  const ways = rules.ghosts ? ghosts(cursor) : [[]];
  return ways.map((survivors) => ({ kind: 'crash', survivors }));
}

function cuts({ setting: { budgets, rules }, packed, cursor }: Situation): Move[] {
  if (cursor.finished) return [];
  return cursor.openConnections().flatMap((connection): Move[] => {
    // One that was never used holds nothing on the server, and the client replaces it unseen.
    if (!cursor.wasUsed(connection)) return [];
    const way = cursor.outstanding(connection);
    return (rules.ghosts ? cursor.prefixes(connection) : [0]).flatMap((survivors) =>
      budgets
        .pricesOf(packed, 'cut', { ...way, survivors })
        .map((as): Move => ({ kind: 'cut', connection, survivors, as })),
    );
  });
}

/**
 * Clients give their commands one limit, so the oldest that has no reply is past it first, and any number of the next
 * with it: those that were sent at the same time, or while the client was kept from looking.
 */
function timeouts({ setting: { budgets }, packed, cursor }: Situation): Move[] {
  if (budgets.left(packed, 'timeout') === 0) return [];
  return counts(cursor.limits).map((commands) => ({ kind: 'timeout', commands }));
}

/** A call of a store beside Redis fails before it took effect; or after that, and its answer is lost. */
const failures = ({ setting: { budgets }, packed, cursor }: Situation): Move[] =>
  budgets.left(packed, 'outside') === 0
    ? []
    : cursor.outsideCalls().map((connection) => ({ kind: 'outside', connection }));

/** Buyers ask once more: without a certain answer, or without waiting for one. */
function againByBuyers({ setting, packed, slot, local }: Situation): Move[] {
  const { scope, layout, budgets } = setting;
  const operation = layout.firstRetry + budgets.attemptsUsed(packed);
  const retries = budgets.left(packed, 'retry') > 0 ? withUnknownAnswer(local) : [];
  const repeats =
    budgets.left(packed, 'repeat') > 0 && !isLone(scope, slot) ? firstAttempts(scope, local) : [];
  return [
    ...retries.map((buyer): Move => ({ kind: 'retry', buyer, operation })),
    ...repeats.map((buyer): Move => ({ kind: 'repeat', buyer, operation })),
  ];
}

function releases({ setting, packed, slot, local }: Situation): Move[] {
  const { scope, layout, budgets, abilities } = setting;
  if (budgets.left(packed, 'release') === 0 || !abilities.release) return [];
  // What is fused in a process that serves a buyer alone rests on its being asked for one thing at a time.
  if (isLone(scope, slot) && isAsked(local)) return [];
  const operation = layout.firstRelease + budgets.releasesUsed(packed);
  const isReleased = (buyer: number): boolean =>
    local.calls.filter((call) => call.kind === 'release' && call.buyer === buyer).length >= MOST_RELEASES;
  return local.calls.flatMap(({ buyer, kind, outcome }): Move[] =>
    kind === 'purchase' && outcome === 'sold' && !isReleased(buyer)
      ? [{ kind: 'release', buyer: setting.buyerHere(slot, buyer), operation }]
      : [],
  );
}

/** Restocks, which the back office is asked for. */
function restocks({ setting, packed, slot, cursor }: Situation): Move[] {
  const { scope, layout, budgets, abilities } = setting;
  const amount = budgets.left(packed, 'restock');
  if (amount === 0 || !abilities.restock || slot !== layout.office || !cursor.abilities) return [];
  return [{ kind: 'restock', operation: layout.firstRestock + scope.restocks - amount }];
}

/** Passes of background work, one at a time in each process that does any. */
function jobs({ setting, packed, slot, local, cursor }: Situation): Move[] {
  const { scope, layout, budgets, abilities } = setting;
  if (budgets.left(packed, 'job') === 0 || !abilities.runJob || !cursor.abilities) return [];
  if (scope.workers !== 'everywhere' && !isOffice(layout, slot)) return [];
  const works = local.calls.some(({ operation }, call) => operation < 0 && !cursor.settled(call));
  return works ? [] : [{ kind: 'job' }];
}

/** Buyers who have asked on the process of this local state, answered or not. */
export const firstAttempts = (scope: Scope, { calls }: ProcessState): number[] =>
  calls.flatMap(({ kind, operation, buyer }) =>
    kind === 'purchase' && operation < scope.buyers ? [buyer] : [],
  );

/** Buyers whose last attempt ended without an answer they could rely on. */
function withUnknownAnswer(local: ProcessState): number[] {
  const last = new Map<number, CallState>();
  for (const call of local.calls) if (call.kind === 'purchase') last.set(call.buyer, call);
  return [...last.values()].flatMap((call) => (call.outcome === 'unknown' ? [call.buyer] : []));
}

/** Buyers who died with the process of this local state and have not asked again, by the numbers they are recorded under. */
export const buyersOfCrashed = ({ phase, calls }: ProcessState): number[] =>
  phase === 'crashed' || phase === 'done'
    ? calls.flatMap((call) => (call.kind === 'purchase' && call.outcome === undefined ? [call.buyer] : []))
    : [];

/** Most ways in which one crash may happen: each is a move, and those are numbered. */
const MOST_GHOSTS = 4_000;

/** Every choice, over all connections, of how many of the sent commands may still run. @throws CannotExplore if too many */
function ghosts(cursor: Cursor): number[][] {
  const prefixes = cursor.local().connections.map((_, c) => cursor.prefixes(c));
  const ways = prefixes.reduce((product, { length }) => product * length, 1);
  if (ways > MOST_GHOSTS) {
    throw new CannotExplore(
      `a crash can leave ${ways} different sets of its commands to run, too many to explore`,
      'send fewer commands at once, or explore it without a crash',
    );
  }
  return prefixes.reduce<number[][]>(
    (all, lengths) => all.flatMap((chosen) => lengths.map((prefix) => [...chosen, prefix])),
    [[]],
  );
}
