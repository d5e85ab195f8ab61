import { thrownWords } from '../ground/thrown.ts';
import type { Client } from '../../strategies/contract.ts';
import { isDefinite } from '../../strategies/errors.ts';
import { lentThread } from '../ground/busy.ts';
import { UsageError } from '../ground/errors.ts';
import { seededRandom } from '../ground/random.ts';
import { atMost, LATE, unlessAborted, unlessLost } from '../ground/waiting.ts';
import { lead, orRefused, underTest } from '../wire/network.ts';
import { locating, trackOrigins } from '../wire/refusal.ts';
import { BackOffice, type Opening } from './back-office.ts';
import { leadsTo, sellable } from '../redis/target.ts';
import { Connections } from './connections.ts';
import type { Control } from './control.ts';
import { Failures } from './failures.ts';
import { bringToRest, type SaleAtRest } from './final-count.ts';
import { loadRunOf } from './load-run.ts';
import { neverSettledIn } from './never-settled.ts';
import { InstancePool } from './pool.ts';
import { tablesOfSale } from './outside-tables.ts';
import { planLoad, type LoadOptions, type LoadPlan } from './run-options.ts';
import type { LoadedStrategy } from '../loader/strategies.ts';
import type { LoadRun } from './summary.ts';
import type { InstanceTask } from './task.ts';
import { sellTogether, servingTasks, type Sold } from './together.ts';
import { redisCpuSeconds } from './usage.ts';

/**
 * One sale: opened, sold by a pool of instances, brought to rest, and counted.
 *
 * @param pool threads to run it on, kept for the next run; absent: threads of its own
 * @throws UsageError if the options make no sense, the strategy fails at the start, or its code asks for a server that
 * was not named for the run; EnvironmentError if Redis or a worker fails
 */
export async function runLoad(options: LoadOptions, pool?: InstancePool): Promise<LoadRun> {
  const { options: server, allowed = [] } = options.target;
  // The second time on fresh threads: what a module keeps is not made again.
  const running = locating(options.strategy.path, (again) =>
    underTest(
      [server, ...allowed],
      () => (again ? runSale({ ...options, tracked: true }) : runSale(options, pool)),
      { leads: leadsTo(options.target) !== undefined },
    ),
  );
  return unlessLost(options.signal, running);
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
  await using beside = tablesOfSale();
  try {
    using _ = lentThread();
    const observer = await connections.open(target);
    // Code that names its keys itself must not find those of an earlier sale. Whatever it sends at import comes after this.
    if (target.kind === 'private') await observer.flushall();
    lead(leadsTo(target));
    const lobby = await connections.open(target, strategy);
    const random = seededRandom(options.seed);
    const { sale, maxAttempts, graceMs } = plan;
    const around = { strategy, sale, maxAttempts, tables: beside.tables };
    const office = await openShop(lobby, plan, {
      loaded: options.strategy,
      signal: options.signal,
      ...around,
      target,
      random: random.fork('back office'),
      failures,
    });
    const selling = sellTogether({
      plan,
      tasks: (control) => instanceTasks({ ...options, tables: beside.file }, plan, control),
      cpuSeconds: () => redisCpuSeconds(observer),
      ...(pool && { pool }),
      newPool: (workers) => new InstancePool(workers),
      ...(options.signal && { signal: options.signal }),
    });
    await orRefused(office.workUntil(selling, graceMs, options.signal)).finally(() => office.close());
    const sold = await selling;
    await requireSettled(sold, options, graceMs);
    for (const failure of sold.instances.flatMap((instance) => instance.failures)) failures.add(failure);
    let rest: SaleAtRest = {};
    if (sold.ended !== 'aborted') {
      const lent = await connections.open(target, strategy);
      const purchases = sold.instances.reduce((sum, { recording }) => sum + recording.rows, 0);
      const fresh = { ...around, purchases, lobby, lent, random: random.fork('at rest') };
      rest = await orRefused(
        bringToRest({ ...fresh, graceMs, ...(options.signal && { signal: options.signal }) }, failures),
      );
      if (options.signal?.aborted) [sold.ended, rest] = ['aborted', {}];
    }
    const { seed } = options;
    const { commands: jobCommands } = office;
    return loadRunOf({ strategy, seed, plan, sold, jobCommands, rest, failures });
  } finally {
    connections.disconnect();
  }
}

/** What happens once, before anything is measured: so it may be tracked. */
async function openShop(
  lobby: Client,
  plan: LoadPlan,
  { loaded, signal, ...opening }: Opening & { loaded: LoadedStrategy; signal: AbortSignal | undefined },
): Promise<BackOffice> {
  using _ = trackOrigins();
  const opened = open(loaded, lobby, plan);
  await orRefused(signal?.aborted ? opened : unlessAborted(signal, opened));
  return await BackOffice.open(opening);
}

/** Whoever says how long to wait for a sale wants to know what it comes to then; others, why nothing came of it. */
async function requireSettled(sold: Sold, options: LoadOptions, graceMs: number): Promise<void> {
  if (options.graceMs === undefined && settledNothing(sold))
    throw await neverSettledIn(options.strategy, 'purchase', graceMs);
}

/** Some calls were left open, and none came back. */
const settledNothing = ({ instances, ended }: Sold): boolean =>
  ended !== 'aborted' &&
  instances.some(({ stalled }) => stalled) &&
  instances.every(({ settled }) => settled === 0);

async function open(loaded: LoadedStrategy, redis: Client, plan: LoadPlan): Promise<void> {
  const { strategy } = loaded;
  try {
    const opening = Promise.resolve(strategy.open(redis, plan.sale));
    if ((await atMost(plan.graceMs, opening)) === LATE) {
      throw await neverSettledIn(loaded, 'open', plan.graceMs);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      isDefinite(error) ? error.code : 'OPEN_FAILED',
      `${strategy.name} could not open the sale: ${thrownWords(error).message}`,
      'correct its open(), or give it the server that it needs',
      { cause: error },
    );
  }
}

const instanceTasks = (
  options: LoadOptions & Pick<InstanceTask, 'tracked' | 'tables'>,
  plan: LoadPlan,
  control: Control,
): InstanceTask[] =>
  servingTasks(plan, options.seed, control).map((task) => ({
    ...task,
    strategy: options.strategy.ref,
    sale: plan.sale,
    target: sellable(options.target),
    maxAttempts: plan.maxAttempts,
    tables: options.tables,
    ...(options.tracked && { tracked: true }),
  }));
