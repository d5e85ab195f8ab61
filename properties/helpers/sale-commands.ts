import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { Redis } from 'ioredis';
import { saleModel, type SaleState } from '../../harness/checkers/sale-model.ts';
import type { Op, Outcome } from '../../harness/documents/vocabulary.ts';
import type {
  PurchaseRequest,
  RecordedSale,
  Sale,
  Seller,
  SellerEnv,
  Strategy,
} from '../../strategies/contract.ts';

/** The pure model of the sale, and every request that was sold in it and not released since. */
export interface Model {
  sale: Sale;
  state: SaleState;
  sold: Map<string, PurchaseRequest>;
}

/** The strategy on a real server: one process at a time, which may be lost. */
export class Shop {
  seller!: Seller;
  readonly #strategy: Strategy;
  readonly #redis: Redis;
  readonly #sale: Sale;
  readonly #env: SellerEnv;
  #nowMs = 1_000_000;

  constructor(strategy: Strategy, redis: Redis, sale: Sale, random: () => number) {
    this.#strategy = strategy;
    this.#redis = redis;
    this.#sale = sale;
    this.#env = {
      random,
      pick: (n) => Math.floor(random() * n),
      now: () => this.#nowMs,
      // While a purchase waits, the back office works.
      sleep: async (ms) => {
        this.#nowMs += ms;
        await this.seller.runJob?.();
      },
      maxAttempts: 5,
      outside: (name) => {
        throw new Error(`no strategy here has a second step (${name})`);
      },
    };
  }

  async open(): Promise<this> {
    await this.#strategy.open(this.#redis, this.#sale);
    await this.start();
    return this;
  }

  async start(): Promise<void> {
    this.seller = await this.#strategy.seller(this.#redis, this.#sale, this.#env);
  }

  /** The process is gone without a word; another one starts, and looks after the sale once every deadline has passed. */
  async crash(): Promise<void> {
    this.#nowMs += LATER_MS;
    await this.start();
    await this.rest();
  }

  /** A process that ends in order gives back what it keeps for itself. */
  async restart(): Promise<void> {
    await this.seller.close?.();
    await this.start();
    await this.rest();
  }

  /** The buyer pays at once, where that is needed. */
  async purchase(request: PurchaseRequest): ReturnType<Seller['purchase']> {
    const outcome = await this.seller.purchase(request, this.#redis);
    if (outcome.kind === 'sold') await this.seller.confirm?.(request);
    return outcome;
  }

  async rest(): Promise<void> {
    while ((await this.seller.runJob?.()) === 'worked');
  }
}

const LATER_MS = 10 ** 9;

type Command = fc.AsyncCommand<Model, Shop>;

/** What the model makes of an operation that had this outcome; undefined if it never ends so. */
function after(model: Model, op: Op, request: PurchaseRequest, outcome: Outcome): SaleState | undefined {
  const { requestId, userId, quantity } = request;
  const input = { op, request: requestId, user: userId, quantity };
  const { ok, state } = saleModel(model.sale, { letThrough: false }).step(model.state, input, outcome);
  return ok ? state : undefined;
}

/** The outcomes that the model allows. */
const allowed = (model: Model, request: PurchaseRequest): Outcome[] =>
  (['sold', 'sold-out', 'limit-reached'] as const).filter(
    (outcome) => after(model, 'purchase', request, outcome) !== undefined,
  );

class Purchase implements Command {
  readonly request: PurchaseRequest;

  constructor(request: PurchaseRequest) {
    this.request = request;
  }

  check(_model: Readonly<Model>): boolean {
    return true;
  }

  async run(model: Model, shop: Shop): Promise<void> {
    const { kind } = await shop.purchase(this.request);
    expect(allowed(model, this.request)).toContain(kind);
    model.state = after(model, 'purchase', this.request, kind)!;
    // One that holds units already is sold, and keeps what it has.
    const { requestId } = this.request;
    if (kind === 'sold' && !model.sold.has(requestId)) model.sold.set(requestId, this.request);
  }

  toString(): string {
    const { requestId, userId, quantity } = this.request;
    return `purchase(${requestId}, ${userId}, ${quantity})`;
  }
}

/** Of a strategy that does not remember requests: one that holds units may not ask again. */
class FirstPurchase extends Purchase {
  override check({ sold }: Readonly<Model>): boolean {
    return !sold.has(this.request.requestId);
  }
}

/** The buyer asks again for what was sold already. */
class Retry extends Purchase {
  override check({ sold }: Readonly<Model>): boolean {
    return sold.has(this.request.requestId);
  }

  override async run(model: Model, shop: Shop): Promise<void> {
    const { kind } = await shop.purchase(model.sold.get(this.request.requestId)!);
    expect(kind).toBe('sold');
  }

  override toString(): string {
    return `retry(${this.request.requestId})`;
  }
}

class Release implements Command {
  readonly requestId: string;

  constructor(requestId: string) {
    this.requestId = requestId;
  }

  check({ sold }: Readonly<Model>): boolean {
    return sold.has(this.requestId);
  }

  async run(model: Model, shop: Shop): Promise<void> {
    const request = model.sold.get(this.requestId)!;
    await shop.seller.release!(request);
    model.state = after(model, 'release', request, 'done')!;
    model.sold.delete(this.requestId);
  }

  toString(): string {
    return `release(${this.requestId})`;
  }
}

class Restock implements Command {
  readonly quantity: number;

  constructor(quantity: number) {
    this.quantity = quantity;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, shop: Shop): Promise<void> {
    await shop.seller.restock!(this.quantity);
    const nobody = { requestId: '', userId: '', quantity: this.quantity };
    model.state = after(model, 'restock', nobody, 'done')!;
  }

  toString(): string {
    return `restock(${this.quantity})`;
  }
}

class Crash implements Command {
  check(): boolean {
    return true;
  }

  run(_model: Model, shop: Shop): Promise<void> {
    return shop.crash();
  }

  toString(): string {
    return 'crash';
  }
}

const byId = (a: RecordedSale, b: RecordedSale): number => (a.requestId! < b.requestId! ? -1 : 1);

class Read implements Command {
  check(): boolean {
    return true;
  }

  async run(model: Model, shop: Shop): Promise<void> {
    if (shop.seller.close) await shop.restart();
    expect(await shop.seller.remaining()).toBe(model.state.available);
    const recorded = await shop.seller.recorded?.();
    if (!recorded) return;
    expect(recorded.toSorted(byId)).toEqual([...model.sold.values()].toSorted(byId));
  }

  toString(): string {
    return 'read';
  }
}

/** What is asked of a strategy is what it can do, and declares to keep. */
export interface Asked {
  mostUnits: number;
  remembers: boolean;
  release: boolean;
  restock: boolean;
}

const USERS = 3;

/** Sequences of commands. Requests have numbers of their own, so that a shorter sequence asks for the same ones. */
export function saleCommands({
  mostUnits,
  remembers,
  release,
  restock,
}: Asked): fc.Arbitrary<Iterable<Command>> {
  const number = fc.integer({ min: 1, max: 6 });
  const id = number.map((n) => `r${n}`);
  const request = fc
    .record({ n: number, quantity: fc.integer({ min: 1, max: mostUnits }) })
    .map(({ n, quantity }) => ({ requestId: `r${n}`, userId: `u${n % USERS}`, quantity }));
  return fc.commands(
    [
      request.map((asked) => (remembers ? new Purchase(asked) : new FirstPurchase(asked))),
      ...(remembers ? [id.map((requestId) => new Retry({ requestId, userId: '', quantity: 0 }))] : []),
      ...(release ? [id.map((requestId) => new Release(requestId))] : []),
      ...(restock ? [fc.integer({ min: 1, max: 3 }).map((quantity) => new Restock(quantity))] : []),
      fc.constant(new Crash()),
      fc.constant(new Read()),
    ],
    { maxCommands: 20, size: 'max' },
  );
}
