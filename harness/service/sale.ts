import { namesIn } from '../documents/service.ts';
import { UsageError } from '../ground/errors.ts';
import { unlessAborted, unlessLost } from '../ground/waiting.ts';
import type { SaleAtRest } from '../load/final-count.ts';
import { Failures } from '../load/failures.ts';
import { loadRunOf } from '../load/load-run.ts';
import { InstancePool } from '../load/pool.ts';
import { planSale, type LoadPlan, type SaleOptions } from '../load/run-options.ts';
import type { LoadRun } from '../load/summary.ts';
import type { ServingTask } from '../load/task.ts';
import { sellTogether, servingTasks, type Begun, type Sold } from '../load/together.ts';
import { cpuSecondsOf } from './cpu.ts';
import { NotSettled, readAtRest } from './final-reading.ts';
import { HttpConnection } from './http/connection.ts';
import type { RunningService } from './running-service.ts';
import type { ServiceFile } from './service-file.ts';
import { askOf, stepOf, takeSteps } from './steps.ts';
import type { ServiceTask } from './task.ts';
import type { Values } from './template.ts';

export interface ServiceSaleOptions extends Omit<SaleOptions, 'maxAttempts' | 'graceMs'> {
  /** How long a buyer goes on who is told to come back, in milliseconds. Default: as long as an answer may take. */
  patienceMs?: number;
  /** Who gets no clear answer asks again, with the same token. Default: such an outcome is unknown. */
  asksAgain?: boolean;
}

/** What goes on beside a sale. */
export interface Beside {
  /** Threads for it, kept for the next one. */
  pool?: InstancePool<ServiceTask>;
  /** Told of the start; when what it answers settles, nobody begins to buy any more. */
  onStart?: (begun: Begun) => Promise<void>;
}

/** Threads of buyers. */
export const buyersPool = (workers: number): InstancePool<ServiceTask> =>
  new InstancePool(workers, { file: '#buyers', run: 'runBuyers' });

/** How long all users may take to log in. */
const LOGIN_MS = 300_000;
/** Beyond the answers that are waited for: an instance that completes nothing for so long has hung itself. */
const GRACE_MS = 5_000;

/** A sale that makes sense. @throws UsageError if it makes none, alone or with the service. Nothing was sent. */
export function planServiceSale(file: ServiceFile, options: ServiceSaleOptions): LoadPlan {
  const { name, service } = file;
  if (loginsEach(file) && options.buyers === undefined && options.users === undefined) {
    throw new UsageError(
      'NEEDS_BUYERS',
      `${name}: each user logs in before the sale, and nobody knows how many there are`,
      'give --buyers or --users',
    );
  }
  const graceMs = service.timeoutMs + (options.patienceMs ?? service.timeoutMs) + GRACE_MS;
  return planSale(
    { ...options, graceMs },
    { name, connection: 'exclusive', supports: ['several-units', 'limit'] },
  );
}

const loginsEach = ({ service }: ServiceFile): boolean => namesIn(service.login).includes('user');

/**
 * One sale of a service over HTTP: opened, sold by threads of buyers, brought to rest, and counted.
 *
 * @throws UsageError if options or file make no sense; EnvironmentError if the service or a worker fails
 */
export function sellOverHttp(
  running: RunningService,
  options: ServiceSaleOptions,
  beside: Beside = {},
): Promise<LoadRun> {
  return unlessLost(options.signal, sell(running, options, beside));
}

async function sell(
  running: RunningService,
  options: ServiceSaleOptions,
  { pool, onStart }: Beside,
): Promise<LoadRun> {
  const { file } = running;
  const plan = planServiceSale(file, options);
  const { signal } = options;
  const values = await openSale(running, plan);
  const sold = await sellTogether({
    plan,
    tasks: (control) =>
      servingTasks(plan, options.seed, control).map((task) => ({
        ...task,
        ...own(running, values, options),
      })),
    cpuSeconds: async () => cpuSecondsOf([...running.pids(), ...(running.consumers?.pids ?? [])]),
    ...(pool && { pool }),
    newPool: buyersPool,
    ...(onStart && { onStart }),
    ...(loginsEach(file) && { readyMs: LOGIN_MS }),
    ...(signal && { signal }),
  });
  const failures = new Failures();
  for (const failure of sold.instances.flatMap((instance) => instance.failures)) failures.add(failure);
  const rest = sold.ended === 'aborted' ? {} : await atRest({ running, values, sold, signal, failures });
  return loadRunOf({
    strategy: { name: file.name },
    seed: options.seed,
    plan,
    sold,
    jobCommands: 0,
    rest,
    failures,
  });
}

/** What a worker needs beside its part of the buyers. */
const own = (
  { file, route }: RunningService,
  values: Values,
  { patienceMs, asksAgain = false }: ServiceSaleOptions,
): Omit<ServiceTask, keyof ServingTask> => {
  const { login, buy, answers, timeoutMs } = file.service;
  return {
    service: { login, buy, answers },
    route,
    values,
    loginsEach: loginsEach(file),
    patienceMs: patienceMs ?? timeoutMs,
    asksAgain,
  };
};

/** Puts the product on sale. @returns all that is filled in during this sale */
async function openSale({ file, route, place, values }: RunningService, { sale }: LoadPlan): Promise<Values> {
  const { sku, stock, perUserLimit } = sale;
  const all: Values = {
    ...values,
    product: sku,
    stock: String(stock),
    ...(perUserLimit !== undefined && { limit: String(perUserLimit) }),
  };
  for (const action of file.service.open) await askOf(action, route, place)(all);
  if (loginsEach(file) || file.service.login.length === 0) return all;
  const steps = file.service.login.map((step) => stepOf(step, route));
  const connection = new HttpConnection(route.address);
  try {
    return { ...all, ...(await takeSteps(steps, all, connection)) };
  } finally {
    connection.close();
  }
}

interface SoldSale {
  running: RunningService;
  values: Values;
  sold: Sold;
  signal: AbortSignal | undefined;
  failures: Failures;
}

async function atRest({ running, values, sold, signal, failures }: SoldSale): Promise<SaleAtRest> {
  try {
    const { left, recorded } = await unlessAborted(signal, readAtRest(running, values, signal));
    // A count below zero is nothing that anybody could buy.
    return { drained: Math.max(0, left), drainedBy: 'remaining', recorded };
  } catch (error) {
    if (error instanceof NotSettled) {
      failures.count(error, 'at rest');
      return {};
    }
    if (!signal?.aborted) throw error;
    sold.ended = 'aborted';
    return {};
  }
}
