import {
  checkSale,
  type Client,
  type PurchaseOutcome,
  type PurchaseRequest,
  type RecordedSale,
  type Sale,
  type Seller,
  type Strategy,
} from '../../strategies/contract.ts';
import { TooLateError } from '../../strategies/errors.ts';
import { noteUndeclared } from '../ground/misfits.ts';
import type { Adapter, AnyShop } from './adapter.ts';
import { answerText, meaningOf, type Came } from './answers.ts';
import type { Order } from './shop.ts';

/**
 * The strategy of a shop in one process, which makes the shop when it is first asked for something.
 *
 * @param make calls what the user wrote, once
 */
export function strategyOf(make: () => AnyShop | Promise<AnyShop>, options: Adapter['options']): Strategy {
  const { name = 'shop', summary = 'sells by its own functions', supports = [] } = options;
  let made: Promise<AnyShop> | undefined;
  const shop = (): Promise<AnyShop> => (made ??= Promise.resolve().then(make).then(checked));
  return {
    connection: 'shared',
    ...options,
    name,
    summary,
    supports,
    async open(redis, sale) {
      checkSale(sale, { name, supports });
      await (await shop()).open(asTheirs(redis), sale);
    },
    seller: async (redis, sale) => sellerOf(await shop(), { redis, sale, supports }),
  };
}

/** A strategy that is made anew for each process. @param load evaluates a module for it */
export function adapted(adapter: Adapter, load: (file: string) => unknown): Strategy {
  const { options } = adapter;
  if (adapter.kind === 'function') return strategyOf(() => adapter.shop, options);
  // As in production: what the module does when it is loaded comes first.
  const module = load(adapter.file) as never;
  return strategyOf(() => adapter.build(module), options);
}

interface Selling {
  redis: Client;
  sale: Sale;
  supports: NonNullable<Strategy['supports']>;
}

function sellerOf(shop: AnyShop, { redis: given, sale, supports }: Selling): Seller {
  const redis = asTheirs(given);
  return {
    purchase: (request, lent) => purchase(shop, { redis: lent, sale, supports }, request),
    remaining: async () => unitsOf(await shop.left(redis, sale)),
    ...(shop.orders && { recorded: async () => Array.from(await shop.orders!(redis, sale), recordOf) }),
    ...(shop.release && { release: async (request) => void (await shop.release!(redis, sale, request)) }),
    ...(shop.restock && { restock: async (quantity) => void (await shop.restock!(redis, sale, quantity)) }),
    ...(shop.confirm && {
      async confirm(request) {
        if ((await shop.confirm!(redis, sale, request)) === false) throw new TooLateError(request.requestId);
      },
    }),
    ...(shop.job && { runJob: async () => ((await shop.job!(redis, sale)) === true ? 'worked' : 'idle') }),
    ...(shop.close && { close: async () => void (await shop.close!(redis, sale)) }),
  };
}

async function purchase(
  shop: AnyShop,
  { redis, sale, supports }: Selling,
  request: PurchaseRequest,
): Promise<PurchaseOutcome> {
  if (request.quantity > 1 && !supports.includes('several-units')) throw sellsOne(request.quantity);
  const came = await outcomeOf(async () => shop.buy(asTheirs(redis), sale, request));
  const means = meaningOf(came, shop.answers);
  if (means === 'unknown') throw (came as { threw: unknown }).threw;
  if (means) return means;
  throw undeclared((came as { returned: unknown }).returned);
}

const outcomeOf = (call: () => Promise<unknown>): Promise<Came> =>
  call().then(
    (returned) => ({ returned }),
    (threw: unknown) => ({ threw }),
  );

/** Adapters take the client as the shop's functions declare it. */
const asTheirs = (redis: Client): Parameters<AnyShop['open']>[0] => redis as Parameters<AnyShop['open']>[0];

/** A shop that counts below zero has none left. */
function unitsOf(left: unknown): number {
  if (left === null) return 0;
  const units = typeof left === 'string' && left.trim() !== '' ? Number(left) : left;
  if (typeof units === 'number' && Number.isSafeInteger(units)) return Math.max(0, units);
  throw new TypeError(
    `left() answered ${answerText(left)}: return the number of units that can still be bought`,
  );
}

function recordOf(order: Order): RecordedSale {
  if (typeof order === 'string') return { userId: order, quantity: 1 };
  const { userId, requestId, quantity = 1 } = order;
  return { userId, quantity, ...(requestId !== undefined && { requestId }) };
}

function sellsOne(quantity: number): Error {
  const message = `${quantity} units are bought at once, and the adapter does not say that the shop sells several`;
  const remedy =
    "hand request.quantity on and add supports: ['several-units'], or let everybody buy one unit";
  noteUndeclared({ message, remedy });
  return new Error(`${message}: ${remedy}`);
}

function undeclared(returned: unknown): Error {
  const message = `buy() answered ${answerText(returned)}, of which nobody has said what it means`;
  const remedy =
    returned === 0
      ? "give answers: { sold: '>=0' } if it answers what is left after the sale, or answers: { soldOut: 0 } if it answers 1 for yes and 0 for no"
      : returned === undefined
        ? 'return true for a sale and false for a no, or what answers: { sold, soldOut } of the adapter names'
        : 'add it to answers: { sold, soldOut, limitReached, alreadyYours, gaveUp } of the adapter';
  noteUndeclared({ message, remedy });
  return new Error(`${message}: ${remedy}`);
}

const REQUIRED = ['open', 'buy', 'left'] as const;

function checked(shop: AnyShop): AnyShop {
  const lacks = REQUIRED.find((name) => typeof (shop as Partial<AnyShop> | undefined)?.[name] !== 'function');
  if (lacks === undefined) return shop;
  throw new TypeError(`the adapter gives no function ${lacks}: give { open, buy, left }`);
}
