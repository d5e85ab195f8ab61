import { describe, expect, test } from 'vitest';
import {
  askOutside,
  isOutside,
  isOutsideConnection,
  outsideCommand,
} from '../../harness/explorer/outside-store.ts';
import { contentWith, withOutside } from '../../harness/explorer/server/beside.ts';
import { holdsTheSame, renameContent } from '../../harness/explorer/server/content.ts';
import { EMPTY } from '../../harness/explorer/server/image.ts';
import { decode, encodeCommand } from '../../harness/wire/resp.ts';

type Asked = Parameters<typeof outsideCommand>;

/** What the stores hold after these calls, and what each was answered. */
function after(...calls: Asked[]): { content: string; replies: unknown[] } {
  let content = '';
  const replies = calls.map((call) => {
    const told = askOutside(content, outsideCommand(...call));
    ({ content } = told);
    return decode(told.reply);
  });
  return { content, replies };
}

const row = (id: string): Asked => ['orders', 'insert', [id, '{}']];

describe('stores beside Redis', () => {
  test('keep rows and messages in the order in which they came', () => {
    const { replies } = after(
      row('b'),
      row('a'),
      ['orders', 'rows', []],
      ['mails', 'append', ['ä']],
      ['mails', 'messages', []],
    );
    expect(replies[2]).toMatchObject({ items: ['b', '{}', 'a', '{}'] });
    // Bytes are held as latin1.
    expect(replies[4]).toMatchObject({ items: [Buffer.from('ä').toString('latin1')] });
  });

  test('have one row of an id, until it is taken away', () => {
    const { replies } = after(row('a'), row('a'), ['orders', 'remove', ['a']], row('a'), [
      'orders',
      'find',
      ['a'],
    ]);
    expect(replies).toEqual(['OK', { kind: 'error', message: 'EXISTS' }, 'OK', 'OK', '{}']);
    expect(after(['orders', 'find', ['a']]).replies).toEqual([null]);
  });

  test('are as they were once everything is taken away, and a payment leaves nothing', () => {
    expect(after(row('a'), ['orders', 'remove', ['a']], ['bank', 'run', ['charge']]).content).toBe('');
    expect(after(row('a'), row('b')).content).not.toBe(after(row('b'), row('a')).content);
  });

  test('have no order among each other', () => {
    const [one, other]: Asked[] = [row('a'), ['mails', 'append', ['{}']]];
    expect(after(one!, other!).content).toBe(after(other!, one!).content);
  });

  test('are asked as no client asks anything', () => {
    const command = outsideCommand('orders', 'rows', []);
    expect(isOutside(command)).toBe(true);
    expect(isOutsideConnection([command])).toBe(true);
    for (const args of [['OUTSIDE', 'orders', 'rows'], ['outside'], ['GET', '\0outside']])
      expect(isOutside(encodeCommand(args))).toBe(false);
    expect(isOutsideConnection([])).toBe(false);
  });
});

/** Two stores that are named after users, of which each has a message. */
const own = (one: string, other: string): string =>
  contentWith(
    EMPTY.content,
    after([`of ${one}`, 'append', [one]], [`of ${other}`, 'append', ['none']]).content,
  );

/** The names of two users, each in the place of the other. */
const exchange = (text: string): string =>
  text.replaceAll(/user-([AB])/g, (_, letter) => `user-${letter === 'A' ? 'B' : 'A'}`);

describe('what stands beside the server', () => {
  const { content } = after(row('request-A'));

  test('is a part of its state', () => {
    const image = withOutside(EMPTY, content);
    expect(image.content).not.toBe(EMPTY.content);
    expect(holdsTheSame(image.content, EMPTY.content)).toBe(false);
    expect(image.content).toBe(contentWith(EMPTY.content, content));
    // Put in its place, or taken away, it leaves nothing.
    const more = after(row('request-A'), row('request-B')).content;
    expect(withOutside(image, more)).toEqual(withOutside(EMPTY, more));
    expect(withOutside(image, '')).toEqual(EMPTY);
  });

  test('is renamed with it, and so are the names of the stores', () => {
    expect(renameContent(own('user-A', 'user-B'), exchange)).toBe(own('user-B', 'user-A'));
    expect(exchange(own('user-A', 'user-B'))).not.toBe(own('user-B', 'user-A'));
  });
});
