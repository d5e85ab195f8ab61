import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EnvironmentError } from '../../harness/ground/errors.ts';
import { Faults } from '../../harness/terminal/faults.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const FAULT = new EnvironmentError('SERVER_LOST', 'the server is gone', 'start it again');

/** Work that takes so long to answer with what it has found, beside a fault at its beginning. */
async function answered(afterMs: number, tell: (faults: Faults) => void): Promise<unknown> {
  const faults = new Faults(() => {});
  const work = new Promise((resolve) => setTimeout(resolve, afterMs, 'what was found'));
  const answer = faults.unless(work).catch((error: unknown) => error);
  tell(faults);
  await vi.advanceTimersByTimeAsync(60_000);
  return answer;
}

test('work that lost its server is waited for while it may still answer with what it found', async () => {
  const lose = (faults: Faults): void => faults.lose(FAULT);
  expect(await answered(100, lose)).toBe('what was found');
  expect(await answered(15_000, lose)).toBe('what was found');
  expect(await answered(30_000, lose)).toBe(FAULT);
});

test('and work whose answer counts for nothing any more, no longer than it needs to clean up', async () => {
  const tell = (faults: Faults): void => faults.tell(FAULT);
  expect(await answered(100, tell)).toBe(FAULT);
  expect(await answered(30_000, tell)).toBe(FAULT);
});
