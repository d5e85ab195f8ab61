import { expect, test } from 'vitest';
import type { Control } from '../../harness/load/control.ts';
import type { InstancePool } from '../../harness/load/pool.ts';
import type { InstanceRun } from '../../harness/load/task.ts';
import { sellTogether } from '../../harness/load/together.ts';

interface Task {
  control: Control;
}

/** Instances that are ready at once, and sell until they are told to stop. */
const untilStopped = {
  run: async (tasks: readonly Task[]): Promise<InstanceRun[]> => {
    for (const { control } of tasks) control.ready();
    await Promise.all(tasks.map(({ control }) => control.whenStopped()));
    return tasks.map(() => ({ busy: 0, stalled: false }) as InstanceRun);
  },
  close: async () => {},
};

const sell = (seconds: number, signal?: AbortSignal): ReturnType<typeof sellTogether> =>
  sellTogether({
    plan: { workers: 2, seconds, graceMs: 5_000 },
    tasks: (control) => [{ control }, { control }],
    cpuSeconds: async () => undefined,
    newPool: () => untilStopped as unknown as InstancePool<Task>,
    ...(signal && { signal }),
  });

test('instances are told to stop when the time is up, or when nobody waits for them any more', async () => {
  expect((await sell(0.01)).ended).toBe('time-up');
  const stop = new AbortController();
  const sold = sell(600, stop.signal);
  stop.abort();
  expect((await sold).ended).toBe('aborted');
}, 20_000);
