import type { Setting } from './setting.ts';

/**
 * Where the parts of a state's vector lie: the server, what is left of the budgets, a local state per slot, spans, the clock,
 * the replicas.
 */
export const SERVER_AT = 0;
export const BUDGETS_AT = 1;
export const LOCALS_AT = 2;

export interface Shape {
  slots: number;
  /** Operations whose real-time order is part of the state; they follow the local states. */
  spans: number;
  spansAt: number;
  width: number;
  /** Where the time lies that the clock shows, in milliseconds after the world's beginning; -1 where nobody reads it. */
  clockAt: number;
  /** Where it lies which replicas have stopped, and where; -1 where none ever does. */
  replicasAt: number;
  /** Where the back office's local state lies; -1 if there is none to rename. */
  officeAt: number;
}

/** @param tracksOrder real-time order is part of the state */
export function shapeOf({ layout, rules, reductions, promotes }: Setting, tracksOrder: boolean): Shape {
  const { slots, operations, office } = layout;
  const spans = tracksOrder && rules.realTimeOrder ? operations : 0;
  const spansAt = LOCALS_AT + slots;
  const officeAt = office < 0 || !rules.renamedOffice ? -1 : LOCALS_AT + office;
  const clockAt = reductions.unreadClock ? -1 : spansAt + spans;
  const afterClock = spansAt + spans + (clockAt < 0 ? 0 : 1);
  const replicasAt = promotes ? afterClock : -1;
  const width = afterClock + (promotes ? 1 : 0);
  return { slots, spans, spansAt, clockAt, replicasAt, width, officeAt };
}
