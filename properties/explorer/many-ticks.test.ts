import { expect, test } from 'vitest';
import type { Histories, Step } from '../../harness/explorer/process/histories.ts';
import type { Instance, InstanceEvent, Observation } from '../../harness/explorer/process/instance-events.ts';
import { changedByTicks } from '../../harness/explorer/process/many-ticks.ts';

const CALL: InstanceEvent = { type: 'call', call: { method: 'remaining' } };
const REPLY: InstanceEvent = { type: 'deliver', connection: 0, bytes: ':1\r\n' };
const TICK: InstanceEvent = { type: 'timer' };

/** A process that asks, and answers what it is told; after so many ticks, and no other number, it answers otherwise. */
function process(odd: number): Instance {
  let [ticks, asked, told] = [0, false, false];
  const answer = (): Observation['settled'][number] =>
    told ? { kind: 'returned', value: ticks === odd ? 0 : 1 } : undefined;
  const observe = (): Observation =>
    ({
      written: [asked ? ['*1\r\n$4\r\nPING\r\n'] : []],
      settled: asked ? [answer()] : [],
      timers: [{ id: ticks, delayMs: 1_000, repeats: true, firable: true }],
      limits: 0,
    }) as unknown as Observation;
  return {
    async apply({ type }) {
      if (type === 'timer') ticks++;
      asked ||= type === 'call';
      told ||= type === 'deliver';
    },
    observe,
    look: observe,
    kill: async () => {},
  };
}

/** What is found of the only history of that process, in which a tick was left out between its two events. */
async function found(odd: number): Promise<string | undefined> {
  const without = process(-1);
  const steps: Step[] = [];
  for (const [before, event] of [CALL, REPLY].entries()) {
    const seen = without.observe();
    await without.apply(event);
    steps.push({ event, before, after: before + 1, seen, saw: without.observe() });
  }
  const histories = { leaves: () => [2], steps: () => steps, boot: async () => process(odd) };
  const tick = { event: TICK, seen: steps[1]!.seen, own: true };
  return changedByTicks(histories as unknown as Histories, [
    { before: 1, after: 1, events: [tick], repeated: [] },
  ]);
}

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 100])('what changes after %i ticks is found', async (odd) => {
  expect(await found(odd)).toBe('what it does depends on how often its repeating timer has fired');
});

test('what no tick changes is spared', async () => {
  expect(await found(-1)).toBeUndefined();
});
