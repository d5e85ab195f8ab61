import { expect, test } from 'vitest';
import { transitionKey } from '../../harness/explorer/space/transition-key.ts';

const [SERVERS, LOCALS, MOVES] = [2 ** 19, 2 ** 20, 2 ** 12];

test('each state and move has a number of its own, with two bits to spare', () => {
  const [server, local, move] = [SERVERS - 1, LOCALS - 1, MOVES - 1];
  expect(transitionKey(server, local, move)).toBe(2 ** 51 - 1);
  const keys = [
    [0, 0, move],
    [0, 1, 0],
    [0, local, move],
    [1, 0, 0],
    [server, local, 0],
  ].map(([a, b, c]) => transitionKey(a!, b!, c!));
  expect(keys).toEqual([MOVES - 1, MOVES, LOCALS * MOVES - 1, LOCALS * MOVES, 2 ** 51 - MOVES]);
});

test('what cannot be numbered is refused, and not numbered as something else', () => {
  for (const [server, local, move] of [
    [SERVERS, 0, 0],
    [0, LOCALS, 0],
    [0, 0, MOVES],
  ])
    expect(() => transitionKey(server!, local!, move!)).toThrow('more states or moves than can be numbered');
});
