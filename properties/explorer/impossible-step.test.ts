import { describe, expect, test } from 'vitest';
import type { ScheduleStep } from '../../harness/documents/counterexample.ts';
import type { Process } from '../../harness/explorer/sockets/gated-process.ts';
import { whyImpossible } from '../../harness/explorer/sockets/impossible-step.ts';
import { layoutOf } from '../../harness/explorer/scope/layout.ts';
import { scopeOf } from '../helpers/exploring.ts';

/** A process that has started, and has sent nothing. */
const started = (hasTimer: boolean): Process =>
  ({ passages: [], putsOff: false, limits: 0, isSet: () => hasTimer, outsideCalls: () => [] }) as Partial<
    Record<keyof Process, unknown>
  > as Process;
const sale = { layout: layoutOf(scopeOf({ buyers: 2, stock: 1 })), processes: [started(false)] };

const request = { requestId: 'r', userId: 'u', quantity: 1 };
const start = (slot: number): ScheduleStep => ({
  slot,
  event: 'start',
  call: { method: 'purchase', request },
  buyer: 0,
  operation: 0,
});

describe('a step that cannot be taken', () => {
  test.each<[string, ScheduleStep, string]>([
    ['of a process that is not in the sale', { slot: 2, event: 'immediate' }, 'there is no process 2'],
    ['of a process below the first', { slot: -1, event: 'timer' }, 'there is no process -1'],
    ['that starts one which is not in the sale', start(99), 'there is no process 99'],
    ['that starts the server', start(-1), 'there is no process -1'],
    ['of a process that nobody started', { slot: 1, event: 'immediate' }, 'nothing was started there'],
    [
      'of a process, which is of the server',
      { slot: 0, event: 'script-flush' },
      '"script-flush" happens to the server',
    ],
    [
      'of a process, which is of the clock',
      { slot: 0, event: 'slow', elapsedMs: 5 },
      '"slow" happens to the server',
    ],
    ['that its process refuses', { slot: 0, event: 'deliver', connection: 0 }, 'no reply waits there'],
  ])('%s', (_, step, why) => {
    expect(whyImpossible(step, sale)).toContain(why);
  });
});

test('what can be taken is not refused', () => {
  expect(whyImpossible(start(1), sale)).toBeUndefined();
  expect(whyImpossible({ slot: -1, event: 'script-flush' }, sale)).toBeUndefined();
  expect(whyImpossible({ slot: -1, event: 'slow', elapsedMs: 5 }, sale)).toBeUndefined();
  const willing = { ...sale, processes: [started(true)] };
  expect(whyImpossible({ slot: 0, event: 'timer', elapsedMs: 5 }, willing)).toBeUndefined();
});
