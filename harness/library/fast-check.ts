/** What `import … from 'oversell/fast-check'` finds: sales and commands that fast-check draws, and a model that answers. */
import * as fc from 'fast-check';
import type { PurchaseRequest, RecordedSale, Sale } from '../../strategies/contract.ts';
import type { Op } from '../documents/vocabulary.ts';
import { outcomeOfCall } from '../explorer/process/call-outcome.ts';
import type { Call, Settled } from '../explorer/process/instance-events.ts';
import type { DrivenSale } from '../explorer/sockets/driven-sale.ts';
import { runningOurs, watchClients } from './earlier-clients.ts';
import { DrivenShop, MOST_AT_ONCE, type ShopOptions } from './driven-shop.ts';
import { Expected, wordsOf } from './expected.ts';
import type { Explorable } from './subjects.ts';

export type { DrivenShop as Shop, Explorable, ShopOptions };

/** One step of a run: what buyers and the office ask for, at once if it is several. */
export type SaleCommand = fc.AsyncCommand<Expected, DrivenSale>;

export interface SalesOptions {
  /** Most units on sale; default 3. */
  mostStock?: number;
}

export interface CommandsOptions {
  /** Whether a request that was sold is made again, as by a buyer who had no answer; default true. */
  repeats?: boolean;
  /** Most operations that are under way at once, from 1 to 3; default 3. */
  atOnce?: 1 | 2 | 3;
  /** Most steps of a run; default 12. */
  maxCommands?: number;
  /** As fast-check prints it beside the commands that failed: with its seed and path they come again. */
  replayPath?: string;
}

/**
 * Starts a private Redis, as `explore()` does, on which this can be run again and again.
 *
 * @param subject as that of `explore()`
 * @throws as `explore()`
 */
export const shopOf = (subject: Explorable, options: ShopOptions = {}): Promise<DrivenShop> =>
  runningOurs(() => DrivenShop.open(subject, options));

/** Sales of a few units, with a limit per user where the code supports one. */
export function sales(shop: DrivenShop, { mostStock = 3 }: SalesOptions = {}): fc.Arbitrary<Sale> {
  const limited = shop.supports('limit');
  const perUserLimit = limited ? fc.integer({ min: 1, max: 3 }) : fc.constant(undefined);
  // It stays as it is: fast-check shrinks only commands that ran, and in another sale others would.
  return fc.noShrink(
    fc
      .record({ stock: fc.integer({ min: 0, max: mostStock }), perUserLimit })
      .map(({ stock, perUserLimit: limit }) => ({
        sku: 'item',
        stock,
        ...(limit !== undefined && { perUserLimit: limit }),
      })),
  );
}

/** Sequences of what can be asked of it: purchases, the same again, releases, confirms and restocks, also several at once. */
export function saleCommands(
  shop: DrivenShop,
  { repeats = true, atOnce = MOST_AT_ONCE, maxCommands = 12, replayPath }: CommandsOptions = {},
): fc.Arbitrary<Iterable<SaleCommand>> {
  const { abilities, instances } = shop;
  const others = (['release', 'restock', 'confirm'] as const).filter((op) => abilities[op]);
  // Little happens in a sale in which more comes back than is bought.
  const op = fc.oneof(
    { weight: 4, arbitrary: fc.constant<Op>('purchase') },
    ...others.map((other) => ({ weight: 1, arbitrary: fc.constant<Op>(other) })),
  );
  const most = shop.supports('several-units') ? MOST_UNITS : 1;
  const operation = fc
    .record({
      op,
      n: fc.integer({ min: 1, max: REQUESTS }),
      process: fc.nat({ max: instances - 1 }),
    })
    .map(({ n, ...asked }) => ({ ...asked, request: numbered(n, most) }));
  const order = fc.array(fc.nat({ max: MOST_MESSAGES }), { minLength: STEPS, maxLength: STEPS });
  const one = operation.map((asked) => new Asking([asked], [], repeats));
  const constraints = { maxCommands, size: 'max', ...(replayPath !== undefined && { replayPath }) } as const;
  if (atOnce === 1) return fc.commands([one], constraints);
  const several = fc
    .tuple(fc.array(operation, { minLength: 2, maxLength: atOnce }), order)
    .map(([asked, of]) => new Asking(asked, of, repeats));
  return fc.commands([one, several], constraints);
}

/**
 * Opens the sale in fresh processes on the emptied Redis, runs the commands, and compares each answer with the model's, and at
 * the end what is left and remembered.
 *
 * @throws Error where the model answers otherwise; as `explore()` where the code cannot be run
 */
export async function runSale(shop: DrivenShop, sale: Sale, commands: Iterable<SaleCommand>): Promise<void> {
  await shop.sell(sale, async (driven) => {
    const model = new Expected(sale);
    await fc.asyncModelRun(() => ({ model, real: driven }), commands);
    const { left, ledger } = await driven.atRest();
    require(model.left(unitsIn(left)));
    if (ledger) require(model.ledger(linesIn(ledger), driven.abilities.confirm));
  });
}

/** Requests have numbers, of which each is asked with the same user and quantity; so a shorter sequence asks for the same ones. */
const REQUESTS = 8;
const USERS = 4;
const MOST_UNITS = 2;
/** Messages that may come next at most, and steps of which the order is drawn. */
const MOST_MESSAGES = 5;
const STEPS = 16;

const numbered = (n: number, most: number): PurchaseRequest => ({
  requestId: `r${n}`,
  userId: `u${1 + ((n - 1) % USERS)}`,
  quantity: 1 + ((n - 1) % most),
});

interface Operation {
  op: Op;
  request: PurchaseRequest;
  process: number;
}

class Asking implements SaleCommand {
  readonly #asked: readonly Operation[];
  readonly #order: readonly number[];
  readonly #repeats: boolean;
  /** What was asked when it last ran, as people read it. */
  #told = '';

  constructor(asked: readonly Operation[], order: readonly number[], repeats: boolean) {
    this.#asked = asked;
    this.#order = order;
    this.#repeats = repeats;
  }

  check(model: Readonly<Expected>): boolean {
    return this.#possible(model).length > 0;
  }

  async run(model: Expected, real: DrivenSale): Promise<void> {
    const asked = this.#possible(model);
    const commands: string[] = [];
    const words = asked.map(({ op, request, process }) => `${wordsOf(op, request)}${at(process)}`);
    this.#told = asked.length === 1 ? words[0]! : `at once(${words.join(', ')})`;
    const settled = await real.ask(
      asked.map(({ op, request, process }) => ({ process, call: callOf(op, request) })),
      this.#order,
      (process, command) => commands.push(`${command}${at(process)}`),
    );
    if (asked.length > 1) this.#told += ` as ${commands.join('; ')}`;
    const ended = asked.map(({ op, request }, i) => ({
      op,
      request,
      outcome: outcomeOf(op, request, settled[i]),
    }));
    require(model.takes(ended));
  }

  toString(): string {
    return this.#told;
  }

  /** In other sequences it is asked beside others: what is told is that of one run. */
  [fc.cloneMethod](): Asking {
    return new Asking(this.#asked, this.#order, this.#repeats);
  }

  /**
   * Those that can be asked there, and of which it is known what to expect: nobody asks again who was refused, or has released, as
   * what that is told was decided before.
   */
  #possible({ asked, held }: Readonly<Expected>): Operation[] {
    const possible: Operation[] = [];
    for (const one of this.#asked) {
      const { op, request } = one;
      const { requestId } = request;
      const same = possible.filter(
        (other) => other.op !== 'restock' && other.request.requestId === requestId,
      );
      const isKnown = this.#repeats ? !asked.has(requestId) || held.has(requestId) : !asked.has(requestId);
      const mayRepeat =
        same.length === 0 || (this.#repeats && same.every((other) => other.op === 'purchase'));
      if (op === 'restock') possible.push(one);
      else if (op === 'purchase' ? isKnown && mayRepeat : held.has(requestId) && same.length === 0)
        possible.push(one);
    }
    return possible;
  }
}

const at = (process: number): string => (process === 0 ? '' : ` at ${process + 1}`);

const callOf = (op: Op, request: PurchaseRequest): Call =>
  op === 'restock' ? { method: op, quantity: request.quantity } : { method: op, request };

/** @throws Error if it is none: nothing went wrong that could have cost the answer */
function outcomeOf(
  op: Op,
  request: PurchaseRequest,
  settled: Settled | undefined,
): ReturnType<typeof outcomeOfCall> {
  if (!settled) throw new Error(`${wordsOf(op, request)} never ends`);
  const outcome = outcomeOfCall(op, settled);
  if (outcome !== 'unknown' || settled.kind === 'returned') return outcome;
  throw new Error(
    `${wordsOf(op, request)} throws, and nobody has said what that means: ${settled.message} (name it in answers of the adapter, or throw a DefiniteError of oversell/errors)`,
  );
}

function unitsIn(left: Settled | undefined): number {
  if (left?.kind === 'returned' && typeof left.value === 'number') return left.value;
  throw new Error(`what is left is not told: ${saidBy(left)}`);
}

function linesIn(ledger: Settled): readonly RecordedSale[] {
  if (ledger.kind === 'returned' && Array.isArray(ledger.value)) return ledger.value as RecordedSale[];
  throw new Error(`what is remembered is not told: ${saidBy(ledger)}`);
}

function saidBy(settled: Settled | undefined): string {
  if (!settled) return 'the call never ends';
  return settled.kind === 'threw' ? settled.message : (JSON.stringify(settled.value) ?? 'undefined');
}

/** @throws Error of what is wrong */
function require(wrong: string | undefined): void {
  if (wrong !== undefined) throw new Error(wrong);
}

watchClients();
