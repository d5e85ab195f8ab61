import type { Cluster, Redis, RedisOptions } from 'ioredis';
import { InvalidInputError, UnsupportedError } from './errors.ts';

export type Client = Redis | Cluster;

/** What is sold. One sale has one product; quantities are whole units, 0 ≤ stock ≤ 2^53−1. */
export interface Sale {
  sku: string;
  stock: number;
  /** Most units that one user may hold. Absent: no limit. */
  perUserLimit?: number;
}

export interface PurchaseRequest {
  /** The client's token: the same on every retry of one purchase. */
  requestId: string;
  userId: string;
  /** Units, 1 ≤ quantity ≤ 2^53−1. */
  quantity: number;
}

export type PurchaseOutcome =
  /** `remaining`: units left right after this sale, where the store tells (shown, not judged). */
  | { kind: 'sold'; remaining?: number }
  | { kind: 'sold-out' }
  | { kind: 'limit-reached' }
  /** Contention: surely no effect. */
  | { kind: 'gave-up'; attempts: number };

/** One line of the ledger: a request that the store remembers as sold. */
export interface RecordedSale {
  requestId: string;
  userId: string;
  quantity: number;
}

export type Feature = 'several-units' | 'limit' | 'cluster';

export const PROPERTIES = [
  'oversell',
  'stranded',
  'false-refusal',
  'double-sale',
  'user-limit',
  'lost-sale',
  'progress',
] as const;
export type Property = (typeof PROPERTIES)[number];

export const ENVIRONMENTS = [
  'calm',
  'several-units',
  'release-restock',
  'buyer-crash',
  'lost-reply',
  'retry',
  'script-flush',
  'expiry',
  'eviction',
  'hostile-input',
  'restart',
  'restart-without-aof',
  'failover',
  'resharding',
] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

export type Guarantee = 'holds' | 'breaks' | 'n/a';
/** What a strategy declares, property × environment. A cell that is absent is undeclared: discovered, not judged. */
export type Guarantees = Partial<Record<Property, Partial<Record<Environment, Guarantee>>>>;

export interface Strategy {
  /** File name = command-line value, kebab-case. */
  name: string;
  summary: string;
  /** `exclusive`: a connection serves one purchase at a time, as WATCH needs. */
  connection: 'shared' | 'exclusive';
  /** What it cannot do is refused by `open`, and its cells are n/a. */
  supports?: readonly Feature[];
  /**
   * Probed on the server; absent there → the strategy is skipped visibly, never passed. `commands`: a command
   * (`INCREX`), or an option of one (`SET IFEQ`).
   */
  needs?: { commands?: readonly string[]; minRedis?: string };
  /** ioredis options that the strategy relies on. */
  client?: Partial<RedisOptions>;
  guarantees?: Guarantees;
  /** Once per sale: creates the product and its stock. */
  open(redis: Client, sale: Sale): Promise<void>;
  /** Once per application instance; its closure is that process's memory. */
  seller(redis: Client, sale: Sale, env: SellerEnv): Seller | Promise<Seller>;
}

export interface Seller {
  /**
   * @param redis the connection lent to this purchase
   * @throws a DefiniteError when there surely was no effect; any other throw means *unknown*
   */
  purchase(request: PurchaseRequest, redis: Client): Promise<PurchaseOutcome>;
  /** Units still for sale, as the store says. */
  remaining(): Promise<number>;
  /** The ledger. */
  recorded?(): Promise<RecordedSale[]>;
  /** Gives a sold request's units back. */
  release?(request: PurchaseRequest): Promise<void>;
  restock?(quantity: number): Promise<void>;
  confirm?(request: PurchaseRequest): Promise<void>;
  /** One bounded pass of background work: sweep, consume, recover. */
  runJob?(): Promise<'worked' | 'idle'>;
  close?(): Promise<void>;
}

/** Everything that is not the store: under the explorer each of these is virtual. */
export interface SellerEnv {
  /** Uniform in [0, 1). */
  random(): number;
  /** Uniform in 0 … n−1; the explorer branches over all n answers. */
  pick(n: number): number;
  /** Milliseconds. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Attempts that a retrying purchase may make before it gives up. */
  maxAttempts: number;
}

/** @throws InvalidInputError if the request makes no sense. Built-in strategies call this before anything else. */
export function checkRequest(request: PurchaseRequest): void {
  if (typeof request.requestId !== 'string' || request.requestId === '') {
    throw new InvalidInputError('requestId is empty: send the token that the client made for this purchase');
  }
  if (typeof request.userId !== 'string' || request.userId === '') {
    throw new InvalidInputError('userId is empty: a purchase needs a buyer');
  }
  checkUnits('quantity', request.quantity, 1);
}

/** @throws InvalidInputError if the sale makes no sense; UnsupportedError if the strategy cannot run it. */
export function checkSale(sale: Sale, strategy: Pick<Strategy, 'name' | 'supports'>): void {
  if (typeof sale.sku !== 'string' || sale.sku === '')
    throw new InvalidInputError('sku is empty: name the product');
  checkUnits('stock', sale.stock, 0);
  if (sale.perUserLimit === undefined) return;
  checkUnits('perUserLimit', sale.perUserLimit, 1);
  if (!strategy.supports?.includes('limit')) throw new UnsupportedError(strategy.name, 'a limit per user');
}

/** @throws InvalidInputError unless `value` is a whole number from `least` to 2^53−1. */
export function checkUnits(what: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new InvalidInputError(
      `${what} is ${String(value)}: give a whole number of units from ${least} to 2^53−1`,
    );
  }
}

/** What one environment does to a strategy: every property holds except those named. */
export interface Exceptions {
  breaks?: readonly Property[];
  notApplicable?: readonly Property[];
  /** What is otherwise there than everywhere else. */
  holds?: readonly Property[];
}

/**
 * Writes a guarantee matrix by its exceptions: in each environment named, every property is declared to hold
 * except those listed. What an environment lists goes before what is listed for everywhere.
 *
 * @example declareGuarantees({ calm: {}, 'buyer-crash': { breaks: ['stranded'] } }, { notApplicable: ['lost-sale'] })
 */
export function declareGuarantees(
  environments: Partial<Record<Environment, Exceptions>>,
  everywhere: Exceptions = {},
): Guarantees {
  const guarantees: Guarantees = {};
  for (const property of PROPERTIES) {
    const row: Partial<Record<Environment, Guarantee>> = (guarantees[property] = {});
    for (const [environment, exceptions] of Object.entries(environments) as [Environment, Exceptions][]) {
      row[environment] = listedIn(exceptions, property) ?? listedIn(everywhere, property) ?? 'holds';
    }
  }
  return guarantees;
}

function listedIn({ holds, notApplicable, breaks }: Exceptions, property: Property): Guarantee | undefined {
  if (holds?.includes(property)) return 'holds';
  if (notApplicable?.includes(property)) return 'n/a';
  return breaks?.includes(property) ? 'breaks' : undefined;
}
