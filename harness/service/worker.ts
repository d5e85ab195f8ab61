import { systemClock as clock } from '../ground/ambient.ts';
import { EnvironmentError } from '../ground/errors.ts';
import { crowdRequest, Queue } from '../load/buyers.ts';
import { Control } from '../load/control.ts';
import { Failures } from '../load/failures.ts';
import { faultOf, nothingSold, transferred } from '../load/instance-report.ts';
import { ServingInstance, type Shop } from '../load/serving-instance.ts';
import type { InstanceFault, InstanceReport } from '../load/task.ts';
import { HttpBuyers } from './buyer.ts';
import { HttpConnection } from './http/connection.ts';
import { stepOf, takeSteps } from './steps.ts';
import type { ServiceTask } from './task.ts';
import type { Values } from './template.ts';

/** One worker of the pool is some of the buyers, each slot with a connection of its own. */
export async function runBuyers(task: ServiceTask): Promise<InstanceReport> {
  const control = new Control(clock, task.control);
  const failures = new Failures();
  const sent = { size: task.inFlight, commands: 0, roundTrips: 0 };
  const lent = Array.from({ length: task.inFlight }, () => new HttpConnection(task.route.address, sent));
  try {
    const shop = await Promise.race([
      prepare(task, lent, { sent, failures, control }),
      control.whenStopped(),
    ]);
    if (shop === undefined) return nothingSold(failures);
    if ('kind' in shop) {
      control.stop(); // the others must not wait for this one
      return shop;
    }
    control.ready();
    const startNs = await control.started();
    if (startNs === undefined) return nothingSold(failures);
    const run = await new ServingInstance({ task, control, shop, startNs }).run();
    return transferred({ ...run, failures: failures.list() });
  } finally {
    for (const connection of lent) connection.close();
  }
}

async function prepare(
  task: ServiceTask,
  lent: readonly HttpConnection[],
  { sent, failures, control }: { sent: Shop['connections']; failures: Failures; control: Control },
): Promise<Shop<HttpConnection> | InstanceFault> {
  const { service, route, values, patienceMs, asksAgain } = task;
  let during: InstanceFault['during'] = 'connecting';
  try {
    await Promise.all(lent.map((connection) => connection.connect(route.timeoutMs).catch(notReached)));
    during = 'logging in';
    const kept = task.loginsEach ? await loggedIn(task, lent) : new Map<string, Values>();
    const pauses = { count: 0 };
    const seller = new HttpBuyers({
      service,
      route,
      values,
      keptOf: (userId) => kept.get(userId),
      patienceMs,
      asksAgain,
      onSale: () => control.noteSale(),
      onPause: () => pauses.count++,
    });
    return { seller, lent, connections: sent, failures, pauses };
  } catch (error) {
    return faultOf(during, error);
  }
}

function notReached(cause: Error): never {
  throw new EnvironmentError(
    'NO_CONNECTION',
    `the service cannot be reached: ${cause.message}`,
    'check that it takes as many connections as are in flight (--in-flight)',
    { cause },
  );
}

/** Every user of this instance logs in, over all connections at once. */
async function loggedIn(task: ServiceTask, lent: readonly HttpConnection[]): Promise<Map<string, Values>> {
  const steps = task.service.login.map((step) => stepOf(step, task.route));
  const { crowd, instance, instances } = task;
  // After so many buyers, each instance begins anew with its users.
  const buyers = Math.min(crowd.buyers ?? Infinity, (crowd.users ?? Infinity) * instances);
  const queue = new Queue({ ...crowd, buyers }, instance, instances);
  const users = new Set<string>();
  for (let buyer = queue.take(); buyer > 0; buyer = queue.take())
    users.add(crowdRequest(crowd, buyer).userId);
  const waiting = [...users];
  const kept = new Map<string, Values>();
  await Promise.all(
    lent.map(async (connection) => {
      for (let user = waiting.pop(); user !== undefined; user = waiting.pop()) {
        kept.set(user, await takeSteps(steps, { ...task.values, user }, connection));
      }
    }),
  );
  return kept;
}
