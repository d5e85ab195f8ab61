import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { refuseForeignWrites } from '../../harness/explorer/process/foreign-writes.ts';
import type { Refusal } from '../../harness/wire/refusal.ts';

type Write = (chunk: Buffer, encoding: string, done: () => void) => void;

/** What leaves of a word that explored code writes to a socket that was there before, and how often it is refused. */
function written(fd: number | undefined, isLinked: boolean): [left: string[], refused: number] {
  const left: string[] = [];
  const refused: Refusal[] = [];
  const prototype = Socket.prototype as unknown as { _write: Write };
  const { _write } = prototype;
  const leaves: Write = (chunk, _encoding, done) => {
    left.push(chunk.toString());
    done();
  };
  Object.assign(prototype, { _write: leaves });
  try {
    const writer = { isLinked, format: 'cjs', refused: (one: Refusal) => void refused.push(one) };
    using _ = refuseForeignWrites(() => writer as never);
    const socket = Object.assign(new Socket(), fd === undefined ? {} : { fd });
    socket.write('word');
    return [left, refused.length];
  } finally {
    Object.assign(prototype, { _write });
  }
}

test('explored code writes to no socket that was there before it; what it logs is nobody’s business', () => {
  expect(written(undefined, true)).toEqual([[], 1]);
  expect(written(3, true)).toEqual([[], 1]);
  expect(written(1, true)).toEqual([['word'], 0]);
  expect(written(2, true)).toEqual([['word'], 0]);
});

test('a process whose connections are sockets writes to them', () => {
  expect(written(undefined, false)).toEqual([['word'], 0]);
});
