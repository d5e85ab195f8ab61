import { furtherAttempts, furtherReleases } from '../../documents/faults.ts';
import type { Scope } from '../../documents/scope.ts';
import { buyersOf } from './ids.ts';

/**
 * Slots hold processes, and operations are what their intervals are kept of. Slots: the instances, one for each
 * further attempt that may need a process of its own, the till if buyers confirm or cancel, and back offices if there is work for them.
 * Operations: the first attempt of each buyer, then further ones (retries and repeats), releases (cancellations among them), restocks and confirms in
 * the order in which they are used up; and confirms by buyer.
 */
export interface Layout {
  slots: number;
  instances: number;
  firstRetrySlot: number;
  /** A process that sells nothing and is told of payments and cancellations; -1 where there are none. */
  till: number;
  /** The first back office, whom restocks are asked of; -1 without restocks and jobs. The others follow it. */
  office: number;
  /** Those whose intervals matter. */
  operations: number;
  firstRetry: number;
  firstRelease: number;
  firstRestock: number;
  firstConfirm: number;
}

export function layoutOf(scope: Scope): Layout {
  const { buyers, instances, releases, restocks, jobs, faults, confirms = 0 } = scope;
  const hasOffice = restocks + jobs > 0;
  const attempts = furtherAttempts(faults);
  const cancels = furtherReleases(faults);
  const hasTill = confirms + cancels > 0;
  const till = hasTill ? instances + attempts : -1;
  const others = instances + attempts + (hasTill ? 1 : 0);
  const office = hasOffice ? others : -1;
  const slots = others + (hasOffice ? (scope.offices ?? 1) : 0);
  const firstRestock = buyers + attempts + releases + cancels;
  const firstConfirm = firstRestock + restocks;
  return {
    slots,
    instances,
    firstRetrySlot: instances,
    till,
    office,
    operations: firstConfirm,
    firstRetry: buyers,
    firstRelease: buyers + attempts,
    firstRestock,
    firstConfirm,
  };
}

/** Whether the slot holds a back office. */
export const isOffice = ({ office }: Layout, slot: number): boolean => office >= 0 && slot >= office;

/** Whether the process stands there from the beginning: those of further attempts start when they are asked. */
export const isOpen = (layout: Layout, slot: number): boolean =>
  slot < layout.instances || slot === layout.till || isOffice(layout, slot);

/** Buyers whose first attempt the slot serves. */
export const buyersIn = (scope: Scope, slot: number): number[] =>
  slot < scope.instances ? buyersOf(scope, slot) : [];

/** Whether the slot serves one purchase at a time, ever: a repeat of its buyer's reaches another process. */
export const isLone = (scope: Scope, slot: number): boolean =>
  slot >= scope.instances || buyersOf(scope, slot).length === 1;
