import { expect, test } from 'vitest';
import { seededRandom } from '../../harness/ground/random.ts';
import { VectorTable } from '../../harness/explorer/space/vectors.ts';
import { seed } from '../helpers/seed.ts';

test('a set of vectors that has grown many times still finds each by its first index', () => {
  const random = seededRandom(seed).fork('vectors');
  const [width, most] = [3, 20_000];
  const table = new VectorTable(width);
  const known = new Map<string, number>();
  for (let i = 0; i < most; i++) {
    // A small range, so that some come twice, before and after each time that the set grows.
    const vector = Int32Array.from({ length: width }, () => random.below(30) - 2);
    const expected = known.get(vector.join(' ')) ?? known.size;
    known.set(vector.join(' '), expected);
    expect(table.add(vector)).toBe(expected);
  }
  expect(table.size).toBe(known.size);
  expect(known.size).toBeGreaterThan(4_096);
  const read = new Int32Array(width);
  for (const [text, index] of known) {
    table.read(index, read);
    expect(read.join(' ')).toBe(text);
    expect(table.at(index, width - 1)).toBe(read[width - 1]);
  }
});
