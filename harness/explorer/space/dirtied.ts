import type { States } from './states.ts';

/** Slots of which a connection finds a watched key touched in the second state, and did not in the first. */
export function dirtiedBetween(states: States, before: Int32Array, after: Int32Array): number[] {
  const dirty = (vector: Int32Array, slot: number): number =>
    states.space.locals.values[states.local(vector, slot)]!.connections.filter((one) => one.dirty).length;
  return states.locals(before).flatMap((_, slot) => (dirty(after, slot) > dirty(before, slot) ? [slot] : []));
}
