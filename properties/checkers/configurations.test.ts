import { expect, test } from 'vitest';
import { Configurations, Members } from '../../harness/checkers/configurations.ts';

const SIZE = 70;

/** A set that says its hash is another one, as two sets out of four billion do by themselves. */
const posing = (members: readonly number[], hash: number): Members => {
  const set = new Members(SIZE);
  for (const id of members) set.add(id);
  set.hash = hash;
  return set;
};

test('sets whose hashes are equal are told apart by their members', () => {
  const entered = new Configurations<number>({});
  const sets = [[], [0], [1], [0, 1], [33], [0, 33], [69], Array.from({ length: SIZE }, (_, i) => i)];
  for (const members of sets) expect(entered.add(posing(members, 7), 5), members.join(' ')).toBe(true);
  for (const members of sets) expect(entered.add(posing(members, 7), 5), members.join(' ')).toBe(false);
});

test('states whose hashes are equal are told apart by what equals them', () => {
  const entered = new Configurations<string>({ equal: (a, b) => a === b, hash: () => 1 });
  expect(['a', 'b', 'a', 'b'].map((state) => entered.add(posing([3], 7), state))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
