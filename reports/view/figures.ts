import type { Interval, Percentiles } from '../../harness/documents/figures.ts';
import { differs } from '../../harness/documents/intervals.ts';

/** Figures in words. One that was not measured is a dash, never a nought. */

/** 61200 → "61 200". */
export const grouped = (value: number): string =>
  Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ' ');

export const plural = (count: number, noun: string): string =>
  `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;

/** "1 strategy", "19 strategies". */
export const strategiesText = (count: number): string =>
  `${grouped(count)} ${count === 1 ? 'strategy' : 'strategies'}`;

export const known = (value: number | null | undefined, text: (value: number) => string): string =>
  value === null || value === undefined ? '–' : text(value);

/** Exact up to twelve digits, then as a power of ten. */
export function interleavingsText(count: bigint): string {
  if (count < 10n ** 12n) return grouped(Number(count));
  const digits = count.toString();
  return `${digits[0]}.${digits[1]} × 10^${digits.length - 1}`;
}

/** 3.9 × 10^25 → 3.9 × 10²⁵, where that can be set. */
export const withSuperscripts = (text: string): string =>
  text.replaceAll(/\^(\d+)/g, (_, digits: string) =>
    Array.from(digits, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join(''),
  );

const hundredths = (value: number): string => value.toFixed(2);

/** Milliseconds, with as many digits as anybody can use. */
export const ms = (value: number): string =>
  value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : grouped(value);

export const tail = ({ p50, p99 }: Percentiles): string =>
  `${known(p50, hundredths)} / ${known(p99, hundredths)}`;

export const perSale = (value: number): string =>
  value === 0 ? '0' : value < 0.1 ? value.toFixed(3) : value.toFixed(1);

export function intervalText({ median, low, high }: Interval, text: (value: number) => string): string {
  if (median === null) return '–';
  return low === null || high === null ? text(median) : `${text(median)} [${text(low)}, ${text(high)}]`;
}

/** "1.85 × [1.54, 2.23]". A ratio without an interval, as one trial gives it, compares nothing: it is not told. */
export const ratioText = ({ median, low, high }: Interval): string =>
  median === null || low === null || high === null
    ? '–'
    : `${hundredths(median)} × [${hundredths(low)}, ${hundredths(high)}]`;

/** A ratio in words; an interval that crosses 1 shows nothing. */
export const comparison = (ratio: Interval): string =>
  ratio.low === null || differs(ratio) ? ratioText(ratio) : `no detectable difference (${ratioText(ratio)})`;

/** "8.3 × 10^25 orders in 20 000 states": so many orders are covered because most of them meet in the same states. */
export const ordersText = (interleavings: bigint, states: number): string =>
  `${interleavingsText(interleavings)} ${interleavings === 1n ? 'order' : 'orders'} in ${plural(states, 'state')}`;

/** "a, b and c"; of many only the first, and how many more. */
export function list(names: readonly string[], most = 8): string {
  const shown =
    names.length > most ? [...names.slice(0, most - 1), `${names.length - most + 1} others`] : names;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}
