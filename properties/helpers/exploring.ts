import type { Scope } from '../../harness/documents/scope.ts';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import { systemClock } from '../../harness/ground/ambient.ts';
import { explore, type Exploration, type ExploreOptions } from '../../harness/explorer/explore.ts';
import { NO_FAULTS, type Faults } from '../../harness/documents/faults.ts';
import { dealt } from '../../harness/explorer/scope/ids.ts';
import { subjectOf } from '../../harness/explorer/process/subject.ts';
import type { Subject } from '../../harness/explorer/process/spec.ts';
import { startServer } from '../../harness/redis/server.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import type { Strategy } from '../../strategies/contract.ts';
import { registry } from '../../strategies/registry.ts';
import * as commandProbes from './probes/commands.ts';
import * as processProbes from './probes/process.ts';
import * as replicaProbes from './probes/replicas.ts';
import * as sellingProbes from './probes/selling.ts';
import { thisServer } from './this-server.ts';

const within = (file: string, probes: Record<string, Strategy>): [Strategy, string][] =>
  Object.values(probes).map((probe) => [probe, fileURLToPath(new URL(file, import.meta.url))]);

/** The file that each probe is evaluated from. */
const probeFiles = new Map([
  ...within('./probes/commands.ts', commandProbes),
  ...within('./probes/process.ts', processProbes),
  ...within('./probes/replicas.ts', replicaProbes),
  ...within('./probes/selling.ts', sellingProbes),
]);

/** A private server for the tests of one file. */
export function server(): { target: RedisTarget } {
  const holder = {} as { target: RedisTarget };
  beforeAll(async () => {
    holder.target = await startServer(await thisServer());
  });
  afterAll(() => holder.target.close());
  return holder;
}

/** The same with a client of ours. */
export function serverWithClient(): { target: RedisTarget; redis: Redis } {
  const holder = server() as ReturnType<typeof serverWithClient>;
  beforeAll(() => void (holder.redis = new Redis(holder.target.options)));
  afterAll(() => holder.redis.disconnect());
  return holder;
}

/** Built-in strategies come from their own files, probes from theirs. */
export function subject(strategy: Strategy): Promise<Subject> {
  if (registry.some((built) => built.strategy === strategy)) return subjectOf({ strategy });
  const path = probeFiles.get(strategy);
  if (path === undefined) throw new Error(`${strategy.name} is exported by no file of helpers/probes/`);
  return subjectOf({ strategy, path });
}

/** A server that looks so often whether a WAIT's time is up: at its usual 10 Hz, one of 1 ms takes up to 100 ms. */
export function promptServer(): { target: RedisTarget } {
  const holder = server();
  beforeAll(async () => {
    const redis = new Redis(holder.target.options);
    await redis.config('SET', 'hz', '500');
    redis.disconnect();
  });
  return holder;
}

export type GivenScope = Partial<Omit<Scope, 'faults'>> & {
  buyers: number;
  stock: number;
  faults?: Partial<Faults>;
};

/** A scope with one user and one instance a buyer, where nothing else is said. */
export function scopeOf(given: GivenScope): Scope {
  const { buyers } = given;
  return {
    users: buyers,
    instances: buyers,
    attempts: 3,
    client: 'default',
    releases: 0,
    restocks: 0,
    jobs: 0,
    seed: 1,
    ...given,
    faults: { ...NO_FAULTS, ...given.faults },
    quantities: dealt(given.quantities ?? [1], buyers),
  };
}

/** Explores without an audit unless asked, because most tests compare something else. */
export async function exploring(
  target: RedisTarget,
  strategy: Strategy,
  scope: GivenScope,
  options: Partial<ExploreOptions> = {},
): Promise<Exploration> {
  return explore({
    scope: scopeOf(scope),
    subject: options.subject ?? (await subject(strategy)),
    target,
    auditSamples: 0,
    now: () => systemClock.monotonicNs() / 1e6,
    ...options,
  });
}

/** Names of the properties with this verdict, in the order of the design. */
export const properties = (exploration: Exploration, verdict: string): string[] =>
  Object.entries(exploration.properties).flatMap(([name, result]) =>
    result.verdict === verdict ? [name] : [],
  );
