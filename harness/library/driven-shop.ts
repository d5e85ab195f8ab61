import type { Feature, Sale } from '../../strategies/contract.ts';
import type { Abilities } from '../explorer/process/seller-abilities.ts';
import type { DrivenSale } from '../explorer/sockets/driven-sale.ts';
import { systemClock as clock, yearAhead } from '../ground/ambient.ts';
import { UsageError, type RunError } from '../ground/errors.ts';
import { unlessLost } from '../ground/waiting.ts';
import { runningOurs } from './earlier-clients.ts';
import { chosenSubject, type Chosen, type Explorable } from './subjects.ts';

/** What sells, and in how many processes. */
export interface ShopOptions {
  /** Of a file that exports several: the name of the one that is meant. */
  strategy?: string;
  /** Application processes, each with its own memory; default 2, and 1 of what `fromFunction()` made. */
  instances?: number;
}

/** Purchases that a process may have to serve at once. */
export const MOST_AT_ONCE = 3;
const MOST_INSTANCES = 4;

type Drive = (sale: Sale, body: (driven: DrivenSale) => Promise<void>) => Promise<void>;

/** Code that sells, on a private server that is its own until it is closed. */
export class DrivenShop implements AsyncDisposable {
  readonly name: string;
  readonly instances: number;
  readonly abilities: Abilities;
  readonly #supports: readonly Feature[];
  readonly #drive: Drive;
  readonly #close: () => Promise<void>;
  #isClosed = false;
  /** One sale after the other: they share the server. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    { name, supports = [] }: Chosen['subject']['strategy'],
    instances: number,
    abilities: Abilities,
    means: { drive: Drive; close: () => Promise<void> },
  ) {
    this.name = name;
    this.instances = instances;
    this.abilities = abilities;
    this.#supports = supports;
    this.#drive = means.drive;
    this.#close = means.close;
  }

  /** @throws as `explore()` */
  static async open(explorable: Explorable, { strategy, instances }: ShopOptions): Promise<DrivenShop> {
    const { findServer } = await import('../redis/find/find-server.ts');
    const { startServer } = await import('../redis/server.ts');
    const { ServerMemo } = await import('../explorer/server/memo.ts');
    const chosen = await chosenSubject(explorable, strategy);
    const processes = processesOf(chosen, instances);
    const lost = new AbortController();
    const loss = { onLost: (fault: RunError) => lost.abort(fault), doing: () => undefined };
    const target = await startServer(await findServer({}), { loss });
    const memo = await ServerMemo.open(target);
    const close = async (): Promise<void> => {
      await memo.close();
      await target.close();
    };
    const { subject, path, isOneProcess } = chosen;
    const driving = driver({ venue: { subject, memo, target }, instances: processes, path, isOneProcess });
    const drive: Drive = (sale, body) => unlessLost(lost.signal, driving(sale, body));
    try {
      let abilities: Abilities | undefined;
      await drive({ sku: 'item', stock: 1 }, async (driven) => void ({ abilities } = driven));
      return new DrivenShop(subject.strategy, processes, abilities!, { drive, close });
    } catch (error) {
      await close();
      throw error;
    }
  }

  supports(feature: Feature): boolean {
    return this.#supports.includes(feature);
  }

  /** Opens the sale on the emptied server, in fresh processes that end with `body`. */
  async sell(sale: Sale, body: (driven: DrivenSale) => Promise<void>): Promise<void> {
    if (this.#isClosed) throw CLOSED;
    const before = this.#last;
    const selling = before.then(() => runningOurs(() => this.#drive(sale, body)));
    this.#last = selling.catch(() => undefined);
    await selling;
  }

  /** Ends the server. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#last;
    await this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const CLOSED = new UsageError(
  'SHOP_CLOSED',
  'the shop is closed, and its Redis has ended',
  'close it once all that runs on it is over: await fc.assert(…) first',
);

interface Driver {
  venue: Parameters<typeof DrivenSale.open>[1];
  instances: number;
  path: string | undefined;
  isOneProcess: boolean;
}

function driver({ venue, instances, path, isOneProcess }: Driver): Drive {
  const epochMs = yearAhead(clock);
  let sales = 0;
  return async ({ sku, ...rest }, body) => {
    const { DrivenSale } = await import('../explorer/sockets/driven-sale.ts');
    const { virtualGlobals } = await import('../explorer/process/virtual.ts');
    const { locating } = await import('../wire/refusal.ts');
    const { forgetMisfits } = await import('../ground/misfits.ts');
    // What was imported already may keep something of an earlier sale, under its name.
    const sale = { ...rest, sku: isOneProcess ? `${sku}-${++sales}` : sku };
    using _ = virtualGlobals(epochMs);
    forgetMisfits();
    await locating(path, async () => {
      await using driven = await DrivenSale.open({ sale, instances, purchases: MOST_AT_ONCE }, venue);
      await body(driven);
    });
  };
}

/** @throws UsageError */
function processesOf({ isOneProcess }: Chosen, asked: number | undefined): number {
  const most = isOneProcess ? 1 : MOST_INSTANCES;
  const instances = asked ?? Math.min(2, most);
  if (Number.isInteger(instances) && instances >= 1 && instances <= most) return instances;
  throw new UsageError(
    'BAD_OPTION',
    `instances is ${instances}`,
    isOneProcess
      ? 'give 1: the functions of fromFunction() are there once'
      : `give a whole number from 1 to ${most}`,
  );
}
