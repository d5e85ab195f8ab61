import { availableParallelism } from 'node:os';
import { checkSale, checkUnits, type Sale, type Strategy } from '../../strategies/contract.ts';
import { isDefinite } from '../../strategies/errors.ts';
import { UsageError } from '../ground/errors.ts';
import { HELD_MS, patientMs } from '../ground/patience.ts';
import type { RedisTarget } from '../redis/target.ts';
import type { LoadedStrategy } from '../loader/strategies.ts';
import { ARRIVAL_PROFILES, type ArrivalProfile } from '../documents/vocabulary.ts';
import type { Arrivals } from './arrivals.ts';
import type { Crowd } from './buyers.ts';

export interface LoadOptions extends SaleOptions {
  target: RedisTarget;
  strategy: LoadedStrategy;
}

/** A large sale, whoever sells it. */
export interface SaleOptions {
  /** Units. */
  stock: number;
  perUserLimit?: number;
  /** Purchases in all, each by its own buyer. Absent: as many as `seconds` leave time for. */
  buyers?: number;
  /** Users, dealt out cyclically. Absent: each buyer is a user. */
  users?: number;
  /** Units per purchase, dealt out cyclically. Default: one unit. */
  quantities?: readonly number[];
  /** Buyers come when they come, whatever becomes of those before them. Absent: closed loop. Needs `seconds`. */
  arrivals?: { profile: ArrivalProfile; ratePerSecond: number };
  /** Purchases in flight, over all workers; in an open loop at most. Default 64; of shared connections there, 1024. */
  inFlight?: number;
  /** Application instances, one thread each. Default 2, in an open loop on two processors 1. */
  workers?: number;
  /** After so long no purchase begins. */
  seconds?: number;
  /** Attempts of a retrying purchase before it gives up. Default 64. */
  maxAttempts?: number;
  /**
   * An instance that completes nothing for so long leaves what is outstanding as unknown; one that needs longer to
   * get ready is given up. Default 10 000, or as long as `--patience` says.
   */
  graceMs?: number;
  seed: number;
  /** Ends the run early; what was recorded until then comes back, marked. */
  signal?: AbortSignal;
}

/** A run that makes sense. */
export interface LoadPlan {
  sale: Sale;
  crowd: Crowd;
  inFlight: number;
  workers: number;
  seconds?: number;
  arrivals?: Arrivals;
  maxAttempts: number;
  graceMs: number;
}

/** Far below what a timer can hold, 2^31 ms, beyond which it would fire at once. */
const DAY_S = 86_400;

/** What matters here of who sells. */
export type Selling = Pick<Strategy, 'name' | 'connection' | 'supports'>;

let runs = 0;

/** @throws UsageError if the options make no sense, alone or together with the strategy. Nothing was sent. */
export const planLoad = (options: LoadOptions): LoadPlan => planSale(options, options.strategy.strategy);

/** The same for whatever sells. @throws UsageError likewise */
export function planSale(options: SaleOptions, strategy: Selling): LoadPlan {
  const { arrivals } = options;
  const inFlight = options.inFlight ?? (arrivals && strategy.connection === 'shared' ? 1_024 : 64);
  // Who has to send on time needs a processor beside the server's.
  const threads = arrivals ? Math.min(2, Math.max(1, availableParallelism() - 1)) : 2;
  const workers = options.workers ?? Math.min(threads, inFlight);
  const quantities = options.quantities ?? [1];
  whole('seed', options.seed, 0);
  whole('inFlight', inFlight, 1);
  whole('workers', workers, 1);
  if (options.buyers !== undefined) whole('buyers', options.buyers, 1);
  if (options.users !== undefined) whole('users', options.users, 1);
  if (options.maxAttempts !== undefined) whole('maxAttempts', options.maxAttempts, 1);
  duration('seconds', options.seconds, DAY_S);
  duration('graceMs', options.graceMs, DAY_S * 1_000);
  if (options.buyers === undefined && options.seconds === undefined) {
    throw unusable('neither buyers nor seconds are given', 'give one of them, or the run never ends');
  }
  if (arrivals) checkArrivals(arrivals, options.seconds);
  if (workers > inFlight) {
    throw unusable(`${workers} workers share ${inFlight} purchases in flight`, 'give fewer workers');
  }
  const tag = `${options.seed.toString(36)}-${++runs}`;
  const sale: Sale = { sku: `sale-${tag}`, stock: options.stock };
  if (options.perUserLimit !== undefined) sale.perUserLimit = options.perUserLimit;
  checkUnitsOf(strategy, sale, quantities);
  const crowd: Crowd = { tag, quantities };
  if (options.buyers !== undefined) crowd.buyers = options.buyers;
  if (options.users !== undefined) crowd.users = options.users;
  return {
    sale,
    crowd,
    inFlight,
    workers,
    ...(options.seconds !== undefined && { seconds: options.seconds }),
    ...(arrivals && options.seconds !== undefined && { arrivals: { ...arrivals, seconds: options.seconds } }),
    maxAttempts: options.maxAttempts ?? 64,
    graceMs: options.graceMs ?? patientMs(HELD_MS),
  };
}

/** More than one thread can send; a rate beyond it is a slip of the finger. */
const MOST_ARRIVALS = 10_000_000;

function checkArrivals(
  { profile, ratePerSecond }: { profile: string; ratePerSecond: number },
  seconds?: number,
) {
  if (!(ARRIVAL_PROFILES as readonly string[]).includes(profile)) {
    throw unusable(`arrivals are "${profile}"`, `give one of ${ARRIVAL_PROFILES.join(', ')}`);
  }
  if (!(ratePerSecond > 0 && ratePerSecond <= MOST_ARRIVALS)) {
    throw unusable(`rate is ${String(ratePerSecond)}`, `give arrivals per second, at most ${MOST_ARRIVALS}`);
  }
  if (seconds === undefined) throw unusable('an open loop without seconds never ends', 'give seconds');
}

function checkUnitsOf(strategy: Selling, sale: Sale, quantities: readonly number[]): void {
  try {
    checkSale(sale, strategy);
    for (const quantity of quantities) checkUnits('quantity', quantity, 1);
  } catch (error) {
    if (!isDefinite(error)) throw error;
    throw new UsageError(error.code, error.message, 'nothing was sent: correct it and run again', {
      cause: error,
    });
  }
  if (quantities.length === 0) throw unusable('quantities is an empty list', 'give at least one');
  if (quantities.some((quantity) => quantity > 1) && !strategy.supports?.includes('several-units')) {
    throw unusable(`${strategy.name} sells one unit at a time`, 'give quantity 1, or another strategy');
  }
}

function whole(what: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw unusable(`${what} is ${String(value)}`, `give a whole number, ${least} or more`);
}

function duration(what: string, value: number | undefined, most: number): void {
  if (value === undefined || (value > 0 && value <= most)) return;
  throw unusable(`${what} is ${String(value)}`, `give a number above 0, at most ${most}`);
}

const unusable = (message: string, remedy: string): UsageError =>
  new UsageError('INVALID_INPUT', message, remedy);
