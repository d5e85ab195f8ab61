import { afterAll, beforeAll } from 'vitest';
import {
  openStorefront,
  type Storefront,
  type StorefrontOptions,
} from '../../harness/storefront/storefront.ts';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { thisServer } from './this-server.ts';

/** As `serve` has them, but for a port and a folder of its own. */
export async function storefrontOptions(
  data: string,
  given: Partial<StorefrontOptions> = {},
): Promise<StorefrontOptions> {
  return {
    strategy: luaReserveOnce,
    role: 'all',
    host: '127.0.0.1',
    port: 0,
    data,
    redisServer: (await thisServer()).path,
    prefix: 'shop:',
    consumers: 1,
    claimIdleMs: 500,
    orders: true,
    article: false,
    staleMs: 1_000,
    commandTimeoutMs: 3_000,
    onProgress: () => undefined,
    ...given,
  };
}

export interface Reply {
  status: number;
  headers: Headers;
  /** The body, as JSON where it is that. */
  body: Record<string, unknown>;
  text: string;
}

/** What buyers send to a storefront. */
export class Buyers {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async send(method: string, path: string, init: RequestInit = {}): Promise<Reply> {
    const response = await fetch(new URL(path, this.url), { method, ...init });
    const text = await response.text();
    const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
    return { status: response.status, headers: response.headers, body, text };
  }

  json(method: string, path: string, body: unknown): Promise<Reply> {
    return this.send(method, path, {
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  }

  open(name: string, stock: number, perUserLimit?: number): Promise<Reply> {
    return this.json('POST', '/products', {
      name,
      stock,
      ...(perUserLimit !== undefined && { perUserLimit }),
    });
  }

  buy(product: string, token: string, { user = token, quantity = 1 } = {}): Promise<Reply> {
    return this.json('POST', '/purchase', { product, user, token, quantity });
  }

  /** Settles when the order is stored, or released. */
  async stored(product: string, token: string): Promise<unknown> {
    for (;;) {
      const { body } = await this.send('GET', `/orders/${token}?product=${product}`);
      if (body['state'] !== 'queued') return body['state'];
    }
  }

  async ledger(product: string): Promise<{ token: string; user: string; quantity: number }[]> {
    const { body } = await this.send('GET', `/products/${product}/orders`);
    return body['orders'] as { token: string; user: string; quantity: number }[];
  }
}

/** A storefront for the tests of one file. */
export function aStorefront(given: Partial<StorefrontOptions> = {}): {
  storefront: Storefront;
  buyers: Buyers;
  data: string;
} {
  const holder = {} as ReturnType<typeof aStorefront>;
  beforeAll(async () => {
    holder.data = mkdtempSync(join(tmpdir(), 'oversell-shop-'));
    holder.storefront = await openStorefront(await storefrontOptions(holder.data, given));
    holder.buyers = new Buyers(holder.storefront.url!);
  });
  afterAll(async () => {
    await holder.storefront.close();
    rmSync(holder.data, { recursive: true });
  });
  return holder;
}
