/**
 * What rank statistics come to when nothing but chance decides: exact, because there are few trials. Each array holds
 * the probabilities of 0, 1, 2 …
 */

/** The sum of those weights at which a fair coin shows heads. */
export function coinSums(weights: readonly number[]): Float64Array {
  let chances = Float64Array.of(1);
  for (const weight of weights) {
    const next = new Float64Array(chances.length + weight);
    for (const [sum, chance] of chances.entries()) {
      next[sum]! += chance / 2;
      next[sum + weight]! += chance / 2;
    }
    chances = next;
  }
  return chances;
}

/** Pairs of one of the `ones` and one of the `others` in which the first comes later, if all stand in random order. */
export function wrongPairs(ones: number, others: number): Float64Array {
  // Of i and j in a random order the last is one of the i with i chances in i + j, and then later than all of the j.
  const alone = Float64Array.of(1);
  let before: Float64Array[] = Array.from({ length: others + 1 }, () => alone);
  for (let i = 1; i <= ones; i++) {
    const row = [alone];
    for (let j = 1; j <= others; j++) {
      const chances = new Float64Array(i * j + 1);
      for (const [sum, chance] of before[j]!.entries()) chances[sum + j]! += (chance * i) / (i + j);
      for (const [sum, chance] of row[j - 1]!.entries()) chances[sum]! += (chance * j) / (i + j);
      row.push(chances);
    }
    before = row;
  }
  return before[others]!;
}
