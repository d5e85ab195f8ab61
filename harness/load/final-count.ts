import { RIGHT_LEDGER, wrongLedger } from '../history/ledger.ts';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Client, RecordedSale, Sale, Seller, Strategy } from '../../strategies/contract.ts';
import { drain, JOB_ANSWERS, oddAnswerOfJob, untilIdle } from '../checkers/at-rest-steps.ts';
import { systemClock as clock } from '../ground/ambient.ts';
import { UsageError } from '../ground/errors.ts';
import type { Random } from '../ground/random.ts';
import { unlessAborted, within } from '../ground/waiting.ts';
import type { Failures } from './failures.ts';
import { workUntil } from './back-office.ts';
import type { OutsideTables } from './outside-tables.ts';
import { sellerEnv } from './seller-env.ts';

/** More units than this are not bought one by one; the store's own word is taken then. */
const DRAIN_LIMIT = 1_000;
/** A ledger of a million orders is read in a few seconds. */
const LEDGER_MS = 60_000;
/** A pass does at least one thing, and a purchase leaves one thing to do; the rest is for sweeps that find none. */
const SPARE_PASSES = 1_000;
/** Background work that is not done so long after its sale never keeps up with one. */
const JOBS_MS = 60_000;

/** What can be said of a sale at rest. A figure that could not be had is absent, and a failure says why. */
export interface SaleAtRest {
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
  /** How many there were: each may have left something to do. */
  purchases: number;
  lobby: Client;
  /** Lent to its purchases. */
  lent: Client;
  random: Random;
  maxAttempts: number;
  tables?: OutsideTables | undefined;
  /** How long it may take to answer. */
  graceMs: number;
  /** Ends it early. */
  signal?: AbortSignal;
}

/**
 * Runs the jobs until they are idle, reads the ledger, and then buys what is left. All other instances are closed.
 *
 * @returns nothing when the signal came first: half of it would be misread
 * @throws UsageError if the background work never ends
 */
export async function bringToRest(instance: FreshInstance, failures: Failures): Promise<SaleAtRest> {
  const rest: SaleAtRest = {};
  const { signal } = instance;
  try {
    await unlessAborted(signal, comeToRest(instance, rest, failures));
  } catch (error) {
    if (signal?.aborted) return {};
    if (error instanceof UsageError) throw error;
    failures.count(error, 'at rest');
  }
  return rest;
}

async function comeToRest(instance: FreshInstance, rest: SaleAtRest, failures: Failures): Promise<void> {
  const { strategy, sale, lobby, random, maxAttempts, tables, graceMs } = instance;
  const opening = Promise.resolve(strategy.seller(lobby, sale, sellerEnv(random, maxAttempts, { tables })));
  const seller = await within(graceMs, 'seller()', opening);
  if (seller.runJob) await workOff(() => seller.runJob!(), instance);
  rest.recorded = seller.recorded ? await within(LEDGER_MS, 'recorded()', seller.recorded()) : null;
  const wrong = rest.recorded === null ? undefined : wrongLedger(rest.recorded);
  if (wrong !== undefined) {
    delete rest.recorded;
    throw new UsageError('WRONG_LEDGER', `${strategy.name}: recorded() ${wrong}`, RIGHT_LEDGER);
  }
  Object.assign(rest, await whatIsLeft(seller, instance, failures));
  if (seller.close) await within(graceMs, 'close()', seller.close());
}

/** @throws UsageError if it finds work for longer than there can be any */
async function workOff(
  runJob: NonNullable<Seller['runJob']>,
  { strategy, purchases, graceMs, signal }: FreshInstance,
): Promise<void> {
  const startNs = clock.monotonicNs();
  let passes = 0;
  const fault = (): UsageError =>
    new UsageError(
      'NEVER_IDLE',
      `${strategy.name}: runJob found work ${passes} times in a row on a sale at rest of ${purchases} purchases`,
      "runJob must answer 'idle' once there is nothing left to do, and do so much in one pass that it keeps up",
    );
  const pass = async (): Promise<boolean> => {
    signal?.throwIfAborted();
    if (clock.monotonicNs() - startNs > JOBS_MS * 1e6) throw fault();
    // Work that never waits for Redis must not keep timers and signals from this thread.
    await nextTurn();
    passes++;
    const answer = await within(graceMs, 'runJob()', runJob());
    const odd = oddAnswerOfJob(answer);
    if (odd !== undefined) throw new UsageError('ODD_ANSWER', `${strategy.name}: ${odd}`, JOB_ANSWERS);
    return answer === 'idle';
  };
  if (!(await untilIdle(pass, purchases + SPARE_PASSES))) throw fault();
}

async function whatIsLeft(
  seller: Seller,
  { sale, lent, graceMs, signal }: FreshInstance,
  failures: Failures,
): Promise<SaleAtRest> {
  const remaining = (): Promise<number> => within(graceMs, 'remaining()', seller.remaining());
  const buy = async (n: number): Promise<boolean> => {
    signal?.throwIfAborted();
    const name = `drain-${n}-${sale.sku}`;
    const purchase = seller.purchase({ requestId: name, userId: name, quantity: 1 }, lent);
    const served = within(graceMs, 'purchase()', purchase);
    if (seller.runJob) await workUntil(served, () => seller.runJob!(), failures);
    return (await served).kind === 'sold';
  };
  let left = await remaining();
  if (!(left > DRAIN_LIMIT)) {
    const drained = await drain(buy, DRAIN_LIMIT);
    if (drained < DRAIN_LIMIT) return { drained, drainedBy: 'purchases' };
    left = DRAIN_LIMIT + (await remaining());
  }
  if (!Number.isFinite(left)) throw new TypeError(`remaining() answered ${String(left)}`);
  return { drained: Math.max(0, left), drainedBy: 'remaining' };
}
