import type { Client, Strategy } from '../../strategies/contract.ts';
import { isDefinite } from '../../strategies/errors.ts';
import { systemClock as clock } from '../ground/ambient.ts';
import { EnvironmentError, UsageError } from '../ground/errors.ts';
import type { History } from '../history/operation.ts';
import { mergeRecordings } from '../history/recording.ts';
import { seededRandom } from '../ground/random.ts';
import { orRefused, underTest } from '../wire/network.ts';
import { locating, trackOrigins } from '../wire/refusal.ts';
import { crowdRequest } from './buyers.ts';
import { Connections } from './connections.ts';
import { Control } from './control.ts';
import { Failures } from './failures.ts';
import { planLoad, type LoadOptions, type LoadPlan } from './run-options.ts';
import { BackOffice, type Opening } from './back-office.ts';
import { InstancePool } from './pool.ts';
import { bringToRest, type SaleAtRest } from './final-count.ts';
import type { Ended } from '../documents/figures.ts';
import { figuresOf, type LoadRun } from './summary.ts';
import type { InstanceRun, InstanceTask } from './task.ts';
import { watchUsage, type Usage } from './usage.ts';

/**
 * One sale: opened, sold by a pool of instances, brought to rest, and counted.
 *
 * @param pool threads to run it on, kept for the next run; absent: threads of its own
 * @throws UsageError if the options make no sense, the strategy fails at the start, or its code asks for a server that
 * was not named for the run; EnvironmentError if Redis or a worker fails
 */
export async function runLoad(options: LoadOptions, pool?: InstancePool): Promise<LoadRun> {
  const named = [options.target.options];
  // The second time on fresh threads: what a module keeps is not made again.
  return locating(options.strategy.path, (again) =>
    underTest(named, () => (again ? runSale({ ...options, tracked: true }) : runSale(options, pool))),
  );
}

async function runSale(
  options: LoadOptions & Pick<InstanceTask, 'tracked'>,
  pool?: InstancePool,
): Promise<LoadRun> {
  const { strategy } = options.strategy;
  const plan = planLoad(options);
  const failures = new Failures();
  const connections = new Connections(failures);
  const { target } = options;
  try {
    const observer = await connections.open(target);
    const lobby = await connections.open(target, strategy);
    const random = seededRandom(options.seed);
    const { sale, maxAttempts, graceMs } = plan;
    const fork = random.fork('back office');
    const backOffice = { strategy, sale, target, random: fork, maxAttempts, failures };
    const office = await openShop(lobby, plan, backOffice);
    const selling = sell(options, plan, observer, pool);
    await orRefused(office.workUntil(selling, graceMs)).finally(() => office.close());
    const sold = await selling;
    for (const failure of sold.instances.flatMap((instance) => instance.failures)) failures.add(failure);
    let rest: SaleAtRest = {};
    if (sold.ended !== 'aborted') {
      const lent = await connections.open(target, strategy);
      const purchases = sold.instances.reduce((sum, { recording }) => sum + recording.rows, 0);
      const fresh = { strategy, sale, purchases, lobby, lent, random: random.fork('at rest'), maxAttempts };
      rest = await orRefused(
        bringToRest({ ...fresh, graceMs, ...(options.signal && { signal: options.signal }) }, failures),
      );
      if (options.signal?.aborted) [sold.ended, rest] = ['aborted', {}];
    }
    return loadRun({ options, plan, sold, jobCommands: office.commands, rest, failures });
  } finally {
    connections.disconnect();
  }
}

/** What happens once, before anything is measured: so it may be tracked. */
async function openShop(lobby: Client, plan: LoadPlan, opening: Opening): Promise<BackOffice> {
  using _ = trackOrigins();
  await orRefused(open(opening.strategy, lobby, plan));
  return await BackOffice.open(opening);
}

async function open(strategy: Strategy, redis: Client, plan: LoadPlan): Promise<void> {
  try {
    await strategy.open(redis, plan.sale);
  } catch (error) {
    throw new UsageError(
      isDefinite(error) ? error.code : 'OPEN_FAILED',
      `${strategy.name} could not open the sale: ${error instanceof Error ? error.message : String(error)}`,
      'correct its open(), or give it the server that it needs',
      { cause: error },
    );
  }
}

interface Sold {
  instances: InstanceRun[];
  ended: Ended;
  usage: Usage;
}

/** A run of which everything is known. */
interface Finished {
  options: LoadOptions;
  plan: LoadPlan;
  sold: Sold;
  /** Commands of the background work. */
  jobCommands: number;
  rest: SaleAtRest;
  failures: Failures;
}

/** Starts all instances together, and waits until they have ended. */
async function sell(
  options: LoadOptions & Pick<InstanceTask, 'tracked'>,
  plan: LoadPlan,
  observer: Client,
  kept: InstancePool | undefined,
): Promise<Sold> {
  const control = new Control(clock);
  let reason: Ended | 'not ready' | undefined;
  const stop = (why: Ended | 'not ready'): void => {
    reason ??= why;
    control.stop();
  };
  const abort = (): void => stop('aborted');
  options.signal?.addEventListener('abort', abort);
  if (options.signal?.aborted) abort();
  const pool = kept ?? new InstancePool(plan.workers);
  let timer = setTimeout(() => stop('not ready'), plan.graceMs);
  try {
    const running = pool.run(instanceTasks(options, plan, control));
    await Promise.race([control.allReady(plan.workers), running]);
    clearTimeout(timer);
    const used = await watchUsage(observer);
    const startNs = control.start();
    if (plan.seconds !== undefined) {
      const endNs = startNs + plan.seconds * 1e9;
      // A timer may be a millisecond early, and the last arrivals are due until the end.
      timer = setTimeout(() => stop('time-up'), Math.ceil((endNs - clock.monotonicNs()) / 1e6) + 1);
    }
    const instances = await running;
    if (reason === 'not ready') throw notReady(plan.graceMs);
    const usage = await used(Math.max(...instances.map(({ busy }) => busy)));
    const ended = reason ?? (instances.some(({ stalled }) => stalled) ? 'stalled' : 'served');
    return { instances, ended, usage };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
    control.stop();
    if (!kept) await pool.close();
  }
}

const notReady = (graceMs: number): EnvironmentError =>
  new EnvironmentError(
    'NOT_READY',
    `the instances were not ready to sell after ${graceMs} ms`,
    'check that Redis answers and that seller() settles',
  );

/** Shares what is in flight out over the instances as evenly as it goes. */
function instanceTasks(
  options: LoadOptions & Pick<InstanceTask, 'tracked'>,
  plan: LoadPlan,
  control: Control,
): InstanceTask[] {
  const share = Math.floor(plan.inFlight / plan.workers);
  const rest = plan.inFlight % plan.workers;
  return Array.from({ length: plan.workers }, (_, instance) => ({
    strategy: options.strategy.ref,
    sale: plan.sale,
    target: { options: options.target.options },
    crowd: plan.crowd,
    instance,
    instances: plan.workers,
    ...(plan.arrivals && { arrivals: plan.arrivals }),
    inFlight: share + (instance < rest ? 1 : 0),
    firstProcess: instance * share + Math.min(instance, rest),
    maxAttempts: plan.maxAttempts,
    graceMs: plan.graceMs,
    seed: options.seed,
    ...(options.tracked && { tracked: true }),
    control: control.memory,
  }));
}

function loadRun({ options, plan, sold, jobCommands, rest, failures }: Finished): LoadRun {
  const { instances, ended, usage } = sold;
  const { drained, drainedBy, recorded } = rest;
  const recordings = instances.map(({ recording }) => recording);
  const operations = mergeRecordings(recordings, (buyer) => crowdRequest(plan.crowd, buyer));
  const mode = plan.arrivals ? 'open' : 'closed';
  const figures = figuresOf(operations, recordings, mode);
  const history: History = {
    sale: plan.sale,
    operations,
    ...(instances.some(({ confirms }) => confirms) && { confirms: true }),
    ...(drained !== undefined && { drained }),
    ...(recorded !== undefined && { recorded }),
  };
  const sum = (of: (instance: InstanceRun) => number): number =>
    instances.reduce((total, instance) => total + of(instance), 0);
  const perSale = (amount: number): number | null =>
    figures.outcomes.sold === 0 ? null : amount / figures.outcomes.sold;
  return {
    strategy: options.strategy.strategy.name,
    mode,
    seed: options.seed,
    workers: plan.workers,
    inFlight: plan.inFlight,
    connections: sum((instance) => instance.connections),
    ended,
    history,
    ...figures,
    commandsPerSale: perSale(sum(({ commands }) => commands) + jobCommands),
    roundTripsPerSale: perSale(sum(({ roundTrips }) => roundTrips)),
    retriesPerSale: perSale(sum(({ pauses }) => pauses)),
    unsent: sum(({ unsent }) => unsent),
    memoryBytes: sum(({ memoryBytes }) => memoryBytes),
    ...usage,
    ...(drained !== undefined && { drained }),
    ...(drainedBy !== undefined && { drainedBy }),
    errors: failures.list(),
  };
}
