import type { Client, Seller } from '../../strategies/contract.ts';
import { systemClock as clock } from '../ground/ambient.ts';
import { UsageError } from '../ground/errors.ts';
import { keepSecret } from '../ground/secrets.ts';
import { atMost, LATE } from '../ground/waiting.ts';
import { strategyOutputToStderr } from '../ground/standard-streams.ts';
import { spoiltBy } from '../ground/spoilt.ts';
import { seededRandom } from '../ground/random.ts';
import { guardThread } from '../loader/guard.ts';
import { leadsTo } from '../redis/target.ts';
import { countLed, keepThreadTo, lead, ledNow, orRefused, refusalOr } from '../wire/network.ts';
import { NotNamed, trackOrigins } from '../wire/refusal.ts';
import { loadStrategy } from '../loader/strategies.ts';
import { Connections } from './connections.ts';
import { Control } from './control.ts';
import { Failures } from './failures.ts';
import { faultOf, nothingSold, transferred } from './instance-report.ts';
import { neverSettled } from './never-settled.ts';
import { ServingInstance, type Shop } from './serving-instance.ts';
import { OutsideTables } from './outside-tables.ts';
import { sellerEnv } from './seller-env.ts';
import type { InstanceFault, InstanceReport, InstanceTask } from './task.ts';

/** Told of what would have ended this thread, while it is an instance. */
let misconduct: ((fault: Promise<unknown>) => void) | undefined;
guardThread({ tell: (fault) => misconduct?.(fault), running: () => misconduct !== undefined });
strategyOutputToStderr();

/** One worker of the pool is one application instance: its own copy of the strategy, its own connections. */
export async function runInstance(task: InstanceTask): Promise<InstanceReport> {
  const report = await running(task).catch((error: unknown) => {
    const fault = spoiltBy(error);
    if (fault) return faultOf('selling', fault);
    throw error;
  });
  const fault = spoiltBy();
  return fault ? faultOf('selling', fault) : report;
}

async function running(task: InstanceTask): Promise<InstanceReport> {
  keepSecret(task.target.options.username, task.target.options.password);
  const control = new Control(clock, task.control);
  using _ = control.beat(task.instance);
  const { options, allowed = [] } = task.target;
  const to = leadsTo(task.target);
  keepThreadTo([options, ...allowed], { sells: true, leads: to !== undefined });
  lead(to);
  const tracking = task.tracked && trackOrigins(Infinity);
  const caught = new Promise<InstanceFault>((resolve) => {
    misconduct = (fault) => void refusalOr(fault).then((error) => resolve(faultOf('selling', error)));
  });
  const failures = new Failures();
  const connections = new Connections(failures, ledNow);
  countLed(connections);
  const tables = task.tables === undefined ? undefined : new OutsideTables(task.tables);
  try {
    const selling = orRefused(sell(task, { control, failures, connections, tables })).catch(refusedFault);
    const report = await Promise.race([selling, caught]);
    if (report.kind === 'fault') control.stop(); // the others must not wait for this one
    return report;
  } finally {
    misconduct = undefined;
    tracking?.[Symbol.dispose]();
    connections.disconnect();
    await tables?.close();
  }
}

/** What an instance has from its start to its end. */
interface Means {
  control: Control;
  failures: Failures;
  connections: Connections;
  tables: OutsideTables | undefined;
}

async function sell(
  task: InstanceTask,
  { control, failures, connections, tables }: Means,
): Promise<InstanceReport> {
  const { sent } = ledNow();
  const shop = await Promise.race([
    prepare(task, { control, failures, connections, tables }),
    control.whenStopped(),
  ]);
  if (shop === undefined) return nothingSold(failures);
  if ('kind' in shop) return shop;
  control.ready();
  const startNs = await control.started();
  const sentBefore = ledNow().sent > sent;
  const run =
    startNs === undefined ? undefined : await new ServingInstance({ task, control, shop, startNs }).run();
  await close(shop.seller, task.graceMs, failures);
  if (!run) return nothingSold(failures);
  const located = await failures.located();
  return transferred({ ...run, ...(sentBefore && { sentBefore }), failures: located });
}

async function prepare(
  task: InstanceTask,
  { connections, failures, tables }: Means,
): Promise<(Shop & { seller: Seller }) | InstanceFault> {
  let during: InstanceFault['during'] = 'loading the strategy';
  try {
    const { strategy } = await loadStrategy(task.strategy).catch(changedMeanwhile);
    during = 'connecting';
    const own = await connections.open(task.target, strategy);
    const lend = (): Promise<Client> =>
      strategy.connection === 'shared' ? Promise.resolve(own) : connections.open(task.target, strategy);
    const lent = await Promise.all(Array.from({ length: task.inFlight }, lend));
    during = 'calling seller()';
    const random = seededRandom(task.seed).fork(`instance ${task.instance}`);
    const pauses = { count: 0 };
    const env = sellerEnv(random, task.maxAttempts, { onPause: () => pauses.count++, tables });
    const seller = await atMost(task.graceMs, Promise.resolve(strategy.seller(own, task.sale, env)));
    if (seller === LATE) throw neverSettled('seller()', task.graceMs);
    return { seller, lent, connections, failures, pauses };
  } catch (error) {
    return faultOf(during, error);
  }
}

/** The command has loaded the same file before it started any instance. */
function changedMeanwhile(error: unknown): never {
  if (!(error instanceof UsageError) || error instanceof NotNamed) throw error;
  const { code, message, remedy } = error;
  const left = `${remedy}; if it could be loaded before, leave the file as it is until the run is over`;
  throw new UsageError(code, message, left, { cause: error });
}

async function close(seller: Seller, graceMs: number, failures: Failures): Promise<void> {
  try {
    await Promise.race([seller.close?.(), clock.sleep(graceMs)]);
  } catch (error) {
    failures.count(error, 'close');
  }
}

function refusedFault(error: unknown): InstanceFault {
  if (!(error instanceof NotNamed)) throw error;
  return faultOf('selling', error);
}
