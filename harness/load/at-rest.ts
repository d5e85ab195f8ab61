import type { Redis } from 'ioredis';
import { setTimeout as pause } from 'node:timers/promises';
import type { RecordedSale, Sale, Seller, Strategy } from '../../strategies/contract.ts';
import type { Random } from '../ground/random.ts';
import type { Failures } from './failures.ts';
import { workUntil } from './back-office.ts';
import { sellerEnv } from './seller-env.ts';

/** More units than this are not bought one by one; the store's own word is taken then. */
const DRAIN_LIMIT = 1_000;
/** A ledger of a million orders is read in a few seconds. */
const LEDGER_MS = 60_000;

/** What can be said of a sale at rest. A figure that could not be had is absent, and a failure says why. */
export interface AtRest {
  /** Units that could still be bought. */
  drained?: number;
  /** `remaining`: too many to buy, so this is what the store says, at least 0. */
  drainedBy?: 'purchases' | 'remaining';
  /** The ledger; null when the strategy keeps none. */
  recorded?: RecordedSale[] | null;
}

/** What a fresh instance needs to exist, on connections that nobody else uses. */
export interface FreshInstance {
  strategy: Strategy;
  sale: Sale;
  lobby: Redis;
  /** Lent to its purchases. */
  lent: Redis;
  random: Random;
  maxAttempts: number;
  /** How long it may take to answer. */
  graceMs: number;
}

/** Runs the jobs until they are idle, reads the ledger, and then buys what is left. All other instances are closed. */
export async function settle(instance: FreshInstance, failures: Failures): Promise<AtRest> {
  const rest: AtRest = {};
  try {
    await comeToRest(instance, rest, failures);
  } catch (error) {
    failures.count(error, 'at rest');
  }
  return rest;
}

async function comeToRest(instance: FreshInstance, rest: AtRest, failures: Failures): Promise<void> {
  const { strategy, sale, lobby, random, maxAttempts, graceMs } = instance;
  const opening = Promise.resolve(strategy.seller(lobby, sale, sellerEnv(random, maxAttempts)));
  const seller = await within(graceMs, 'seller()', opening);
  while (seller.runJob && (await within(graceMs, 'runJob()', seller.runJob())) !== 'idle');
  rest.recorded = seller.recorded ? await within(LEDGER_MS, 'recorded()', seller.recorded()) : null;
  Object.assign(rest, await drain(seller, instance, failures));
  if (seller.close) await within(graceMs, 'close()', seller.close());
}

/** Fresh users buy one unit at a time until one is refused. */
async function drain(
  seller: Seller,
  { sale, lent, graceMs }: FreshInstance,
  failures: Failures,
): Promise<AtRest> {
  const remaining = (): Promise<number> => within(graceMs, 'remaining()', seller.remaining());
  let left = await remaining();
  if (!(left > DRAIN_LIMIT)) {
    for (let bought = 0; bought < DRAIN_LIMIT; bought++) {
      const name = `drain-${bought + 1}-${sale.sku}`;
      const purchase = seller.purchase({ requestId: name, userId: name, quantity: 1 }, lent);
      const served = within(graceMs, 'purchase()', purchase);
      if (seller.runJob) await workUntil(served, () => seller.runJob!(), failures);
      const outcome = await served;
      if (outcome.kind !== 'sold') return { drained: bought, drainedBy: 'purchases' };
    }
    left = DRAIN_LIMIT + (await remaining());
  }
  if (!Number.isFinite(left)) throw new TypeError(`remaining() answered ${String(left)}`);
  return { drained: Math.max(0, left), drainedBy: 'remaining' };
}

async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  const late = pause(ms, undefined, { ref: false }).then(() => {
    throw new Error(`${what} did not end within ${ms} ms`);
  });
  return Promise.race([promise, late]);
}
