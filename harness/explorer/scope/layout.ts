import { furtherAttempts } from '../../documents/faults.ts';
import type { Scope } from '../../documents/scope.ts';
import { buyersOf } from './ids.ts';

/**
 * Slots hold processes, and operations are what their intervals are kept of. Slots: the instances, one for each
 * further attempt that may need a process of its own, and back offices if there is work for them. Operations: the first attempt
 * of each buyer, then further ones (retries and repeats), releases and restocks in the order in which they are used up.
 */
export interface Layout {
  slots: number;
  instances: number;
  firstRetrySlot: number;
  /** The first back office, whom restocks are asked of; -1 without restocks and jobs. The others follow it. */
  office: number;
  operations: number;
  firstRetry: number;
  firstRelease: number;
  firstRestock: number;
}

export function layoutOf(scope: Scope): Layout {
  const { buyers, instances, releases, restocks, jobs, faults } = scope;
  const hasOffice = restocks + jobs > 0;
  const attempts = furtherAttempts(faults);
  const office = hasOffice ? instances + attempts : -1;
  const slots = instances + attempts + (hasOffice ? (scope.offices ?? 1) : 0);
  return {
    slots,
    instances,
    firstRetrySlot: instances,
    office,
    operations: buyers + attempts + releases + restocks,
    firstRetry: buyers,
    firstRelease: buyers + attempts,
    firstRestock: buyers + attempts + releases,
  };
}

/** Whether the slot holds a back office. */
export const isOffice = ({ office }: Layout, slot: number): boolean => office >= 0 && slot >= office;

/** Buyers whose first attempt the slot serves. */
export const buyersIn = (scope: Scope, slot: number): number[] =>
  slot < scope.instances ? buyersOf(scope, slot) : [];

/** Whether the slot serves one purchase at a time, ever: a repeat of its buyer's reaches another process. */
export const isLone = (scope: Scope, slot: number): boolean =>
  slot >= scope.instances || buyersOf(scope, slot).length === 1;
