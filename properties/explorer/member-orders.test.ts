import { expect, test } from 'vitest';
import { collectionsIn, inOrder, MOST_ORDERED, ordersOf } from '../../harness/explorer/server/orders.ts';

const replyOf = (members: number): string =>
  `*${members}\r\n${Array.from({ length: members }, (_, i) => `:${i}\r\n`).join('')}`;

/** Every order in which so many members are told. */
function toldOrders(members: number): string[] {
  const reply = replyOf(members);
  const collections = collectionsIn({ exec: false, commands: [['SMEMBERS', 'ids']] }, reply);
  return Array.from({ length: ordersOf(members) }, (_, k) => inOrder(reply, collections, k));
}

test('up to four members come in each order once, the one they have first', () => {
  expect(MOST_ORDERED).toBe(4);
  for (const [members, orders] of [
    [2, 2],
    [3, 6],
    [4, 24],
  ] as const) {
    const told = toldOrders(members);
    expect(told[0]).toBe(replyOf(members));
    expect(new Set(told).size).toBe(orders);
    expect(told.length).toBe(orders);
  }
});

test('more come in some orders: theirs, backwards, and others that differ', () => {
  const told = toldOrders(6);
  expect(told.length).toBe(9);
  expect(told.slice(0, 2)).toEqual([
    replyOf(6),
    `*6\r\n${[5, 4, 3, 2, 1, 0].map((i) => `:${i}\r\n`).join('')}`,
  ]);
  expect(new Set(told).size).toBe(9);
  for (const reply of told)
    expect(reply.split('\r\n').toSorted()).toEqual(replyOf(6).split('\r\n').toSorted());
});
