import { expect, test } from 'vitest';
import { collectionsIn } from '../../harness/explorer/server/orders.ts';

const KEYS = '*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n';
const page = (cursor: string): string => `*2\r\n$${cursor.length}\r\n${cursor}\r\n${KEYS}`;
const told = (words: string, cursor: string): number =>
  collectionsIn({ exec: false, commands: [words.split(' ')] }, page(cursor)).length;

test('a page that is not the last is refused', () => {
  expect(() => told('SCAN 0', '2')).toThrow('SCAN answers in several pages');
});

test('so is the last one, where the seed of another server might have ended it sooner', () => {
  for (const count of [1, 2, 3])
    expect(() => told(`SCAN 0 MATCH * COUNT ${count}`, '0')).toThrow('SCAN answers in several pages');
});

test('what fits into any page is a list without an order', () => {
  expect(told('SCAN 0 COUNT 4', '0')).toBe(1);
  expect(told('SCAN 0', '0')).toBe(1);
});

test('of a hash it is a list of pairs, or of fields alone', () => {
  const fields = '*2\r\n$1\r\n0\r\n*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n';
  const membersOf = (words: string): readonly string[] | undefined =>
    collectionsIn({ exec: false, commands: [words.split(' ')] }, fields)[0]?.members;
  expect(membersOf('HSCAN key 0')).toEqual(['$1\r\na\r\n$1\r\n1\r\n', '$1\r\nb\r\n$1\r\n2\r\n']);
  expect(membersOf('HSCAN key 0 NOVALUES')).toHaveLength(4);
});
