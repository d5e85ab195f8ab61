import { expect, test } from 'vitest';
import { mayFire } from '../../harness/explorer/process/timers.ts';

const timer = (id: number, repeats: boolean) => ({ id, repeats, firable: true }) as never;

test('timers that repeat for ever fire while an answer is awaited, or while one beside them does not', () => {
  const [beats, once] = [timer(1, true), timer(2, false)];
  expect(mayFire([beats], false)).toEqual([]);
  expect(mayFire([beats], true)).toEqual([undefined]);
  expect(mayFire([once], false)).toEqual([undefined]);
  expect(mayFire([beats, once], false)).toEqual([1, 2]);
  expect(mayFire([], true)).toEqual([]);
});
