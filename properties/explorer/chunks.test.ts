import { expect, test } from 'vitest';
import { chunksOf, type ToldEvent } from '../../harness/explorer/process/chunks.ts';
import type { Observation } from '../../harness/explorer/process/instance-events.ts';

/** Replies, told by their connections, to commands of which this many had been written on each when the first came. */
function told(connections: readonly number[], written: readonly number[]): ToldEvent[] {
  const before = {
    written: written.map((count) => Array.from({ length: count }, () => 'PING')),
    settled: [],
    timers: [],
    clockReads: 0,
    putOff: undefined,
    picks: 0,
  } as Partial<Observation> as Observation;
  return connections.map((connection) => ({
    event: { type: 'deliver', connection, bytes: '+PONG\r\n' },
    before,
  }));
}

const runs = (...of: Parameters<typeof told>): [number, number][] =>
  chunksOf(told(...of)).map(({ from, to }) => [from, to]);

test('every run of two or more replies of one connection may be one chunk', () => {
  expect(runs([0, 0, 0], [3])).toEqual([
    [0, 1],
    [0, 2],
    [1, 2],
  ]);
  expect(runs([0], [1])).toEqual([]);
});

test('a reply of another connection, or to a command that was not yet written, ends a run', () => {
  expect(runs([0, 1, 0], [2, 1])).toEqual([]);
  expect(runs([0, 0, 0], [2])).toEqual([[0, 1]]);
});

test('of eight replies every run is tried, of nine from the first one two and all', () => {
  expect(runs(Array(8).fill(0), [8])).toHaveLength((8 * 7) / 2);
  const nine = runs(Array(9).fill(0), [9]);
  expect(nine.filter(([from]) => from === 0)).toEqual([
    [0, 1],
    [0, 8],
  ]);
  expect(nine.filter(([from]) => from > 0)).toHaveLength((8 * 7) / 2);
});
