import { expect, test } from 'vitest';
import type { Call, Observation } from '../../harness/explorer/process/instance-events.ts';
import { kindOf, Process } from '../../harness/explorer/sockets/gated-process.ts';
import type { Passage } from '../../harness/wire/gate.ts';
import { requestOf } from '../../harness/explorer/scope/ids.ts';
import { scopeOf } from '../helpers/exploring.ts';

const scope = scopeOf({ buyers: 2, stock: 2 });
const TIMER = { id: 1, delayMs: 50, repeats: false, firable: true };

/** A process over real sockets whose code is said to have done this; and its only passage through the gate. */
function standing(seen: Partial<Observation>): { process: Process; passage: { replies: string[] } } {
  const passage = { pending: [], replies: [] as string[], isCut: false, answered: 0, execute };
  async function execute(): Promise<{ command: string; reply: string }> {
    passage.replies.push('+OK\r\n');
    return { command: '', reply: '+OK\r\n' };
  }
  const observed = { settled: [], timers: [], clockReads: 0, written: [['*1\r\n$4\r\nPING\r\n']], ...seen };
  const instance = {
    look: () => observed,
    observe: () => observed,
    apply: async () => {},
    kill: async () => {},
  };
  const world = {
    clock: { nowMs: 0 },
    sending: { sent: async () => ({ told: (reply: string) => reply }) },
    replicas: { during: async (run: () => Promise<object>) => ({ ...(await run()), acknowledged: 0 }) },
  };
  const process = new Process(instance as never, [passage as unknown as Passage], world as never);
  return { process, passage };
}

async function ask(process: Process, method: 'purchase' | 'release', buyer: number): Promise<void> {
  const call: Call = { method, request: requestOf(scope, buyer) };
  await process.call(call, { operation: process.calls.length, buyer, kind: kindOf(call) });
}

const SOLD = { kind: 'returned', value: { kind: 'sold' } } as const;
const DONE = { kind: 'returned', value: undefined } as const;

test('who released twice releases no more, and others still may', async () => {
  const { process } = standing({ settled: [SOLD, SOLD, DONE, DONE] });
  for (const buyer of [0, 1]) await ask(process, 'purchase', buyer);
  expect(process.holders()).toEqual([0, 1]);
  await ask(process, 'release', 0);
  expect(process.holders()).toEqual([0, 1]);
  await ask(process, 'release', 0);
  expect(process.holders()).toEqual([1]);
});

/** Whether the purchase of a process that was seen so is late once the clock has moved. */
const isLate = async (seen: Partial<Observation>): Promise<unknown[]> => {
  const { process } = standing({ settled: [undefined], ...seen });
  await ask(process, 'purchase', 0);
  process.noteLate({ of: () => undefined });
  return process.served.calls.map((call) => call.late);
};

test('a purchase that waits for a timer is late when the clock moves, though it has sent nothing', async () => {
  expect(await isLate({})).toEqual([undefined]);
  expect(await isLate({ clockReads: 1 })).toEqual([true]);
  expect(await isLate({ timers: [TIMER] })).toEqual([true]);
  expect(await isLate({ clockReads: 1, timers: [TIMER] })).toEqual([true]);
});

test('what a dead process had sent still runs, and its reply reaches nobody', async () => {
  const { process, passage } = standing({});
  await process.execute(0);
  expect(passage.replies).toHaveLength(1);
  await process.crash([0]);
  await process.execute(0);
  expect(passage.replies).toEqual([]);
  expect(process.arriving(0)).toBe(0);
});
