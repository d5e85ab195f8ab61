import type { ClockFault } from '../../documents/faults.ts';
import type { ScheduleStep } from '../../documents/counterexample.ts';
import type { Call } from '../process/instance-events.ts';
import { buyersIn, isLone, isOffice } from '../scope/layout.ts';
import { amountsOf } from '../scope/budgets.ts';
import { requestOf } from '../scope/ids.ts';
import { cancellations, isAsked, payments } from '../scope/payments.ts';
import { AN_HOUR_MS, serverMoves } from '../space/choices.ts';
import { RESTOCKED } from '../space/perform.ts';
import type { Process } from './gated-process.ts';
import { nextDraw } from './next-draw.ts';
import { OutsidePassage, type Way } from './outside-passage.ts';
import type { RealSale } from './real-sale.ts';

/** Everything that may happen next, nothing fused and nothing trimmed; faults apart. */
export async function possibleSteps(
  sale: RealSale,
): Promise<{ regular: ScheduleStep[]; faults: ScheduleStep[] }> {
  const regular: ScheduleStep[] = [];
  const faults: ScheduleStep[] = [];
  for (const [slot, process] of sale.processes.entries()) {
    if (!process) continue;
    const starting = starts(sale, slot, process);
    regular.push(...starting, ...(await messages(sale, slot, process)));
    for (const timer of process.firable(starting.length > 0))
      regular.push({ slot, event: 'timer', ...(timer === undefined ? {} : { timer }) });
    if (process.putsOff) regular.push({ slot, event: 'immediate' });
    // One that nobody asked yet dies as well when it has just been asked; while it starts, it may die at any point.
    if (process.crashed || (process.calls.length < 2 && !process.busy)) continue;
    const crashable = process.busy || sale.abilities.close;
    if (crashable && sale.left('crash') > 0) {
      for (const survivors of prefixes(process.passages)) faults.push({ slot, event: 'crash', survivors });
    }
    if (process.busy) faults.push(...cuts(sale, slot, process), ...timeouts(sale, slot, process));
    if (sale.left('outside') > 0)
      for (const connection of process.outsideCalls()) faults.push({ slot, event: 'outside', connection });
  }
  faults.push(...retries(sale), ...repeats(sale), ...requests(sale), ...(await serverFaults(sale)));
  if (regular.length > 0 && sale.left('slow') > 0) faults.push(...passing(sale, 'slow'));
  faults.push(...cancels(sale), ...confirms(sale));
  return { regular, faults };
}

function starts({ scope }: RealSale, slot: number, process: Process): ScheduleStep[] {
  if (process.crashed || !process.abilities) return [];
  return buyersIn(scope, slot).flatMap((buyer): ScheduleStep[] => {
    if (process.calls.some((call) => call.operation === buyer)) return [];
    const call: Call = { method: 'purchase', request: requestOf(scope, buyer) };
    return [{ slot, event: 'start', call, buyer, operation: buyer }];
  });
}

async function messages(sale: RealSale, slot: number, process: Process): Promise<ScheduleStep[]> {
  const steps: ScheduleStep[] = [];
  const lapsable = await process.lapsable();
  for (const [connection, passage] of process.passages.entries()) {
    const waits = !lapsable.includes(connection) && (await process.waiting.isBlocked(connection));
    if (passage.pending.length > 0 && !waits) {
      // Once for each outcome of what the server draws for it.
      const step: ScheduleStep = { slot, event: 'execute', connection, command: '', reply: '' };
      const draw = await nextDraw(sale.memo, passage);
      steps.push(...(draw ? draw.outcomes.map((_, outcome) => ({ ...step, picks: [outcome] })) : [step]));
    }
    const most = process.crashed ? 1 : passage.replies.length;
    const all = Math.min(most, process.arriving(connection));
    for (const replies of all > 0 ? new Set([1, Math.min(2, all), all]) : [])
      steps.push({ slot, event: 'deliver', connection, ...(replies > 1 ? { replies } : {}) });
  }
  return steps;
}

function cuts(sale: RealSale, slot: number, process: Process): ScheduleStep[] {
  return process.passages.flatMap((passage, connection) => {
    if (passage.isCut || !passage.wasUsed || passage instanceof OutsidePassage) return [];
    return Array.from({ length: passage.pending.length + 1 }, (_, survivors) => survivors)
      .filter((survivors) => sale.priceOf('cut', passage, survivors) !== undefined)
      .map((survivors): ScheduleStep => ({ slot, event: 'cut', connection, survivors }));
  });
}

/** Any number of commands without a reply, the oldest first. */
const timeouts = (sale: RealSale, slot: number, { limits }: Process): ScheduleStep[] =>
  sale.left('timeout') === 0
    ? []
    : Array.from({ length: limits }, (_, i) => ({ slot, event: 'timeout', commands: i + 1 }));

/** Buyers whose last attempt left them without an answer ask again: here, or on a process that starts for it. */
function retries(sale: RealSale): ScheduleStep[] {
  if (sale.left('retry') === 0) return [];
  const { scope, layout, processes } = sale;
  const used = sale.budgets.attemptsUsed(sale.packed);
  const operation = layout.firstRetry + used;
  const finishes = sale.finishes().filter(({ kind }) => kind === 'purchase');
  return finishes.flatMap(({ buyer, operation: asked, fate }): ScheduleStep[] => {
    const isLast = finishes.every((other) => other.buyer !== buyer || other.operation <= asked);
    const at = processes.findIndex((process) => process?.calls.some((call) => call.operation === asked));
    const { crashed } = sale.process(at);
    if (!isLast || fate !== 'unknown' || (crashed && asked >= layout.firstRetry)) return [];
    const call: Call = { method: 'purchase', request: requestOf(scope, buyer) };
    const slot = crashed ? layout.firstRetrySlot + used : at;
    return [{ slot, event: 'start', call, buyer, operation }];
  });
}

/** Buyers who have asked ask again without waiting for an answer: on a process that starts for it, or here. */
function repeats(sale: RealSale): ScheduleStep[] {
  if (sale.left('repeat') === 0) return [];
  const { scope, layout, processes } = sale;
  const used = sale.budgets.attemptsUsed(sale.packed);
  const operation = layout.firstRetry + used;
  const elsewhere = layout.firstRetrySlot + used;
  return processes.slice(0, layout.instances).flatMap((process, slot) =>
    process!.calls.flatMap(({ kind, buyer, operation: asked }): ScheduleStep[] => {
      if (kind !== 'purchase' || asked >= scope.buyers) return [];
      const call: Call = { method: 'purchase', request: requestOf(scope, buyer) };
      const at = process!.crashed || isLone(scope, slot) ? [elsewhere] : [slot, elsewhere];
      return at.map((where) => ({ slot: where, event: 'start', call, buyer, operation }));
    }),
  );
}

/** What the living are asked for besides purchases: to give units back, to put more on sale, to work in the background. */
function requests(sale: RealSale): ScheduleStep[] {
  const { scope, layout, abilities } = sale;
  const [releases, restocks, jobs] = (['release', 'restock', 'job'] as const).map((extra) =>
    sale.left(extra),
  );
  return sale.processes.flatMap((process, slot): ScheduleStep[] => {
    if (!process?.abilities || process.crashed) return [];
    const steps: ScheduleStep[] = [];
    if (releases! > 0 && abilities.release) {
      const operation = layout.firstRelease + sale.budgets.releasesUsed(sale.packed);
      const busy = isLone(scope, slot) && isAsked(process.served);
      for (const buyer of busy ? [] : process.holders()) {
        const call: Call = { method: 'release', request: requestOf(scope, buyer) };
        steps.push({ slot, event: 'start', call, buyer, operation });
      }
    }
    if (restocks! > 0 && abilities.restock && slot === layout.office) {
      const operation = layout.firstRestock + scope.restocks - restocks!;
      const call: Call = { method: 'restock', quantity: RESTOCKED };
      steps.push({ slot, event: 'start', call, buyer: -1, operation });
    }
    const works = scope.workers === 'everywhere' || isOffice(layout, slot);
    if (jobs! > 0 && abilities.runJob && works && !process.isWorking)
      steps.push({ slot, event: 'start', call: { method: 'runJob' }, buyer: -1, operation: -1 });
    return steps;
  });
}

/** Time passes to any deadline that is known, or by an hour. */
function passing({ clock, processes }: RealSale, event: ClockFault): ScheduleStep[] {
  const timers = processes.flatMap((process) => process?.remaining() ?? []);
  const spans = new Set([...clock.remaining(), ...timers, AN_HOUR_MS].filter((ms) => ms > 0));
  return [...spans].map((elapsedMs): ScheduleStep => ({ slot: -1, event, elapsedMs }));
}

/** Buyers cancel what they may have bought. */
function cancels(sale: RealSale): ScheduleStep[] {
  const { scope, layout, processes, abilities } = sale;
  if (sale.left('cancel') === 0 || !abilities.release) return [];
  const operation = layout.firstRelease + sale.budgets.releasesUsed(sale.packed);
  const served = processes.map((process) => process?.served);
  return cancellations(scope, layout, served).map((buyer): ScheduleStep => {
    const call: Call = { method: 'release', request: requestOf(scope, buyer) };
    return { slot: layout.till, event: 'start', call, buyer, operation };
  });
}

/** Buyers who were sold units confirm; and while one may still do so, time passes. */
function confirms(sale: RealSale): ScheduleStep[] {
  const { scope, layout, processes, abilities } = sale;
  if (sale.left('confirm') === 0 || !abilities.confirm) return [];
  const due = payments(
    scope,
    layout,
    processes.map((process) => process?.served),
  );
  const steps = due.flatMap(({ buyer, operation, slots }) => {
    const call: Call = { method: 'confirm', request: requestOf(scope, buyer) };
    return slots.map((slot): ScheduleStep => ({ slot, event: 'start', call, buyer, operation }));
  });
  return due.length > 0 && sale.left('late') > 0 ? [...steps, ...passing(sale, 'late')] : steps;
}

async function serverFaults(sale: RealSale): Promise<ScheduleStep[]> {
  const amounts = amountsOf(sale.scope);
  for (const extra of Object.keys(amounts) as (keyof typeof amounts)[]) amounts[extra] = sale.left(extra);
  const moves = serverMoves(amounts, await sale.memo.keysNow(), sale.replicas);
  return moves.map(({ kind, ...which }) => ({ slot: -1, event: kind, ...which }) as ScheduleStep);
}

/** Every way to keep a prefix of what waits at each passage. */
const prefixes = (passages: readonly Way[]): number[][] =>
  passages.reduce<number[][]>(
    (all, { pending }) =>
      all.flatMap((chosen) => Array.from({ length: pending.length + 1 }, (_, kept) => [...chosen, kept])),
    [[]],
  );
