import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { resolve } from 'node:path';
import { systemClock as clock } from '../ground/ambient.ts';
import { EnvironmentError, UsageError } from '../ground/errors.ts';
import { folderOfRun } from '../ground/temporary.ts';
import { atMost, LATE } from '../ground/waiting.ts';
import { freePort } from '../redis/free-port.ts';
import { BUILD_MS, runCommand, type CommandPlace } from './commands.ts';
import { ServiceConsumers } from './consumers.ts';
import { HttpConnection, type HttpAddress } from './http/connection.ts';
import { requestTextOf } from './http/request.ts';
import { lastWords } from './last-words.ts';
import { startTree, type ProcessTree } from './process-tree.ts';
import { mentions, type ServiceFile } from './service-file.ts';
import { stepOf, takeSteps, type Route } from './steps.ts';
import { fillOf, type Values } from './template.ts';

/** A network of a service's own, where the ports that are written into its code are free. */
export interface ServiceNetwork {
  /** At which it listens there. */
  readonly port: number;
  /** The same command inside. */
  enter(command: readonly string[]): string[];
  /** A connection to a port inside. */
  dial(port: number): Promise<Socket>;
}

export interface StartOptions {
  file: ServiceFile;
  network?: ServiceNetwork;
  /** That of several processes, which stays. Absent: one of its own, which goes with it. */
  folder?: string;
  /** Nobody minds how it ends: it need not be asked to. */
  abrupt?: true;
  /** Of the redis-server that was started for it, if it asks for one. */
  redisPort?: number;
  /** The file with the certificate of that port. */
  redisCa?: string;
  onProgress: (line: string) => void;
  signal?: AbortSignal;
}

/** A service that is up, and prepared. */
export interface RunningService {
  file: ServiceFile;
  /** For people: where it is. */
  url: string;
  route: Route;
  /** Where its commands run. */
  place: CommandPlace;
  /** What is filled in: its own values, and what its `prepare` kept. */
  values: Values;
  /** All processes of its start command; none where it was not started here. */
  pids: () => number[];
  /** Settles when the program that was started last has ended, with what there is to tell of that; never where none was. */
  ended: () => Promise<string>;
  /** The end of what it has said, on stdout and stderr. */
  said: () => string;
  /** Its consumers, where it has some. */
  consumers?: ServiceConsumers;
  /** SIGKILL to all of them, and then the same start again. Only what was started here. @throws EnvironmentError */
  kill: () => Promise<void>;
  startAgain: () => Promise<void>;
  close: () => Promise<void>;
}

/** How long it may take to end in order. */
const ENDING_MS = 10_000;
const POLL_MS = 20;

/**
 * Builds and starts a service, waits until it is ready, and prepares it.
 * @throws EnvironmentError if it does not come up; UsageError if its file is wrong
 */
export async function startService(options: StartOptions): Promise<RunningService> {
  const { file, signal } = options;
  const { service } = file;
  const folder = options.folder === undefined ? folderOfRun('oversell-service-') : undefined;
  const own = await ownValues(options, (options.folder ?? folder?.path)!);
  const place = placeOf(options, own);
  const route = routeOf(options, own);
  const { build, start } = service;
  let process: Started | undefined;
  const up = async (): Promise<void> => {
    if (start) process = new Started(wordsOf(start, own), place);
    await untilReady({ file, route, started: process, values: own, signal });
  };
  let consumers: ServiceConsumers | undefined;
  const close = async (): Promise<void> => {
    await consumers?.close();
    if (options.abrupt) await process?.tree.kill();
    else await process?.stop(service.stop && wordsOf(service.stop, own), place);
    await folder?.remove();
  };
  try {
    if (build) {
      options.onProgress(`building ${file.name}`);
      await runCommand(wordsOf(build, own), place, BUILD_MS);
    }
    await up();
    if (service.consumers) {
      consumers = new ServiceConsumers(service.consumers, own, place);
      consumers.start();
    }
    const kept = await prepared(file, route, own);
    return {
      file,
      url: `${route.address.tls ? 'https' : 'http'}://${route.host}/`,
      route,
      place,
      values: { ...own, ...kept },
      pids: () => process?.tree.pids() ?? [],
      ended: () => process?.tree.ended ?? new Promise(() => {}),
      said: () => process?.said ?? '',
      ...(consumers && { consumers }),
      kill: async () => process?.tree.kill(),
      startAgain: up,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const wordsOf = (command: readonly string[], values: Values): string[] =>
  command.map((word) => fillOf(word)(values));

async function ownValues(
  { file, redisPort, redisCa, network }: StartOptions,
  folder: string,
): Promise<Values> {
  return {
    folder,
    ...(redisPort !== undefined && { redis_port: String(redisPort) }),
    ...(redisCa !== undefined && { redis_ca: redisCa }),
    ...(mentions(file, 'port') &&
      file.service.start && { port: String(network?.port ?? (await freePort())) }),
  };
}

function placeOf({ file, signal, network }: StartOptions, values: Values): CommandPlace {
  const { service, folder } = file;
  const given = Object.entries(service.env).map(([name, text]) => [name, fillOf(text)(values)] as const);
  return {
    cwd: resolve(folder, service.cwd ?? '.'),
    env: { ...process.env, ...Object.fromEntries(given) },
    ...(signal && { signal }),
    ...(network && { enter: (command: readonly string[]) => network.enter(command) }),
  };
}

/** @throws UsageError if the URL is none, or the certificate cannot be read */
function routeOf({ file, network }: StartOptions, values: Values): Route {
  const { service, folder } = file;
  const text = fillOf(service.baseUrl)(values);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.pathname !== '/') {
    throw new UsageError(
      'BASE_URL',
      `baseUrl is "${text}"`,
      'give http://host:port or https://host:port, without a path',
    );
  }
  const secure = url.protocol === 'https:';
  const { ca, verify = true } = service.tls ?? {};
  const port = Number(url.port || (secure ? 443 : 80));
  const address: HttpAddress = {
    host: url.hostname.replaceAll(/^\[|\]$/g, ''),
    port,
    ...(network && { dial: () => network.dial(port) }),
    ...(secure && { tls: { verify, ...(ca !== undefined && { ca: certificateIn(resolve(folder, ca)) }) } }),
  };
  return { address, host: url.host, timeoutMs: service.timeoutMs };
}

function certificateIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UsageError(
      'NO_CERTIFICATE',
      `tls.ca: ${(cause as Error).message}`,
      'give the path of a PEM file',
      { cause },
    );
  }
}

async function prepared({ service }: ServiceFile, route: Route, values: Values): Promise<Values> {
  const connection = new HttpConnection(route.address);
  try {
    return await takeSteps(
      service.prepare.map((step) => stepOf(step, route)),
      values,
      connection,
    );
  } finally {
    connection.close();
  }
}

/** Its process, and what it says. */
class Started {
  readonly tree: ProcessTree;
  /** The end of it; a service may say much. */
  said = '';
  #heard: (() => void) | undefined;

  constructor(command: readonly string[], { cwd, env, enter }: CommandPlace) {
    this.tree = startTree({
      command: enter ? enter(command) : command,
      cwd,
      env,
      onOutput: (text) => {
        this.said = (this.said + text).slice(-MOST_SAID);
        this.#heard?.();
      },
    });
  }

  /** Settles when it has said that. */
  async says(line: string): Promise<void> {
    while (!this.said.includes(line)) await new Promise<void>((heard) => (this.#heard = heard));
  }

  /** @param command that ends it; absent: SIGTERM */
  async stop(command: readonly string[] | undefined, place: CommandPlace): Promise<void> {
    if (command) {
      const { signal: _over, ...still } = place; // the run may be over, and this still has to be done
      await runCommand(command, still).catch(() => undefined);
      await atMost(ENDING_MS, this.tree.ended);
    }
    await this.tree.stop(ENDING_MS);
  }
}

const MOST_SAID = 65_536;

interface Awaited {
  file: ServiceFile;
  route: Route;
  started: Started | undefined;
  values: Values;
  signal: AbortSignal | undefined;
}

/** @throws EnvironmentError if it ends, or is not ready in time */
async function untilReady({ file, route, started, values, signal }: Awaited): Promise<void> {
  const { ready } = file.service;
  const startNs = clock.monotonicNs();
  const leftMs = (): number => ready.timeoutMs - (clock.monotonicNs() - startNs) / 1e6;
  const ended = started?.tree.ended.then((how) => {
    throw notReady(file, how, started);
  });
  ended?.catch(() => undefined); // it may end when nobody waits any more
  const orEnded = <T>(wait: Promise<T>): Promise<T> => (ended ? Promise.race([wait, ended]) : wait);
  const late = (): EnvironmentError =>
    notReady(file, `it was not ready after ${ready.timeoutMs} ms`, started);
  if ('line' in ready) {
    const said = await orEnded(atMost(leftMs(), started!.says(ready.line)));
    if (said === LATE) throw late();
    return;
  }
  const text =
    'path' in ready
      ? requestTextOf({ method: 'GET', path: ready.path, headers: {} }, route.host)(values)
      : undefined;
  for (;;) {
    signal?.throwIfAborted();
    const connection = new HttpConnection(route.address);
    const mostMs = Math.max(1, Math.min(leftMs(), 1_000));
    const asked =
      'path' in ready
        ? connection.send(text!, mostMs).then(({ status }) => status === ready.status)
        : connection.connect(mostMs).then(() => true);
    const isReady = await orEnded(asked.catch(() => false)).finally(() => connection.close());
    if (isReady) return;
    if (leftMs() <= 0) throw late();
    await orEnded(clock.sleep(POLL_MS));
  }
}

function notReady({ name }: ServiceFile, what: string, started: Started | undefined): EnvironmentError {
  const said = started && lastWords(started.said);
  return new EnvironmentError(
    'SERVICE_NOT_READY',
    `${name}: ${what}${said ? `. It said:\n${said}` : ''}`,
    'run its start command by hand, and correct it, or `ready` in its file',
  );
}
