import { randomUUID } from 'node:crypto';
import { UsageError } from '../ground/errors.ts';
import { borrowServer } from './borrowed.ts';
import { findServer, type ProvisionOptions } from './find/find-server.ts';
import { startServer } from './server.ts';
import type { LossListener } from './server-watch.ts';
import type { AllowedServer, RedisTarget } from './target.ts';

export interface TargetOptions extends ProvisionOptions {
  /** A server of the user's; absent: a private one is started. */
  redis?: string;
  /** Certificates by which that server's is trusted, in a file. */
  tlsCa?: string;
  /** Other servers that its code may connect to. */
  allowConnect?: readonly AllowedServer[];
  /** Told when the server ends or stands still while the run goes on. */
  loss?: LossListener;
}

/** The Redis that a run works on. @throws as borrowServer, findServer and startServer */
export async function openTarget(options: TargetOptions): Promise<RedisTarget> {
  const { allowConnect: allowed } = options;
  return { ...(await openServer(options)), ...(allowed && { allowed }) };
}

async function openServer(options: TargetOptions): Promise<RedisTarget> {
  const { redis, tlsCa, redisServer, redisVersion, loss } = options;
  if (redis === undefined) return startServer(await findServer(options), { ...(loss && { loss }) });
  if (redisServer !== undefined || redisVersion !== undefined) {
    throw new UsageError(
      'CONTRADICTION',
      '--redis names a running server, and --redis-server or --redis-version asks to start one',
      'give one of them',
    );
  }
  return borrowServer(redis, randomUUID(), {
    ...(tlsCa !== undefined && { tlsCa }),
    ...(loss && { loss }),
  });
}
