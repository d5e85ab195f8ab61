import { grouped, interleavingsText, plural, withSuperscripts } from '../view/figures.ts';

/**
 * How much was covered: "8.3 × 10²⁵ orders in 20 000 states". A number of orders says little without the states that
 * stand for all of them.
 */
export const ordersText = (orders: bigint, states: number): string =>
  `${orders === 1n ? '1 order' : `${withSuperscripts(interleavingsText(orders))} orders`} in ${plural(states, 'state')}`;

/** How far an exploration is: "4 100 states/s, 12 s, 8.3 × 10²⁵ orders in 20 000 states". */
export function coveredText({
  states,
  interleavings,
  elapsedMs,
}: {
  states: number;
  interleavings: bigint;
  elapsedMs: number;
}): string {
  const seconds = Math.max(elapsedMs / 1000, 1e-3);
  return `${grouped(states / seconds)} states/s, ${grouped(seconds)} s, ${ordersText(interleavings, states)}`;
}
