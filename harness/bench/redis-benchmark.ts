import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Client, Sale, Strategy } from '../../strategies/contract.ts';
import { lentThread } from '../ground/busy.ts';
import { EnvironmentError } from '../ground/errors.ts';
import { onExit } from '../ground/lifetime.ts';
import { ours } from '../ground/ours.ts';
import { HELD_MS, patientMs } from '../ground/patience.ts';
import { seededRandom } from '../ground/random.ts';
import { atMost, LATE, unlessAborted } from '../ground/waiting.ts';
import { overhear } from '../redis/clients.ts';
import type { RedisTarget } from '../redis/target.ts';
import { Connections } from '../load/connections.ts';
import { Failures } from '../load/failures.ts';
import { neverSettled } from '../load/never-settled.ts';
import { sellerEnv } from '../load/seller-env.ts';

/** A command that redis-benchmark can repeat, and the state that it needs. */
export interface Repeatable {
  command: string;
  args: string[];
  /** Brings the server into that state, without anything else in it. */
  prepare: (redis: Client) => Promise<void>;
}

/** Enough clients for the most that a server can do with pipelines of 16. */
export const PIPELINED = { clients: 64, pipeline: 16 };

/** As many ids as redis-benchmark's int can hold. */
const MOST_IDS = 2 ** 31 - 1;
const SECONDS = 0.5;
/** Asked first, to know how many make half a second. */
const FIRST_REQUESTS = 10_000;
/** More than can be sold meanwhile, and little enough for strategies that keep a token a unit. */
const STOCK = 2_000_000;
/** To put so many on sale, one token at a time, a busy machine may need longer than code is let hold its thread. */
const OPEN_MS = 120_000;
/** To overhear two purchases. */
const SMALL_STOCK = 1_000;
const REQUEST = { requestId: 'ceiling-request', userId: 'ceiling-user', quantity: 1 };

export const DECR: Repeatable = {
  command: 'DECR',
  args: ['DECR', 'ceiling'],
  prepare: async (redis) => void (await redis.set('ceiling', STOCK)),
};

/** Whether redis-benchmark can be let loose: it knows no key prefix, and its data are removed with all others. */
export const canBenchmark = (target: RedisTarget): boolean =>
  target.kind === 'private' && target.benchmarkPath !== undefined;

/**
 * The one command by which a strategy sells, with ids that differ each time; undefined if it takes several, or fails. It is
 * overheard from a sale and not declared, so that it is what the strategy does.
 */
export async function ownCommand(
  target: RedisTarget,
  strategy: Strategy,
  signal?: AbortSignal,
): Promise<Repeatable | undefined> {
  const connections = new Connections(new Failures());
  // A product of its own: another strategy may keep something else under the same name.
  const sale: Sale = { sku: `ceiling-${strategy.name}`, stock: SMALL_STOCK };
  try {
    const redis = await connections.open(target, strategy);
    // Code that throws here, or never settles, has no ceiling of its own. What it does in a trial is told there.
    const overhearing = settledIn(patientMs(HELD_MS), () => overheardSale(redis, strategy, sale)).catch(
      () => [],
    );
    const overheard = await unlessAborted(signal, overhearing);
    if (overheard === LATE || overheard.length !== 1) return undefined;
    const [name, ...args] = overheard[0]!;
    return {
      command: `${name} (${strategy.name})`,
      args: [name!, ...args.map(withFreshIds)],
      prepare: async (lobby) => {
        const limitMs = patientMs(OPEN_MS);
        const opened = await settledIn(limitMs, () => strategy.open(lobby, { ...sale, stock: STOCK }));
        if (opened === LATE) throw neverSettled(`${strategy.name}: open()`, limitMs);
      },
    };
  } finally {
    connections.disconnect();
  }
}

/** Code of a strategy has the thread meanwhile, and might never come back. */
async function settledIn<T>(limitMs: number, run: () => Promise<T>): Promise<T | typeof LATE> {
  using _ = lentThread();
  return await atMost(limitMs, run());
}

/** The commands of one purchase. */
async function overheardSale(redis: Client, strategy: Strategy, sale: Sale): Promise<string[][]> {
  await strategy.open(redis, sale);
  const seller = await strategy.seller(redis, sale, sellerEnv(seededRandom(0), 1));
  await seller.purchase({ ...REQUEST, requestId: 'first' }, redis); // the server learns the script
  const overheard: string[][] = [];
  const stop = overhear(redis, ({ name, args }) => overheard.push([name.toUpperCase(), ...args.map(String)]));
  await seller.purchase(REQUEST, redis);
  stop();
  await seller.close?.();
  return overheard;
}

/** redis-benchmark puts another number there in each request. */
const withFreshIds = (arg: string): string =>
  arg.replaceAll(REQUEST.requestId, '__rand_int__').replaceAll(REQUEST.userId, '__rand_int__');

/**
 * Requests per second, by redis-benchmark, of one command on an otherwise empty server.
 *
 * @throws EnvironmentError if redis-benchmark fails
 */
export async function benchmark(
  target: RedisTarget,
  repeatable: Repeatable,
  { clients, pipeline }: { clients: number; pipeline: number },
  estimate: number | null,
): Promise<number> {
  const connections = new Connections(new Failures());
  try {
    const redis = await connections.open(target);
    const measure = async (requests: number): Promise<number> => {
      await redis.flushdb();
      await repeatable.prepare(redis);
      const options = ['-c', clients, '-P', pipeline, '-n', requests, '-r', MOST_IDS, '--csv'].map(String);
      return requestsPerSecond(target, [...options, ...repeatable.args]);
    };
    const expected = estimate ?? (await measure(FIRST_REQUESTS));
    const rate = await measure(Math.max(FIRST_REQUESTS, Math.ceil(expected * SECONDS)));
    await redis.flushdb();
    return rate;
  } finally {
    connections.disconnect();
  }
}

/**
 * Runs a program in a session of its own, where no Ctrl-C reaches it: what it is at counts if it ends before we do. When
 * our process ends, however it does, so does the program: without its server it would try for ever.
 */
const WATCHER = `
  exec 3<&0
  "$@" 3<&- </dev/null &
  tool=$!
  { read -r end <&3; kill -KILL "$tool"; } >/dev/null 2>&1 &
  reader=$!
  wait "$tool"
  status=$?
  kill -KILL "$reader" 2>/dev/null
  exit "$status"
`;

async function requestsPerSecond({ benchmarkPath, options }: RedisTarget, args: string[]): Promise<number> {
  const { path, host, port } = options;
  const where = path === undefined ? ['-h', host!, '-p', String(port)] : ['-s', path];
  const words = ['-c', WATCHER, 'oversell-benchmark', benchmarkPath!, ...where, ...args];
  const running = ours(() => spawn('/bin/sh', words, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] }));
  const end = (): void => void running.stdin.end();
  running.stdin.on('error', () => undefined); // it has ended already
  const forget = onExit({ release: async () => end(), releaseNow: end });
  let said = '';
  for (const stream of [running.stdout, running.stderr] as Readable[])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(running, 'close').finally(() => {
    end();
    forget();
  });
  const rate = Number(/","(\d+\.\d+)"/.exec(said.trim().split('\n').at(-1)!)?.[1]);
  if (rate > 0) return rate;
  throw new EnvironmentError(
    'NO_CEILING',
    `redis-benchmark printed what oversell cannot read: ${said.trim()}`,
    'measure without it: give --redis-server a path that has no redis-benchmark beside it',
  );
}
