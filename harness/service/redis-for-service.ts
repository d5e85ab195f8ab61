import { UsageError } from '../ground/errors.ts';
import { folderOfRun } from '../ground/temporary.ts';
import { clientOf } from '../redis/clients.ts';
import { findServer, type ProvisionOptions } from '../redis/find/find-server.ts';
import { startServer } from '../redis/server.ts';
import type { LossListener } from '../redis/server-watch.ts';
import type { RedisTarget } from '../redis/target.ts';
import { mentions, type ServiceFile } from './service-file.ts';

/** The Redis that a service is given. */
export interface ServiceRedis {
  readonly port: number;
  readonly pid: number;
  /** For people: product, version, where it comes from. */
  readonly description: string;
  /** Who it is now, and how many keys it has. */
  look: () => Promise<{ pid: number; keys: number }>;
  /** SIGKILL; settles when it is gone. */
  kill: () => Promise<void>;
  /** On the same port, with what it has on disk. */
  startAgain: () => Promise<void>;
  close: () => Promise<void>;
}

/**
 * A server of its own, on a port, where its file asks for {redis_port}. Every write is on disk before it is answered, as what
 * was sold has to survive.
 * @throws as findServer and startServer
 */
export async function redisFor(
  file: ServiceFile,
  options: ProvisionOptions & { loss?: LossListener },
): Promise<ServiceRedis | undefined> {
  if (mentions(file, 'redis_ca')) throw noCertificate();
  if (!mentions(file, 'redis_port')) return undefined;
  const binary = await findServer(options);
  const data = folderOfRun('oversell-redis-');
  const args = ['--appendonly', 'yes', '--appendfsync', 'always', '--dir', data.path];
  const start = (port?: number): Promise<RedisTarget> => {
    const { loss } = options;
    const settings = { listen: 'tcp', args, ...(loss && { loss }) } as const;
    return port === undefined
      ? startServer(binary, settings)
      : startServer(binary, settings, async () => port);
  };
  let target = await start().catch(async (error: unknown) => {
    await data.remove();
    throw error;
  });
  const port = target.options.port!;
  return {
    port,
    get pid() {
      return target.pid!;
    },
    description: `${target.description}, append-only`,
    look: async () => ({ pid: target.pid!, keys: await keysIn(target) }),
    kill: async () => {
      // First of all it is no longer watched: this is no loss.
      const closed = target.close();
      process.kill(target.pid!, 'SIGKILL');
      await closed;
    },
    startAgain: async () => {
      target = await start(port);
    },
    close: async () => {
      await target.close();
      await data.remove();
    },
  };
}

async function keysIn(target: RedisTarget): Promise<number> {
  const redis = clientOf(target);
  try {
    return await redis.dbsize();
  } finally {
    redis.disconnect();
  }
}

const noCertificate = (): UsageError =>
  new UsageError(
    'NO_TLS_TO_REDIS',
    'the service file asks for {redis_ca}, and only intercept speaks TLS to a service',
    'let it connect to {redis_port} without TLS here',
  );
