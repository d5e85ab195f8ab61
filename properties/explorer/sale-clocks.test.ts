import { expect, test } from 'vitest';
import type { ServerMemo } from '../../harness/explorer/server/memo.ts';
import { WorldClock } from '../../harness/explorer/sockets/world-clock.ts';
import { CursorClock } from '../../harness/explorer/space/cursor-clock.ts';

test('time passes for the clock and for what is due by it alike, and nothing is overdue by less than nothing', () => {
  const clock = new CursorClock(
    [
      [1, 50],
      [2, 10],
    ],
    true,
  );
  clock.startMs = 1_000;
  clock.pass(20);
  expect([clock.nowMs, clock.elapsedMs, clock.inMs(1), clock.inMs(2)]).toEqual([1_020, 20, 30, 0]);
  clock.pass(5);
  expect([clock.nowMs, clock.elapsedMs, clock.inMs(1), clock.inMs(2)]).toEqual([1_025, 25, 25, 0]);
});

test('over real sockets the deadlines of a replica that takes over count, and what they had passed is forgotten', async () => {
  const forgotten: unknown[] = [];
  const memo = {
    perform: async ({ key }: { key: string }) => void forgotten.push(key),
    ask: async () => '',
  } as unknown as ServerMemo;
  const clock = new WorldClock(memo, { dated: true, told: false });
  await clock.setDeadlines(new Map([['gone', 90_000]]));
  await clock.pass(1_000);
  await clock.setDeadlines(
    new Map([
      ['over', 1_000],
      ['held', 61_000],
    ]),
  );
  expect(forgotten).toEqual(['over']);
  expect(clock.remaining()).toEqual([60_000]);
  expect([...clock.deadlines()]).toEqual([['held', 61_000]]);
});
