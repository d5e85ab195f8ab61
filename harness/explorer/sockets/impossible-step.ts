import { isKeyFault, isServerFault } from '../../documents/fault-events.ts';
import type { ScheduleStep } from '../../documents/counterexample.ts';
import type { Layout } from '../scope/layout.ts';
import type { Process } from './gated-process.ts';
import { refusalOf } from './refused-step.ts';

/** A sale over sockets: its processes by slot, of which some may not have started. */
interface SaleNow {
  layout: Layout;
  processes: readonly (Process | undefined)[];
}

/**
 * Why a step cannot be taken now, in words; undefined: it can. A schedule may be of another version of the code, or of a
 * counterexample that somebody has edited.
 */
export function whyImpossible(step: ScheduleStep, { layout, processes }: SaleNow): string | undefined {
  const { event, slot } = step;
  if (isOfServer(step)) return slot < 0 ? undefined : `"${event}" happens to the server, and to no process`;
  if (slot < 0 || slot >= layout.slots) return `there is no process ${slot} in such a sale`;
  if (event === 'start') return undefined;
  const process = processes[slot];
  return process ? refusalOf(process, step) : 'nothing was started there';
}

/** It moves the clock, takes a key away, or is done to the server. */
const isOfServer = (step: ScheduleStep): boolean =>
  (step.event !== 'timer' && step.event !== 'execute' && 'elapsedMs' in step) ||
  isKeyFault(step.event) ||
  isServerFault(step.event);
