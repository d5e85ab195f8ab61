import type { Random } from '../../harness/ground/random.ts';
import { systemClock } from '../../harness/ground/ambient.ts';
import { query } from './order-rows.ts';

/** What a buyer wanted, and has heard. */
export interface Bought {
  user: string;
  quantity: number;
  /** The last answer that tells something for sure. */
  told?: 'sold' | 'refused' | 'given-back';
  /** At some time nobody knew whether it took effect. */
  unknown?: true;
}

export interface CrowdOptions {
  product: string;
  /** So many have this limit together. */
  users: number;
  random: Random;
}

/** Buyers of a shop that may be gone at any moment: they ask again with the same token, give up, or give back. */
export class Crowd {
  readonly heard = new Map<string, Bought>();
  /** Answers by their status; 0: the connection broke or could not be had. */
  readonly statuses = new Map<number, number>();
  /** Where the shop is now. */
  url = '';
  readonly #options: CrowdOptions;
  #stopped = false;

  constructor(options: CrowdOptions) {
    this.#options = options;
  }

  /** So many buy at a time, one after the other, until they are told to stop. */
  async buy(buyers: number): Promise<void> {
    this.#stopped = false;
    await Promise.all(Array.from({ length: buyers }, () => this.#buying()));
  }

  stop(): void {
    this.#stopped = true;
  }

  async #buying(): Promise<void> {
    const { users, random, product } = this.#options;
    while (!this.#stopped) {
      const token = `t${this.heard.size}`;
      const bought: Bought = { user: `u${random.below(users)}`, quantity: 1 + random.below(2) };
      this.heard.set(token, bought);
      await this.#ask(bought, 'POST', '/purchase', JSON.stringify({ product, token, ...wish(bought) }));
      const regrets = bought.told === 'refused' ? false : random.below(8) === 0;
      if (regrets) {
        await this.#ask(bought, 'DELETE', `/purchase/${token}?product=${product}&user=${bought.user}`);
      }
    }
  }

  /** Until the answer is sure, or the buyer gives up. */
  async #ask(bought: Bought, method: string, path: string, body?: string): Promise<void> {
    const { random } = this.#options;
    while (!this.#stopped) {
      const status = await this.#send(method, path, body);
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      if (status === 200) bought.told = method === 'POST' ? 'sold' : 'given-back';
      else if (status !== 0 && status < 500 && status !== 429) bought.told = 'refused';
      else {
        // Also of a connection that could not be had: what is allowed too much is not claimed.
        if (status === 0 || status === 504) bought.unknown = true;
        if (random.below(20) === 0) return;
        await systemClock.sleep(5);
        continue;
      }
      return;
    }
  }

  async #send(method: string, path: string, body?: string): Promise<number> {
    try {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const response = await fetch(new URL(path, this.url), { method, headers, ...(body && { body }) });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return 0;
    }
  }
}

const wish = ({ user, quantity }: Bought): Pick<Bought, 'user' | 'quantity'> => ({ user, quantity });

/** What is wrong with the orders in the database, by what the crowd has heard. Nothing may be under way any more. */
export async function wrongWith(
  crowd: Crowd,
  sale: { database: string; stock: number; left: number; perUserLimit: number },
): Promise<string[]> {
  const { database, stock, left, perUserLimit } = sale;
  const released = new Set((await query(database, 'SELECT token FROM releases')).map(({ token }) => token));
  const orders = await query(database, 'SELECT token, buyer, units FROM orders');
  const wrong: string[] = [];
  const held = new Map<string, number>();
  const rows = new Map(orders.map((row) => [String(row['token']), row]));
  if (rows.size < orders.length) wrong.push('an order has two rows');
  for (const [token, { buyer, units }] of rows) {
    const bought = crowd.heard.get(token);
    if (bought?.user !== buyer || bought?.quantity !== Number(units))
      wrong.push(`nobody asked for ${token} so`);
    else if (bought.told === 'refused' && !bought.unknown) wrong.push(`${token} was refused, and has a row`);
    if (released.has(token)) continue;
    if (bought?.told === 'given-back') wrong.push(`${token} was given back, and is held`);
    held.set(String(buyer), (held.get(String(buyer)) ?? 0) + Number(units));
  }
  for (const [token, { told }] of crowd.heard) {
    if (told === 'sold' && !rows.has(token)) wrong.push(`${token} was sold, and has no row`);
  }
  for (const [user, units] of held) if (units > perUserLimit) wrong.push(`${user} holds ${units}`);
  const sum = [...held.values()].reduce((total, units) => total + units, 0);
  if (sum + left !== stock) wrong.push(`${sum} are held and ${left} left of ${stock}`);
  const [aside] = await query(database, 'SELECT count(*) AS n FROM set_aside');
  if (Number(aside!['n']) > 0) wrong.push('entries were set aside');
  return wrong;
}
