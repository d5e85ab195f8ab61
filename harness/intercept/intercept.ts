import { systemClock } from '../ground/ambient.ts';
import { certificateOfRun, type Certificate } from './certificate.ts';
import type { ServiceFacts } from '../documents/exploration.ts';
import type { Scope } from '../documents/scope.ts';
import type { KeptService, Service } from '../documents/service.ts';
import { Database } from '../explorer/process/own-connections.ts';
import type { Subject } from '../explorer/process/spec.ts';
import type { ServiceFile } from '../service/service-file.ts';
import type { Strategy } from '../../strategies/contract.ts';
import type { RedisTarget } from '../redis/target.ts';
import { RawConnection } from '../wire/raw-connection.ts';
import { encodeCommand } from '../wire/resp.ts';
import { IgnoredCommands, type BesideOptions } from './ignored-commands.ts';
import { OwnNetworks } from './own-network.ts';
import { ProcessPool } from './pool.ts';
import { requireInterceptable, requireLinux, requireServiceScope } from './refusals.ts';
import {
  differs,
  HOW_TO_DECLARE,
  leftUnknown,
  silent,
  unclearAlone,
  type OnFault,
} from './service-faults.ts';
import { ServiceInstance } from './service-instance.ts';
import { folderOfRun, type FolderOfRun } from '../ground/temporary.ts';
import { BUILD_MS, runCommand } from '../service/commands.ts';
import { mentions } from '../service/service-file.ts';
import { resolve } from 'node:path';

/** Read this file first: a running service is made something that the explorer drives. */

export interface InterceptOptions {
  file: ServiceFile;
  scope: Scope;
  /** Processes of the service at the same time. Default: as many as a sale over real sockets needs, and some more. */
  processes?: number;
  /** Each history has a process to itself, from the beginning. */
  fresh?: boolean;
  /** Where the sale is explored: only with it is seen which keys its scripts touch. */
  target?: RedisTarget;
  /** How a server is had for commands that the file says to ignore. */
  provision?: BesideOptions;
  signal?: AbortSignal;
}

/** A service that can be explored, until it is closed. */
export interface InterceptedService extends AsyncDisposable {
  subject: Subject;
  /** What a report says of it. */
  facts(): ServiceFacts;
}

/** Beside those of the sale's own processes: some that open it, drain it, and are kept where they stand. */
const SPARE_PROCESSES = 5;

/**
 * Makes a service's processes something that the explorer drives: each history of events is lived through by a real process, over
 * HTTP and over connections to a front that holds its commands.
 * @throws UsageError if file or scope ask for what cannot be done yet
 */
export async function interceptService(options: InterceptOptions): Promise<InterceptedService> {
  const { scope, signal } = options;
  requireLinux();
  requireInterceptable(options.file);
  requireServiceScope(scope, options.file);
  const file = withRedisInEnvironment(options.file);
  const { ports } = options.file.service;
  const networks = ports && (await OwnNetworks.find(ports));
  await build(options.file, signal);
  const most = options.processes ?? mostProcesses(scope);
  const ignored = await ignoredOf(options, (fault) => pool.onFault(fault));
  const [folder, certificate] = [folderFor(file), await certificateFor(file)];
  const pool = new ProcessPool({
    file,
    most,
    ...(options.target && { commandTable: await commandTableOf(options.target) }),
    ...(certificate && { certificate }),
    ...(folder && { folder: folder.path }),
    ...(networks && { networks }),
    ...(ignored && { ignored }),
    ...(signal && { signal }),
  });
  pool.isFresh = options.fresh ?? false;
  const database = new Database();
  const subject: Subject = {
    strategy: strategyOf(file),
    evaluate: () => strategyOf(file),
    database,
    touchesGlobals: () => false,
    service: {
      boot: async (spec) => new ServiceInstance({ file, pool, database, spec }),
      insistOnFresh: () => pool.insistOnFresh(),
      differs: ({ message }) => differs(message, pool.undeclared),
      requireUsable: (purchase) => {
        if (purchase?.kind === 'threw') throw unclearAlone(purchase.message);
        if (!pool.hasSent) throw silent();
      },
      leftUnknown,
      requireSound: async () => {
        await ignored?.settled();
        pool.requireSound();
      },
      unseen: () => ({
        notes: [...undeclaredIn(pool), ...(ignored ? [ignored.note] : []), ...NOT_EXPLORED],
        bounded: boundedBy(pool),
      }),
      kept: keptOf(options.file),
    },
  };
  const facts = (): ServiceFacts => ({
    start: [...options.file.service.start!],
    processes: pool.started,
    fresh: pool.isFresh,
    ownNetworks: networks !== undefined,
    requests: pool.requests,
    foreignSockets: [...pool.foreignSockets].toSorted(),
  });
  return { subject, facts, [Symbol.asyncDispose]: () => closeAll(pool, ignored, folder, certificate) };
}

/** What COMMAND is answered by the server of the run, at any time. */
async function commandTableOf({ options }: RedisTarget): Promise<string> {
  const connection = await RawConnection.open(options);
  try {
    const [table] = await connection.send([encodeCommand(['COMMAND'])]);
    return table!;
  } finally {
    connection.close();
  }
}

const folderFor = (file: ServiceFile): FolderOfRun | undefined =>
  mentions(file, 'folder') ? folderOfRun('oversell-service-') : undefined;

const certificateFor = async (file: ServiceFile): Promise<Certificate | undefined> =>
  mentions(file, 'redis_ca') ? await certificateOfRun(systemClock.epochMs()) : undefined;

/** One after the other: what the first still says, the next hears. */
async function closeAll(
  pool: ProcessPool,
  ignored: IgnoredCommands | undefined,
  ...removed: readonly ({ remove(): Promise<void> } | undefined)[]
): Promise<void> {
  await pool[Symbol.asyncDispose]();
  await ignored?.[Symbol.asyncDispose]();
  for (const one of removed) await one?.remove();
}

async function ignoredOf(
  { file, target, provision = {} }: InterceptOptions,
  onFault: OnFault,
): Promise<IgnoredCommands | undefined> {
  const { ignore: pattern } = file.service;
  if (pattern === undefined) return undefined;
  return IgnoredCommands.open({ pattern, provision, onFault, ...(target && { target }) });
}

const mostProcesses = ({ instances }: Scope): number => 2 * instances + SPARE_PROCESSES;

/** What a verdict does not speak of. */
const NOT_EXPLORED = [
  "not explored: the service's own timers, clock and chance, which run as they run when nothing else can move",
];

function undeclaredIn({ undeclared }: ProcessPool): string[] {
  if (undeclared.size === 0) return [];
  const statuses = [...undeclared].toSorted((a, b) => a - b).join(', ');
  return [
    `taken for unknown, as nobody declared what it means: an answer with status ${statuses} (${HOW_TO_DECLARE})`,
  ];
}

function boundedBy({ foreignSockets }: ProcessPool): string[] {
  if (foreignSockets.size === 0) return [];
  const peers = [...foreignSockets].toSorted().join(', ');
  return [`it also talks to ${peers}, and what happens there is not part of the search`];
}

/** Where most services look for their Redis and their port, unless the file says otherwise. */
function withRedisInEnvironment(file: ServiceFile): ServiceFile {
  const env: Service['env'] = {
    REDIS_URL: `${mentions(file, 'redis_ca') ? 'rediss' : 'redis'}://127.0.0.1:{redis_port}`,
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: '{redis_port}',
    PORT: '{port}',
    ...file.service.env,
  };
  const { build: _build, ...service } = file.service;
  return { ...file, service: { ...service, env } };
}

async function build({ service, folder }: ServiceFile, signal?: AbortSignal): Promise<void> {
  if (!service.build) return;
  const cwd = resolve(folder, service.cwd ?? '.');
  await runCommand(service.build, { cwd, env: process.env, ...(signal && { signal }) }, BUILD_MS);
}

const noModule = (): never => {
  throw new Error('a service is driven from outside');
};

/** Its processes are no modules: what a strategy declares is all that there is of it. */
function strategyOf({ name, service }: ServiceFile): Strategy {
  return {
    name,
    summary: `a service: ${(service.start ?? []).join(' ')}`,
    connection: 'exclusive',
    open: noModule,
    seller: noModule,
  };
}

const keptOf = ({ service, folder, name }: ServiceFile): KeptService => ({
  file: { ...service, name },
  folder,
});

/** The file of a service that a counterexample keeps. */
export const fileOfKept = ({ file, folder }: KeptService): ServiceFile => ({
  service: file,
  name: file.name ?? 'service',
  folder,
});
