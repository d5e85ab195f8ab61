import { expect, test } from 'vitest';
import { collectGarbage, heapUsedBytes, HeapGauge } from '../../harness/ground/memory.ts';

/** A heap in which a share is needed, and the rest of what is in use is garbage. */
function heap(
  needed: number,
  garbage: number,
): { gauge: HeapGauge; grow: (by: number) => void; collections: () => number } {
  let kept = needed;
  let rest = garbage;
  let collections = 0;
  const collect = (): void => {
    collections++;
    rest = 0;
  };
  return {
    gauge: new HeapGauge({ used: () => kept + rest, collect }),
    grow: (by) => void (rest += by),
    collections: () => collections,
  };
}

test('a heap is full where what is needed fills it', () => {
  const { gauge, collections } = heap(0.8, 0.1);
  expect(gauge.isFull()).toBe(true);
  expect(collections()).toBe(1);
});

test('garbage does not fill it, and is not collected at each look', () => {
  const { gauge, grow, collections } = heap(0.6, 0.2);
  expect(gauge.isFull()).toBe(false);
  grow(0.17);
  expect(gauge.isFull()).toBe(false);
  expect(collections()).toBe(1);
  grow(0.2);
  expect(gauge.isFull()).toBe(false);
  expect(collections()).toBe(2);
});

test('nobody looks closer while there is room', () => {
  const { gauge, collections } = heap(0.7, 0);
  expect(gauge.isFull()).toBe(false);
  expect(collections()).toBe(0);
});

/** Megabytes of numbers, which nobody keeps. */
const spend = (): number => Array.from({ length: 1e6 }, (_, i) => i + 0.5).length;

test('what nobody needs is freed at once', () => {
  expect(spend()).toBe(1e6);
  const before = heapUsedBytes();
  collectGarbage();
  expect(heapUsedBytes()).toBeLessThan(before);
});
