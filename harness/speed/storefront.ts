/**
 * What a purchase over HTTP costs: `npm run bench:storefront`. The shop and a bare handler, each in a process of its own,
 * sell by the same script in turns; both are judged by the CPU that they use, which neighbours disturb least. Whoever
 * asks must cost little beside them: sockets and prepared requests, and nothing that reads more than it has to.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pairedRatio } from '../bench/statistics.ts';
import { runRounds } from '../bench/trials.ts';
import { freshSeed } from '../ground/ambient.ts';
import { seededRandom } from '../ground/random.ts';
import { findServer } from '../redis/find/find-server.ts';
import { startServer } from '../redis/server.ts';
import type { SellingServer } from './storefront-server.ts';

const ROUNDS = 9;
const PURCHASES = 15_000;
const CONNECTIONS = 64;
/** Of a bare handler's purchases for the same CPU. */
const LEAST = 0.8;
const MOST_ASKING = 0.5;

/** One of the two that sell, and what each trial cost. */
class Seller {
  readonly name: SellingServer['kind'];
  readonly servingUs: number[] = [];
  readonly askingUs: number[] = [];
  readonly #process: ChildProcess;
  readonly #url: URL;
  #sold = 0;

  static async start(kind: SellingServer['kind'], redis: string, data: string): Promise<Seller> {
    const file = fileURLToPath(new URL('storefront-server.js', import.meta.url));
    const child = fork(file, [JSON.stringify({ kind, redis, data } satisfies SellingServer)]);
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ name: kind, stock: Number.MAX_SAFE_INTEGER });
    await fetch(new URL('/products', url), { method: 'POST', headers, body });
    return new Seller(kind, child, url);
  }

  private constructor(name: SellingServer['kind'], child: ChildProcess, url: string) {
    this.name = name;
    this.#process = child;
    this.#url = new URL(url);
  }

  async measure(): Promise<void> {
    const before = await this.#cpuMs();
    const own = process.cpuUsage();
    await this.#sell();
    const { user, system } = process.cpuUsage(own);
    this.askingUs.push((user + system) / PURCHASES);
    this.servingUs.push(((await this.#cpuMs()) - before) * (1_000 / PURCHASES));
  }

  async #cpuMs(): Promise<number> {
    this.#process.send('cpu');
    const [{ cpuMs }] = (await once(this.#process, 'message')) as [{ cpuMs: number }];
    return cpuMs;
  }

  async #sell(): Promise<void> {
    const first = this.#sold;
    this.#sold += PURCHASES;
    let next = first;
    const take = (): string | undefined => (next < this.#sold ? this.#request(next++) : undefined);
    await Promise.all(Array.from({ length: CONNECTIONS }, () => ask(this.#url, take)));
  }

  #request(n: number): string {
    const body = `{"product":"${this.name}","user":"user-${n}","token":"token-${n}","quantity":1}`;
    return `POST /purchase HTTP/1.1\r\nhost: localhost:8080\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  }

  close(): void {
    this.#process.disconnect();
  }
}

/** One connection that asks as long as there is something to be asked. */
async function ask(url: URL, take: () => string | undefined): Promise<void> {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
  const closed = once(socket, 'close');
  const go = (): void => {
    const request = take();
    if (request === undefined) socket.end();
    else socket.write(request, 'latin1');
  };
  answers(socket, go);
  go();
  await closed;
}

/** @throws where one is no sale: then there would be nothing to compare */
function answers(socket: Socket, each: () => void): void {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return;
    if (!text.startsWith('HTTP/1.1 200')) throw new Error(`it sold nothing: ${text}`);
    const length = Number(/content-length: (\d+)/i.exec(text)![1]);
    if (text.length < end + 4 + length) return;
    text = '';
    each();
  });
}

const words = (values: readonly number[]): string => {
  const sorted = values.toSorted((a, b) => a - b);
  return `${sorted[sorted.length >> 1]!.toFixed(1)} µs (${sorted[0]!.toFixed(1)} to ${sorted.at(-1)!.toFixed(1)})`;
};

const data = mkdtempSync(join(tmpdir(), 'oversell-speed-'));
const target = await startServer(await findServer({}));
try {
  const redis = target.options.path!;
  const sellers = await Promise.all(
    (['shop', 'bare'] as const).map((kind) => Seller.start(kind, redis, data)),
  );
  const [shop, bare] = sellers as [Seller, Seller];
  const measured = sellers.map((seller) => ({ name: seller.name, measure: () => seller.measure() }));
  const random = seededRandom(freshSeed());
  await runRounds(measured, 2, random); // warm
  for (const { servingUs, askingUs } of sellers) servingUs.length = askingUs.length = 0;
  await runRounds(measured, ROUNDS, random);
  for (const { name, servingUs, askingUs } of sellers) {
    process.stdout.write(`${name}: ${words(servingUs)} of CPU a purchase, asked for ${words(askingUs)}\n`);
  }
  const { median, low, high } = pairedRatio(bare.servingUs, shop.servingUs);
  const interval = [median, low, high].map((value) => value?.toFixed(3) ?? '–').join(' / ');
  process.stdout.write(`the shop's purchases for a bare handler's CPU: ${interval}, at least ${LEAST}\n`);
  const asking = pairedRatio(bare.askingUs, bare.servingUs).median;
  process.stdout.write(`asking beside the bare handler: ${asking?.toFixed(3)}, at most ${MOST_ASKING}\n`);
  for (const seller of sellers) seller.close();
} finally {
  await target.close();
  rmSync(data, { recursive: true });
}
