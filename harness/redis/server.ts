import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock as clock } from '../ground/ambient.ts';
import { EnvironmentError } from '../ground/errors.ts';
import { ours } from '../ground/ours.ts';
import { temporaryHome } from '../ground/temporary.ts';
import { onExit } from '../ground/lifetime.ts';
import { patientMs, SILENT_MS, WaitedMs } from '../ground/patience.ts';
import { atMost } from '../ground/waiting.ts';
import { abandonLed, nameServer } from '../wire/network.ts';
import { clientOf } from './clients.ts';
import type { ServerBinary } from './find/binary.ts';
import { freePort } from './free-port.ts';
import { readServerInfo, type ServerInfo } from './info.ts';
import { isStopped } from './process-state.ts';
import { ServerWatch, type LossListener } from './server-watch.ts';
import type { RedisTarget } from './target.ts';

export interface ServerOptions {
  /** `unix` (default): a socket in a private folder. `tcp`: 127.0.0.1 and a free port. */
  listen?: 'unix' | 'tcp';
  /** More arguments for redis-server; they win over ours. */
  args?: readonly string[];
  /** Where given, a server that ends by itself is started again, at the same address, and this is told. */
  onRestart?: () => void;
  /** Where given, a server that ends by itself or answers nothing any more is told. */
  loss?: LossListener;
}

/**
 * Starts the server, and ends it when standard input ends: a pipe that only our process holds, so that it ends with
 * us however we end, kill -9 included. The server runs in a session of its own, where no Ctrl-C reaches it.
 * Says its exit code on a line whenever the server has ended; where it is told `again`, it then starts it anew in the same
 * folder. (The file of the server's own process id counts where the program is a script that starts the server as its
 * child. A signal may come between two lines of this script, so whoever starts a server looks for it afterwards.)
 */
const WATCHER = `
  trap '' PIPE
  what=$1 folder=$2
  shift 2
  exec 3<&0
  mkdir -m 700 "$folder" || exit
  server= ending=
  finish() {
    ending=1
    kill -KILL $server $(cat "$folder/server.pid") 2>/dev/null
  }
  trap finish TERM
  {
    trap '' TERM
    cat <&3 >/dev/null
    kill -TERM $$
    kill -KILL $(cat "$folder/server.pid")
  } 2>/dev/null &
  reader=$!
  while [ ! "$ending" ]; do
    "$@" 3<&- </dev/null >"$folder/server.log" 2>&1 &
    server=$!
    [ ! "$ending" ] || finish
    wait "$server"
    status=$?
    [ ! "$ending" ] || wait "$server"
    server=
    rm -f "$folder/server.pid"
    echo "$status"
    [ "$what" = again ] || break
    [ "$ending" ] || sleep 0.1
  done
  wait "$reader"
  rm -rf "$folder"
`;

/** Starting takes about 0.1 s; a machine that needs longer than this is stuck. */
const START_DEADLINE_MS = 20_000;

const LOOK_MS = 100;

/** How long it may take to tell of a server that is gone. */
const TOLD_MS = 1_000;

const ORIGINS: Record<ServerBinary['source'], string> = {
  flag: '--redis-server',
  environment: 'REDISMS_SYSTEM_BINARY',
  path: 'installed',
  cache: 'Debian package',
  'debian-package': 'Debian package',
  'redis-memory-server': 'redis-memory-server',
};

/**
 * Starts a server of our own, without persistence.
 *
 * @param choosePort for `tcp`; asked again when somebody else has taken the port meanwhile
 * @throws EnvironmentError with the server's own words if it does not start
 */
export async function startServer(
  binary: ServerBinary,
  options: ServerOptions = {},
  choosePort: () => Promise<number> = freePort,
): Promise<RedisTarget> {
  for (let attempt = 1; ; attempt++) {
    const started = await tryToStart(binary, options, options.listen === 'tcp' ? await choosePort() : 0);
    if ('target' in started) return started.target;
    if (/Address already in use/i.test(started.log) && attempt < 5) continue;
    throw new EnvironmentError(
      'REDIS_DID_NOT_START',
      `${binary.path} did not start: ${started.log}`,
      'try another server: --redis-server <path>, or --redis <URL> of one that runs',
    );
  }
}

/** @param port 0: none, the socket is all */
const settingsIn = (folder: string, socket: string, port: number): Record<string, string> => ({
  port: String(port),
  bind: '127.0.0.1',
  unixsocket: socket,
  unixsocketperm: '700',
  dir: folder,
  pidfile: join(folder, 'server.pid'),
  daemonize: 'no',
  save: '',
  appendonly: 'no',
});

async function tryToStart(
  binary: ServerBinary,
  { args = [], onRestart, loss }: ServerOptions,
  port: number,
): Promise<{ target: RedisTarget } | { log: string }> {
  const folder = join(socketHome(), `oversell-${randomUUID().slice(-12)}`);
  const socket = join(folder, 'redis.sock');
  const options = port === 0 ? { path: socket } : { host: '127.0.0.1', port };
  const names = [nameServer({ path: socket }), nameServer(options)];
  const command = [binary.path, ...wordsOf(settingsIn(folder, socket, port)), ...args];
  const { watcherPid, ended, end } = launch(folder, command, onRestart);
  let watch: ServerWatch | undefined;
  let told: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    // Whoever closes it because it is gone has to know that.
    if (watch?.isDead) await atMost(TOLD_MS, Promise.all([ended, told]));
    watch?.close();
    abandonLed(options);
    await end();
    for (const forget of names) forget();
  };
  try {
    // Through the socket, also when it listens on a port: whoever answers in our folder is surely ours.
    const info = await firstAnswer(socket, folder, ended);
    if (info === undefined || info === STOPPED) {
      const said = (await lastLines(join(folder, 'server.log'))) || 'it wrote no log';
      await close();
      return { log: info === STOPPED ? `it was stopped (SIGSTOP)\n${said}` : said };
    }
    const description = `${info.product} ${info.version} (${ORIGINS[binary.source]}, private)`;
    const log = (): Promise<string> => lastLines(join(folder, 'server.log'));
    if (loss) {
      watch = new ServerWatch({ options, description, pid: info.processId, lastLines: log }, loss);
      told = ended.then((how) => watch!.ended(how));
    }
    const target: RedisTarget = {
      kind: 'private',
      description,
      version: info.version,
      options,
      ...(binary.benchmarkPath !== undefined && { benchmarkPath: binary.benchmarkPath }),
      pid: info.processId,
      ...(watcherPid !== undefined && { watcherPid }),
      close,
    };
    return { target };
  } catch (error) {
    await close();
    throw error;
  }
}

const wordsOf = (settings: Readonly<Record<string, string>>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);

interface Running {
  /** Of what ends the server, and outlives it. */
  watcherPid?: number;
  /** Settles when the server has ended, by itself or not, with how: the end of a sentence. */
  ended: Promise<string>;
  /** Ends the server and removes its folder; settles when both are gone. */
  end: () => Promise<void>;
}

function launch(folder: string, command: string[], onRestart?: () => void): Running {
  const what = onRestart === undefined ? 'once' : 'again';
  const watcher = ours(() =>
    spawn('/bin/sh', ['-c', WATCHER, 'oversell-watcher', what, folder, ...command], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    }),
  );
  const gone = once(watcher, 'close').then(() => undefined);
  // Its one line, or its own end.
  const ended = Promise.race([once(watcher.stdout, 'data'), gone]).then((said) =>
    howEnded(String(said ?? '')),
  );
  let ending = false;
  watcher.stdout.on('data', () => {
    if (!ending) onRestart?.();
  });
  const end = async (): Promise<void> => {
    ending = true;
    watcher.stdin.end();
    await gone;
    unregister();
  };
  const unregister = onExit({ release: end });
  const { pid: watcherPid } = watcher;
  return { ...(watcherPid !== undefined && { watcherPid }), ended, end };
}

/** A shell tells a signal as its number, above 128. */
function howEnded(status: string): string {
  const signal = Number(status) - 128;
  const [name] = Object.entries(constants.signals).find(([, number]) => number === signal) ?? [];
  if (name !== undefined) return `was ended by ${name}`;
  return status.trim() === '' ? 'has ended' : `has ended with exit code ${status.trim()}`;
}

const STOPPED = Symbol('stopped');

/** Settles when a server that starts in that folder has been stopped for too long, by somebody else, or it is over. */
async function stoppedIn(folder: string, over: AbortSignal): Promise<typeof STOPPED | undefined> {
  const waited = new WaitedMs(() => clock.monotonicNs() / 1e6, LOOK_MS);
  while (!over.aborted) {
    const pid = Number(await readFile(join(folder, 'server.pid'), 'utf8').catch(() => 0));
    const waitedMs = waited.look();
    if (pid === 0 || !isStopped(pid)) waited.reset();
    else if (waitedMs > patientMs(SILENT_MS)) return STOPPED;
    await clock.sleep(LOOK_MS);
  }
  return undefined;
}

/**
 * What the server says of itself once it answers; STOPPED if somebody has stopped it; undefined if it ends, or does not answer
 * in time.
 */
async function firstAnswer(
  socket: string,
  folder: string,
  ended: Promise<string>,
): Promise<ServerInfo | typeof STOPPED | undefined> {
  const patient = { maxRetriesPerRequest: null, retryStrategy: () => 10 };
  const redis = clientOf({ options: { path: socket } }, patient);
  redis.on('error', () => undefined); // not there yet
  const deadline = new AbortController();
  try {
    return await Promise.race([
      readServerInfo(redis),
      ended.then(() => undefined),
      stoppedIn(folder, deadline.signal),
      delay(START_DEADLINE_MS, undefined, { signal: deadline.signal }),
    ]);
  } finally {
    deadline.abort();
    redis.disconnect();
  }
}

async function lastLines(file: string): Promise<string> {
  const log = await readFile(file, 'utf8').catch(() => '');
  return log.trim().split('\n').slice(-5).join('\n');
}

/** A socket's path may have 103 bytes at most (sun_path on macOS; 107 on Linux), and some TMPDIRs are long. */
function socketHome(): string {
  const name = '/oversell-0123456789ab/redis.sock';
  const home = temporaryHome();
  return Buffer.byteLength(home + name) <= 103 ? home : '/tmp';
}
