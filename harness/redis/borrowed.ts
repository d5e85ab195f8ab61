import { readFileSync } from 'node:fs';
import type { Client } from '../../strategies/contract.ts';
import { systemClock as clock } from '../ground/ambient.ts';
import { EnvironmentError, RunError, UsageError } from '../ground/errors.ts';
import { onExit } from '../ground/lifetime.ts';
import { patientMs, SILENT_MS } from '../ground/patience.ts';
import type { RedisAddress } from '../ground/redis-url.ts';
import { atMost, LATE } from '../ground/waiting.ts';
import { nameServer } from '../wire/network.ts';
import { redisAddress } from './address.ts';
import { clientOf } from './clients.ts';
import { firstWords, isRedis } from './first-words.ts';
import { readServerInfo, UNTOLD, type ServerInfo } from './info.ts';
import { ServerWatch, type LossListener } from './server-watch.ts';
import type { ConnectionOptions, RedisTarget } from './target.ts';
import { CHECK_SERVER, CHECK_TLS, noRedis, silent, unusable } from './unusable.ts';

/** The function libraries of the built-in strategies; all carry this prefix. */
const OUR_LIBRARIES = [
  import.meta.resolve('#lua/function-decrement.lua'),
  import.meta.resolve('#lua/function-reserve-once.lua'),
];
const LIBRARY_PREFIX = 'oversell_';

/** Library name → source. */
type Libraries = ReadonlyMap<string, string>;

/**
 * Uses a server of the user's, and leaves it as it was: every key that the run touches begins with
 * `oversell:<runId>:`, and `close` removes those keys and the function libraries that were not there before.
 * Scripts stay in the server's script cache, which nothing can remove one by one. Two runs at a time should not
 * share a server: the first to end takes the libraries away.
 *
 * @param url see parseRedisUrl
 * @param runId unique to the run; letters, digits, `-` and `_`
 * @param tlsCa see redisAddress; `loss` is told when the server answers nothing any more
 * @throws UsageError if the server cannot be used like this; EnvironmentError if it does not answer
 */
export async function borrowServer(
  url: string,
  runId: string,
  { tlsCa, loss }: { tlsCa?: string; loss?: LossListener } = {},
): Promise<RedisTarget> {
  if (!/^[\w-]+$/.test(runId)) throw new RangeError(`runId "${runId}" would not be safe in a pattern`);
  const options = redisAddress(url, tlsCa);
  const forget = nameServer(options);
  const keyPrefix = `oversell:${runId}:`;
  const { info, libraries: before } = await requireFit(options, (redis) => requireBroom(redis, keyPrefix));
  const description = describeBorrowed(info, options);
  const watch = loss && new ServerWatch({ options, description }, loss);
  const close = async (): Promise<void> => {
    watch?.close();
    unregister();
    await visit(options, async (redis) => {
      await removeKeys(redis, keyPrefix);
      for (const name of (await readLibraries(redis)).keys()) {
        if (!before.has(name)) await redis.function('DELETE', name);
      }
    }).catch((error: unknown) => {
      throw new EnvironmentError(
        'KEYS_LEFT',
        `keys of this run may remain on the server: ${(error as Error).message}`,
        `redis-cli --scan --pattern '${keyPrefix}*' | xargs -r redis-cli UNLINK`,
        { cause: error },
      );
    });
    forget();
  };
  const unregister = onExit({ release: close });
  return {
    kind: 'borrowed',
    description,
    version: info.version,
    options: { ...options, keyPrefix },
    ...(info.whenFull !== undefined && { memoryIsLimited: true }),
    close,
  };
}

/** For people: "Redis 7.0.15 (yours, at shop:6379, over TLS)". */
export function describeBorrowed({ product, version }: ServerInfo, address: RedisAddress): string {
  const where = address.path ?? `${address.host}:${address.port}`;
  return `${product} ${version} (yours, at ${where}${address.tls ? ', over TLS' : ''})`;
}

/**
 * Looks at a server of the user's before anything is written there.
 *
 * @param further whatever else is asked of it
 * @throws UsageError if its owner's keys or functions would suffer, or it has not the database; EnvironmentError if it does
 * not answer
 */
export function requireFit(
  options: ConnectionOptions,
  further: (redis: Client) => Promise<void> = async () => undefined,
): Promise<{ info: ServerInfo; libraries: Libraries }> {
  return visit(options, async (redis) => {
    await requireDatabase(redis, options);
    const info = await readServerInfo(redis);
    refuseUnfit(info);
    await further(redis);
    const libraries = await readLibraries(redis);
    refuseForeignLibraries(libraries);
    return { info, libraries };
  });
}

function refuseUnfit({ cluster, role, version, whenFull = 'noeviction' }: ServerInfo): void {
  if (version === UNTOLD)
    throw unfit('does not tell its version (INFO)', 'give one that is a Redis or a Valkey');
  if (cluster) throw unfit('is a node of a cluster', 'give a single server, or leave --redis out');
  if (role === 'sentinel') throw unfit('is a Sentinel', 'give the primary that it watches');
  if (role !== 'master') throw unfit('is a replica', 'give its primary');
  if (whenFull === 'noeviction') return;
  throw unfit(
    `evicts keys when its memory is full (maxmemory-policy ${whenFull}), and a run would have it evict its owner's`,
    'give one without maxmemory or with maxmemory-policy noeviction, or leave --redis out',
  );
}

const unfit = (what: string, remedy: string): UsageError =>
  new UsageError('UNFIT_SERVER', `--redis: that server ${what}`, remedy);

/** Asked for by name: when a client connects, ioredis takes a database that is refused for the first one. */
async function requireDatabase(redis: Client, { db = 0 }: ConnectionOptions): Promise<void> {
  if (db === 0) return;
  await redis.call('SELECT', db).catch((error: Error) => {
    if (!/index|range/i.test(error.message)) throw error;
    throw new UsageError(
      'NO_SUCH_DATABASE',
      `--redis: that server has no database ${db}: ${error.message}`,
      'give the number of one that it has, or none for the first',
      { cause: error },
    );
  });
}

/** Whoever may write and not tidy up would leave its keys there: known before anything is written. */
async function requireBroom(redis: Client, keyPrefix: string): Promise<void> {
  await redis.ping(); // whoever watches the server asks so
  await redis.scan('0', 'MATCH', `${keyPrefix}*`, 'COUNT', 1);
  await redis.unlink(`${keyPrefix}nothing`);
}

/** Strategies load their library with REPLACE, which must not hit somebody else's. */
function refuseForeignLibraries(present: Libraries): void {
  for (const url of OUR_LIBRARIES) {
    const source = readFileSync(new URL(url), 'utf8');
    const name = /^#!lua name=(\w+)/.exec(source)?.[1] ?? '';
    const other = present.get(name);
    if (other === undefined || other === source) continue;
    throw new UsageError(
      'FOREIGN_LIBRARY',
      `--redis: that server has a function library called ${name} that is not ours, and a run would replace it`,
      `use another server, or remove it there if nobody needs it: FUNCTION DELETE ${name}`,
    );
  }
}

async function readLibraries(redis: Client): Promise<Libraries> {
  let reply: unknown;
  try {
    reply = await redis.call('FUNCTION', 'LIST', 'LIBRARYNAME', `${LIBRARY_PREFIX}*`, 'WITHCODE');
  } catch (error) {
    if (error instanceof Error && /unknown command/i.test(error.message)) return new Map(); // before 7.0
    throw error;
  }
  return new Map(
    (reply as string[][]).map((fields) => [after(fields, 'library_name'), after(fields, 'library_code')]),
  );
}

/** The value of a field in a reply that lists names and values in turn. */
const after = (fields: string[], name: string): string => fields[fields.indexOf(name) + 1] ?? '';

/**
 * Unlinks the keys under the prefix. SCAN sees each key that is there throughout; commands that were on their way when
 * an interrupted run let go of its connections may still add some, so the end is where none is found.
 */
async function removeKeys(redis: Client, prefix: string): Promise<void> {
  let found: number;
  do {
    found = 0;
    let cursor = '0';
    do {
      const [next, listed] = pageOf(await redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1000));
      if (next === cursor && next !== '0') throw new TypeError('SCAN goes on without an end');
      // Nothing else, whatever a server lists.
      const keys = listed.filter((key) => key.startsWith(prefix));
      if (keys.length > 0) await redis.unlink(...keys);
      found += keys.length;
      cursor = next;
    } while (cursor !== '0');
  } while (found > 0);
}

function pageOf(reply: unknown): [next: string, keys: string[]] {
  const [next, keys] = Array.isArray(reply) ? (reply as unknown[]) : [];
  if (typeof next === 'string' && Array.isArray(keys)) return [next, keys as string[]];
  throw new TypeError('SCAN is answered by no page');
}

/** One short connection that gives up at once instead of trying for ever. */
async function visit<T>(options: ConnectionOptions, task: (redis: Client) => Promise<T>): Promise<T> {
  const silentMs = patientMs(SILENT_MS);
  const impatient = {
    lazyConnect: true,
    connectTimeout: silentMs,
    retryStrategy: () => null,
    enableReadyCheck: false, // it would write of a login that may not ask for INFO
  };
  const redis = clientOf({ options }, impatient);
  const check = options.tls ? CHECK_TLS : CHECK_SERVER;
  let cause: Error | undefined;
  redis.on('error', (error: Error) => (cause = error));
  try {
    return await answered(redis, { silentMs, check }, task);
  } catch (error) {
    if (error instanceof RunError) throw error;
    const reason = cause ?? (error as Error);
    const said = await firstWords(options);
    throw said !== undefined && !isRedis(said) ? noRedis(said, reason) : unusable(reason, error, check);
  } finally {
    redis.disconnect();
  }
}

/** What the task comes to, unless the server answers nothing at all. @throws UsageError if it does not */
async function answered<T>(
  redis: Client,
  { silentMs, check }: { silentMs: number; check: string },
  task: (redis: Client) => Promise<T>,
): Promise<T> {
  const connecting = redis.connect();
  // Whoever takes connections and says nothing would be waited for without an end.
  if ((await atMost(silentMs, connecting)) === LATE) {
    throw silent('what listens there', silentMs, check);
  }
  const over = new AbortController();
  try {
    const working = task(redis);
    // It may be asked for much, and answers all the same.
    const first = await Promise.race([working, silence(redis, silentMs, over.signal)]);
    if (first !== LATE) return await working;
  } finally {
    over.abort();
  }
  throw silent('the server', silentMs, check);
}

/** Settles when it has answered nothing for so long, or nobody wants to know any more. */
async function silence(redis: Client, silentMs: number, over: AbortSignal): Promise<typeof LATE | undefined> {
  while (!over.aborted) {
    if (
      (await atMost(
        silentMs,
        redis.ping().catch(() => undefined),
      )) === LATE
    )
      return LATE;
    await clock.sleep(BEAT_MS);
  }
  return undefined;
}

const BEAT_MS = 500;
