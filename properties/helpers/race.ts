import { systemClock } from '../../harness/ground/ambient.ts';
import type { Outcome } from '../../harness/documents/vocabulary.ts';
import type { History, Operation } from '../../harness/history/operation.ts';
import { Connections } from '../../harness/load/connections.ts';
import { Failures } from '../../harness/load/failures.ts';
import { workUntil } from '../../harness/load/back-office.ts';
import { bringToRest } from '../../harness/load/final-count.ts';
import { sellerEnv } from '../../harness/load/seller-env.ts';
import { seededRandom } from '../../harness/ground/random.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import type { Client, PurchaseRequest, Seller, Strategy } from '../../strategies/contract.ts';
import { isDefinite } from '../../strategies/errors.ts';
import { seed } from './seed.ts';
import type { SmallSale } from './arbitraries.ts';

/** An attempt fails only because another buyer's succeeded, and a small sale has at most 16 buyers. */
const MAX_ATTEMPTS = 17;

/**
 * Runs a small sale on a real server in this process. Every buyer asks in the same tick: those who share a
 * connection reach the server side by side in one packet, the others race over sockets of their own.
 */
export async function race(
  strategy: Strategy,
  target: RedisTarget,
  { sale, requests, instances }: SmallSale,
): Promise<History> {
  const failures = new Failures();
  const connections = new Connections(failures);
  const connect = (): Promise<Client> => connections.open(target, strategy);
  const random = seededRandom(seed).fork(sale.sku);
  try {
    const lobby = await connections.open(target, strategy);
    await strategy.open(lobby, sale);
    const shops: { seller: Seller; shared: Client }[] = [];
    for (let i = 0; i < instances; i++) {
      const shared = await connect();
      const env = sellerEnv(random.fork(i), MAX_ATTEMPTS);
      shops.push({ shared, seller: await strategy.seller(shared, sale, env) });
    }
    const buyers: (() => Promise<Operation[]>)[] = [];
    const startNs = systemClock.monotonicNs();
    for (const [process, request] of requests.entries()) {
      const { seller, shared } = shops[process % instances]!;
      const redis = strategy.connection === 'shared' ? shared : await connect();
      buyers.push(() => buy(seller, request, redis, { process, startNs }));
    }
    const racing = Promise.all(buyers.map((buyer) => buyer()));
    const office = shops[0]!.seller;
    if (office.runJob) await workUntil(racing, () => office.runJob!(), failures);
    const operations = (await racing).flat();
    for (const { seller } of shops) await seller.close?.();
    const lent = await connections.open(target, strategy);
    const atRest = await bringToRest(
      {
        strategy,
        sale,
        purchases: requests.length,
        lobby,
        lent,
        random,
        maxAttempts: MAX_ATTEMPTS,
        graceMs: 10_000,
      },
      failures,
    );
    const { drained, recorded } = atRest;
    return {
      sale,
      operations,
      ...(drained !== undefined && { drained }),
      ...(recorded !== undefined && { recorded }),
    };
  } finally {
    connections.disconnect();
  }
}

async function buy(
  seller: Seller,
  request: PurchaseRequest,
  redis: Client,
  { process, startNs }: { process: number; startNs: number },
): Promise<Operation[]> {
  const { requestId, userId, quantity } = request;
  const invoked = systemClock.monotonicNs() - startNs;
  const outcome: Outcome = await seller.purchase(request, redis).then(
    ({ kind }) => kind,
    (error: unknown) => (isDefinite(error) ? 'rejected' : 'unknown'),
  );
  const completed = systemClock.monotonicNs() - startNs;
  const asked = { process, attempt: 1, request: requestId, user: userId, quantity };
  const purchase: Operation = { ...asked, op: 'purchase', invoked, completed, outcome };
  if (outcome !== 'sold' || !seller.confirm) return [purchase];
  await seller.confirm(request);
  const paid = systemClock.monotonicNs() - startNs;
  return [purchase, { ...asked, op: 'confirm', invoked: completed, completed: paid, outcome: 'done' }];
}
