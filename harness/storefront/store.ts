import type { Client, Strategy } from '../../strategies/contract.ts';
import { UsageError } from '../ground/errors.ts';
import { redisAddress } from '../redis/address.ts';
import { describeBorrowed, requireFit } from '../redis/borrowed.ts';
import { missingNeeds } from '../redis/capabilities.ts';
import { clientOf } from '../redis/clients.ts';
import { findServer, type ProvisionOptions } from '../redis/find/find-server.ts';
import { startServer } from '../redis/server.ts';
import type { ConnectionOptions } from '../redis/target.ts';
import { writeTogether } from './connections.ts';
import type { DataFolder } from './data-folder.ts';

/** The Redis that sells. */
export interface Store {
  /** For people: "Redis 7.0.15 (Debian package, private), append-only". */
  description: string;
  /** Plain data, so that a consumer's process can connect, too. */
  options: ConnectionOptions;
  close(): Promise<void>;
}

/** Every write is on disk before it is answered. */
const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];

/** A server of our own, whose sales survive it, and which is started again if it ends. @throws as findServer and startServer */
export async function openPrivateStore(
  folder: DataFolder,
  options: ProvisionOptions & { onProgress: (line: string) => void },
): Promise<Store> {
  const target = await startServer(await findServer(options), {
    args: [...DURABLE, '--dir', folder.redis],
    onRestart: () => options.onProgress('Redis has ended, and is started again with what it had'),
  });
  if (target.watcherPid !== undefined) folder.serverStarted(target.watcherPid);
  return {
    description: `${target.description}, append-only`,
    options: target.options,
    close: () => target.close(),
  };
}

/**
 * A server of the user's. What is sold there stays there, under the prefix; nothing else is touched.
 * @throws as `requireFit`: one that evicts would lose what is sold, too
 */
export async function openBorrowedStore(url: string, prefix: string, tlsCa?: string): Promise<Store> {
  const address = redisAddress(url, tlsCa);
  const { info } = await requireFit(address);
  return {
    description: describeBorrowed(info, address),
    options: { ...address, keyPrefix: prefix },
    close: async () => undefined,
  };
}

/** @throws UsageError if the server lacks what the strategy needs */
export async function requireNeeds(store: Store, strategy: Strategy): Promise<void> {
  const reason = await missingNeeds(store, strategy);
  if (reason === undefined) return;
  throw new UsageError(
    'UNMET_NEEDS',
    `${strategy.name} ${reason}`,
    'choose another strategy (oversell list)',
  );
}

/**
 * The connection of a web process. Without a connection a command fails at once and surely had no effect; one that was
 * sent and lost its answer is never sent again by the client, as the buyer is told and asks again.
 * @param commandTimeoutMs how long a command may take before its outcome counts as unknown; 0: as long as it takes
 */
export function sellingClient(
  store: Pick<Store, 'options'>,
  strategy: Pick<Strategy, 'client'>,
  commandTimeoutMs: number,
): Client {
  const redis = clientOf(store, {
    ...strategy.client,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    ...(commandTimeoutMs > 0 && { commandTimeout: commandTimeoutMs }),
    retryStrategy: (attempt) => Math.min(attempt * 50, 1_000),
  });
  redis.on('error', () => undefined); // each command tells its own
  writeTogether(redis);
  return redis;
}

/** The connection of a consumer, which waits for entries and for the server, as long as it takes. */
export function consumingClient(store: Pick<Store, 'options'>): Client {
  const redis = clientOf(store, {
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(attempt * 50, 1_000),
  });
  redis.on('error', () => undefined); // its work waits, and then tells
  return redis;
}
