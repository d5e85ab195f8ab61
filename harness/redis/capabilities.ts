import type { Client, Strategy } from '../../strategies/contract.ts';
import { clientOf } from './clients.ts';
import { readServerInfo, type ServerInfo } from './info.ts';
import type { Reachable } from './target.ts';
import { CHECK_SERVER, unusable } from './unusable.ts';

/** Why the strategy cannot run on this server; undefined if it can. */
export async function missingNeeds(
  target: Reachable,
  strategy: Pick<Strategy, 'needs'>,
): Promise<string | undefined> {
  if (strategy.needs === undefined) return undefined;
  const { needs } = strategy;
  return asked(target, async (redis) => {
    const present = new Set<string>();
    for (const need of needs.commands ?? []) if (await has(redis, need)) present.add(need);
    return unmetNeed(needs, await readServerInfo(redis), present);
  });
}

/**
 * Why nothing can be sold with it on this server although it can run there; undefined if it can. What is explored has the
 * replicas that it waits for.
 */
export async function missingReplicas(
  target: Reachable,
  { needs: { replicas: needed = 0 } = {} }: Pick<Strategy, 'needs'>,
): Promise<string | undefined> {
  if (needed === 0) return undefined;
  return asked(target, async (redis) => {
    const { replicas } = await readServerInfo(redis);
    return replicas >= needed ? undefined : `needs replicas: ${needed}, and this server has ${replicas}`;
  });
}

/**
 * Asks and is done: where the server goes, so does the question, and whoever watches the server says why.
 * @throws UsageError or EnvironmentError of what the server refuses
 */
async function asked<T>(target: Reachable, task: (redis: Client) => Promise<T>): Promise<T> {
  const redis = clientOf(target, { retryStrategy: () => null });
  let cause: Error | undefined;
  redis.on('error', (error: Error) => (cause = error));
  try {
    return await task(redis);
  } catch (error) {
    throw unusable(cause ?? (error as Error), error, CHECK_SERVER);
  } finally {
    redis.disconnect();
  }
}

/** Whether the server has a command, or an option of one (`SET IFEQ`), by its own description. */
async function has(redis: Client, need: string): Promise<boolean> {
  const [command = '', option] = need.split(' ');
  const reply: unknown = await redis.command('INFO', command);
  if (!Array.isArray(reply)) throw new TypeError('COMMAND INFO is answered by no list');
  const [known] = reply as unknown[];
  if (known == null || option === undefined) return known != null;
  // Servers without COMMAND DOCS (before 7.0) are older than any option that a strategy asks for.
  const described = await redis.call('COMMAND', 'DOCS', command).catch(() => []);
  return namesToken(described, option.toUpperCase());
}

/** Whether a description of arguments, nested at will, has the pair `token`, `option`. */
function namesToken(described: unknown, option: string): boolean {
  if (!Array.isArray(described)) return false;
  return described.some(
    (item, i) => (item === option && described[i - 1] === 'token') || namesToken(item, option),
  );
}

/** @param present those of the needed commands that the server has */
export function unmetNeed(
  { commands = [], minRedis }: NonNullable<Strategy['needs']>,
  server: ServerInfo,
  present: ReadonlySet<string>,
): string | undefined {
  const absent = commands.filter((command) => !present.has(command));
  if (absent.length > 0) {
    return `needs ${absent.join(', ')}, which ${server.product} ${server.version} does not have`;
  }
  // A Valkey has left Redis' count at 7.2.4: beyond that, only the presence of its commands proves anything.
  const proven = server.product === 'Valkey' && commands.length > 0;
  if (minRedis === undefined || proven || compareVersions(server.redisVersion, minRedis) >= 0)
    return undefined;
  return `needs Redis ${minRedis} or newer, and this is ${server.product} ${server.version}`;
}

/** Negative if `a` is older than `b`; missing parts count as 0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
