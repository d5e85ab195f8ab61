import type { Client } from '../../strategies/contract.ts';

/** What a server says of itself. */
export interface ServerInfo {
  product: 'Redis' | 'Valkey';
  /** The product's own: "8.1.1" for a Valkey. */
  version: string;
  /** The Redis whose commands it has: the same for Redis, 7.2.4 for a Valkey. */
  redisVersion: string;
  role: string;
  cluster: boolean;
  processId: number;
  /** Replicas that follow it. */
  replicas: number;
  /** What it does with keys when its memory is full; absent: its memory has no limit. */
  whenFull?: string;
}

/** The version of one that says nothing of it. */
export const UNTOLD = '0.0.0';

export const readServerInfo = async (redis: Client): Promise<ServerInfo> =>
  parseServerInfo(textIn(await redis.info()));

/** Whoever is no Redis may answer anything. */
const textIn = (reply: unknown): string => (typeof reply === 'string' ? reply : '');

/** @param text the reply of INFO */
export function parseServerInfo(text: string): ServerInfo {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text)?.[1];
  const redisVersion = field('redis_version') ?? UNTOLD;
  const valkeyVersion = field('server_name') === 'valkey' ? field('valkey_version') : undefined;
  const limited = Number(field('maxmemory') ?? 0) > 0;
  return {
    product: valkeyVersion === undefined ? 'Redis' : 'Valkey',
    version: valkeyVersion ?? redisVersion,
    redisVersion,
    role: field('role') ?? 'master',
    cluster: field('cluster_enabled') === '1',
    processId: Number(field('process_id')),
    replicas: Number(field('connected_slaves') ?? 0),
    ...(limited && { whenFull: field('maxmemory_policy') ?? 'noeviction' }),
  };
}
