import type { Cluster, Redis, RedisOptions } from 'ioredis';
import { InvalidInputError, UnsupportedError } from './errors.ts';

export type Client = Redis | Cluster;

/** What is sold. One sale has one product; quantities are whole units, 0 ≤ stock ≤ 2^53−1. */
export interface Sale {
  sku: string;
  stock: number;
  /** Most units that one user may hold. Absent: no limit. */
  perUserLimit?: number;
  /**
   * Of a shop that goes on for days: opened again it keeps the stock that it has; a request that was released stays so,
   * sold or not yet, so that a late copy of its purchase buys nothing; and one that asks again with another user or
   * quantity is refused. For strategies that support `orders`.
   */
  permanent?: true;
}

export interface PurchaseRequest {
  /** The client's token: the same on every retry of one purchase. */
  requestId: string;
  userId: string;
  /** Units, 1 ≤ quantity ≤ 2^53−1. */
  quantity: number;
}

export type PurchaseOutcome =
  /**
   * `remaining`: units left right after this sale, where the store tells (shown, not judged). `again`: the request
   * had been sold before; told in a permanent sale.
   */
  | { kind: 'sold'; remaining?: number; again?: true }
  | { kind: 'sold-out' }
  | { kind: 'limit-reached' }
  /** The user holds units already, by this request or another: for code that remembers users, not requests. */
  | { kind: 'already-yours' }
  /** Contention: surely no effect. */
  | { kind: 'gave-up'; attempts: number };

/**
 * One line of the ledger: a request that the store remembers as sold. Without `requestId`, where the code remembers
 * users, it belongs to its user's first sold request.
 */
export interface RecordedSale {
  requestId?: string;
  userId: string;
  quantity: number;
}

/** What a request was sold, and whether it gave that back for good; 0 units: it was released before it bought. */
export interface RememberedSale {
  userId: string;
  quantity: number;
  released: boolean;
}

export type Restored = RememberedSale & Pick<PurchaseRequest, 'requestId'>;

/** `orders`: whatever is sold or released goes to a stream in the same step, from which consumers take it. */
export type Feature = 'several-units' | 'limit' | 'cluster' | 'orders';

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
  'cancel',
  'buyer-crash',
  'lost-reply',
  'timeout',
  'retry',
  'script-flush',
  'expiry',
  'slow',
  'eviction',
  'hostile-input',
  'restart',
  'restart-without-aof',
  'failover',
  'resharding',
] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

export type Guarantee = 'holds' | 'breaks' | 'n/a';
/** What a strategy declares, property × environment. A cell that is absent has to hold, unless it is to be discovered. */
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
   * (`INCREX`), or an option of one (`SET IFEQ`). `replicas`: as many follow the server. Explorations have two; elsewhere,
   * with fewer, nothing large is sold and nothing measured.
   */
  needs?: { commands?: readonly string[]; minRedis?: string; replicas?: number };
  /**
   * A purchase takes its units before it is known to go through, and gives them back where it does not, as where a second step
   * fails. Whoever is refused meanwhile is refused rightly: the units were reserved at that moment.
   */
  reserves?: boolean | undefined;
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
  /** What the store remembers of a request; of a strategy that supports `orders`. */
  find?(requestId: string): Promise<RememberedSale | undefined>;
  /** Puts back what the store has forgotten of these, before the sale is opened again. Of one that supports `orders`. */
  restore?(sales: readonly Restored[]): Promise<void>;
  /** The ledger; of a strategy that confirms, what is sold for good. */
  recorded?(): Promise<RecordedSale[]>;
  /** Gives a sold request's units back. In a permanent sale the store knows how many, and the request buys nothing later. */
  release?(request: PurchaseRequest): Promise<void>;
  restock?(quantity: number): Promise<void>;
  /**
   * The buyer paid. Where it exists, `sold` is a hold, and only a confirm that returned acknowledges a sale. Buyers
   * confirm once, late, twice or never, in any process.
   * @throws a DefiniteError when it is too late and the buyer is refunded; any other throw means *unknown*
   */
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
  /** The second step, by its name: a table, a queue or a service that is not Redis, and not of one mind with it. */
  outside(name: string): Outside;
}

/** JSON: what a table keeps of a row, or a queue of a message. */
export type OutsideRow = Readonly<Record<string, unknown>>;

/**
 * A store beside Redis, durable and the same for every process. Nobody sends a call again but the code itself. Each call
 * takes effect, or fails, or takes effect and its answer is lost; of the last two the caller hears the same error, an
 * `OutsideError`.
 */
export interface Outside {
  /** @throws an error of code `ROW_EXISTS`, and nothing is written, if there is a row of this id */
  insert(id: string, row?: OutsideRow): Promise<void>;
  find(id: string): Promise<OutsideRow | undefined>;
  /** Also where there is none. */
  remove(id: string): Promise<void>;
  /** In the order in which they were inserted. */
  rows(): Promise<{ id: string; row: OutsideRow }[]>;
  append(message: OutsideRow): Promise<void>;
  /** In the order in which they were appended. */
  messages(): Promise<OutsideRow[]>;
  /** Something else that is done there, such as a payment; nothing is kept of it. */
  run(step: string): Promise<void>;
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

/** What a strategy may do without: then there is nothing to say of limits, of lost sales, of that environment. */
type Lack = 'limit' | 'ledger' | 'several-units' | 'release-restock';

/** The environments in which buyers have a limit. */
const LIMITED: readonly Environment[] = [
  'several-units',
  'release-restock',
  'cancel',
  'buyer-crash',
  'lost-reply',
];
/** Nothing shows yet what happens there, so nobody declares anything. */
const UNVERIFIED: readonly Environment[] = ['resharding'];

/**
 * Writes a guarantee matrix by what breaks: every other cell that can be verified is declared to hold. It is n/a for
 * what the strategy lacks, and for the limit of a user where the environment sets none.
 *
 * @example declareGuarantees({ 'buyer-crash': ['stranded'] }, { lacks: ['limit', 'ledger'] })
 */
export function declareGuarantees(
  breaks: Partial<Record<Environment, readonly Property[]>>,
  { lacks = [] }: { lacks?: readonly Lack[] } = {},
): Guarantees {
  const cell = (property: Property, environment: Environment): Guarantee => {
    if (breaks[environment]?.includes(property)) return 'breaks';
    if (property === 'lost-sale' && lacks.includes('ledger')) return 'n/a';
    const limited = LIMITED.includes(environment) && !lacks.includes('limit');
    return property === 'user-limit' && !limited ? 'n/a' : 'holds';
  };
  const unsaid: readonly string[] = [
    ...UNVERIFIED,
    ...lacks,
    ...(lacks.includes('release-restock') ? ['cancel'] : []),
  ];
  const guarantees: Guarantees = {};
  for (const property of PROPERTIES) {
    const row: Partial<Record<Environment, Guarantee>> = (guarantees[property] = {});
    for (const environment of ENVIRONMENTS) {
      if (!unsaid.includes(environment)) row[environment] = cell(property, environment);
    }
  }
  return guarantees;
}

/**
 * `release` and `restock` of a strategy that keeps no record of its sales: both put units on sale.
 *
 * @param add puts so many units on sale
 */
export function putsBack(
  add: (units: number) => Promise<unknown>,
): Required<Pick<Seller, 'release' | 'restock'>> {
  return {
    async release(request) {
      checkRequest(request);
      await add(request.quantity);
    },
    async restock(quantity) {
      checkUnits('quantity', quantity, 1);
      await add(quantity);
    },
  };
}
