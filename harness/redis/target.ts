import type { RedisOptions } from 'ioredis';
import { UsageError } from '../ground/errors.ts';

/** ioredis options as plain data. Without the reply mapping: a strategy counts on the usual one. */
export type ConnectionOptions = Omit<RedisOptions, 'replyMapping'>;

/** A server by the host and port, or the path, that stand in somebody's code. */
export interface AllowedServer {
  host?: string;
  port?: number;
  path?: string;
}

/** The Redis that a run works on. */
export interface RedisTarget {
  /** `borrowed`: a server of the user's (`--redis URL`), on which only our own keys may be touched. */
  kind: 'private' | 'borrowed';
  /** For people: "Redis 7.0.15 (Debian package, private)". */
  description: string;
  /** As INFO says: "7.0.15". */
  version: string;
  /** Plain data, so that workers can connect too; carries the key prefix when borrowed. */
  options: ConnectionOptions;
  /** Other servers that code under test may connect to (`--allow-connect`). */
  allowed?: readonly AllowedServer[];
  /** redis-benchmark of the same build, where there is one. */
  benchmarkPath?: string;
  /** The private server's process. */
  pid?: number;
  /** The process that ends the private server, and outlives it. */
  watcherPid?: number;
  /** The borrowed server refuses writes when its memory is full. */
  memoryIsLimited?: true;
  /** Private: stops the server and removes its folder. Borrowed: removes our keys and function libraries. */
  close(): Promise<void>;
}

/** What its owner is told before a load on a borrowed server begins; undefined where the server is our own. */
export function loadNotice({ kind, description, memoryIsLimited }: RedisTarget): string | undefined {
  if (kind === 'private') return undefined;
  const notice = `full throttle on ${description}: whoever else uses it has to wait while this sells as fast as it can`;
  return memoryIsLimited ? `${notice}, and may have writes refused, because its memory is limited` : notice;
}

/** What a client needs to know of a target (`clients.ts`): plain data, so that it can be given to a worker. */
export type Reachable = Pick<RedisTarget, 'options'>;

/** What a thread of a sale needs to know of a target besides: plain data. */
export type Sellable = Pick<RedisTarget, 'options' | 'kind' | 'allowed'>;

export const sellable = ({ options, kind, allowed }: RedisTarget): Sellable => ({
  options,
  kind,
  ...(allowed && { allowed }),
});

/** Where connections of its code to servers that were not named lead; undefined: nowhere, as a user's own server keeps its keys. */
export const leadsTo = ({ kind, options }: Sellable): ConnectionOptions | undefined =>
  kind === 'private' ? options : undefined;

/** @throws UsageError if the server is the user's own. `what`: the command that needs one to itself. */
export function requirePrivate(target: RedisTarget, what: string): void {
  if (target.kind === 'private') return;
  throw new UsageError(
    'NEEDS_PRIVATE_SERVER',
    `${what} needs a server of its own: it would disturb whoever else uses ${target.description}`,
    'drop --redis, and a private server is started for the run',
  );
}
