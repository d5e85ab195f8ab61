import { systemClock as clock } from '../ground/ambient.ts';
import { EnvironmentError } from '../ground/errors.ts';
import type { Ended } from '../documents/figures.ts';
import { Control } from './control.ts';
import { StuckInstances } from './stuck.ts';
import type { InstancePool } from './pool.ts';
import type { LoadPlan } from './run-options.ts';
import type { InstanceRun, ServingTask } from './task.ts';
import { watchUsage, type CpuSeconds, type Usage } from './usage.ts';

export interface TogetherOptions<Task extends object> {
  plan: Pick<LoadPlan, 'workers' | 'seconds' | 'graceMs'>;
  /** What each instance is to do. */
  tasks: (control: Control) => readonly Task[];
  /** CPU time of the server. */
  cpuSeconds: CpuSeconds;
  /** Threads to run it on; absent: those of `newPool`, for this sale. */
  pool?: InstancePool<Task>;
  newPool: (workers: number) => InstancePool<Task>;
  /** How long instances may take until they are ready. Default: the plan's grace, and once more for seller(). */
  readyMs?: number;
  /** Told that the sale has begun. No purchase begins any more once what it answers has settled. */
  onStart?: (begun: Begun) => Promise<void>;
  signal?: AbortSignal;
}

/** A sale that goes on. */
export interface Begun {
  /** The common start, of the monotonic clock. */
  startNs: number;
  /** Sales so far, where instances note them. */
  sales: () => number;
}

/** What a sale came to while it was sold. */
export interface Sold {
  instances: InstanceRun[];
  ended: Ended;
  usage: Usage;
}

/** Whoever interrupts a sale waits no longer than that for instances whose code has their thread. */
const STUCK_MS = 2_000;

/** Starts all instances together, and waits until they have ended. @throws as InstancePool.run; EnvironmentError if they are not ready in time */
export async function sellTogether<Task extends object>(options: TogetherOptions<Task>): Promise<Sold> {
  const { plan, signal, pool: kept, readyMs = 2 * plan.graceMs } = options;
  const control = Control.of(plan.workers, clock);
  let reason: Ended | 'not ready' | undefined;
  const stop = (why: Ended | 'not ready'): void => {
    reason ??= why;
    control.stop();
  };
  let leave!: (reason: unknown) => void;
  const left = new Promise<never>((_, reject) => (leave = reject));
  left.catch(() => undefined); // nobody may be waiting
  const abort = (): void => {
    stop('aborted');
    control.cutShort();
    setTimeout(() => leave(signal!.reason), STUCK_MS).unref();
  };
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  const pool = kept ?? options.newPool(plan.workers);
  using stuck = new StuckInstances(control);
  let timer = setTimeout(() => stop('not ready'), readyMs);
  try {
    const running = Promise.race([pool.run(options.tasks(control)), stuck.found, left]);
    await Promise.race([control.allReady(plan.workers), running]);
    clearTimeout(timer);
    const used = await watchUsage(options.cpuSeconds);
    const startNs = control.start();
    void options.onStart?.({ startNs, sales: () => control.sales }).then(() => stop('time-up'));
    if (plan.seconds !== undefined) {
      const endNs = startNs + plan.seconds * 1e9;
      // A timer may be a millisecond early, and the last arrivals are due until the end.
      timer = setTimeout(() => stop('time-up'), Math.ceil((endNs - clock.monotonicNs()) / 1e6) + 1);
    }
    const instances = await running;
    if (reason === 'not ready') throw notReady(readyMs);
    const usage = await used(Math.max(...instances.map(({ busy }) => busy)));
    const ended = reason ?? (instances.some(({ stalled }) => stalled) ? 'stalled' : 'served');
    return { instances, ended, usage };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    control.stop();
    if (!kept) await pool.close();
  }
}

const notReady = (readyMs: number): EnvironmentError =>
  new EnvironmentError(
    'NOT_READY',
    `the instances were not ready to sell after ${readyMs} ms`,
    'check that Redis answers; of a service, that it takes connections and logins',
  );

/** Shares what is in flight out over the instances as evenly as it goes. */
export function servingTasks(plan: LoadPlan, seed: number, control: Control): ServingTask[] {
  const share = Math.floor(plan.inFlight / plan.workers);
  const rest = plan.inFlight % plan.workers;
  return Array.from({ length: plan.workers }, (_, instance) => ({
    crowd: plan.crowd,
    instance,
    instances: plan.workers,
    ...(plan.arrivals && { arrivals: plan.arrivals }),
    inFlight: share + (instance < rest ? 1 : 0),
    firstProcess: instance * share + Math.min(instance, rest),
    graceMs: plan.graceMs,
    seed,
    control: control.memory,
  }));
}
