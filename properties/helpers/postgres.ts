import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { downloadPackages, hasApt, unpackPackages } from '../../harness/redis/find/debian-packages.ts';
import { thisMachine } from '../../harness/redis/find/platform.ts';
import { freePort } from '../../harness/redis/free-port.ts';

const run = promisify(execFile);
const machine = thisMachine();

/** PostgreSQL refuses to run as root: nobody runs it then. */
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
const as = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

/** Below no folder of the user's own, which nobody may enter. */
const ENTRY = join(tmpdir(), `oversell-postgres-${process.getuid?.() ?? 'user'}-${process.arch}`);

/** Whether there are packages to be had; where there are none, tests are skipped, visibly. */
export const canHavePostgres = await hasApt(machine);
if (!canHavePostgres) {
  process.stderr.write('apt-get is not installed: tests of the order book in PostgreSQL are skipped here\n');
}

export interface PostgresServer {
  url: string;
  /** Ends at once, as a machine that loses its power. */
  kill(): Promise<void>;
  /** Goes on with what is on disk. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** A server of our own, from the distribution's packages, unpacked once without root. */
export async function startPostgres(): Promise<PostgresServer> {
  const { bin, env } = await obtain();
  const folder = mkdtempSync(join(tmpdir(), 'oversell-postgres-data-'));
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  const data = join(folder, 'data');
  const within = { env, cwd: folder, ...as };
  await run(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'shop', '--auth=trust', '-E', 'UTF8', '--no-sync'],
    within,
  );
  const port = await freePort();
  const settings = [
    'jit=off',
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
  ];
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])];
  let end: (signal: NodeJS.Signals) => Promise<void>;
  const start = async (): Promise<void> => {
    const child = spawn(join(bin, 'postgres'), args, { ...within, stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = once(child, 'exit');
    end = async (signal) => {
      child.kill(signal);
      await ended;
    };
    let log = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        log += chunk.toString();
        if (log.includes('ready to accept connections')) resolve();
      });
      void ended.then(() => reject(new Error(`PostgreSQL ended: ${log}`)));
    });
  };
  await start();
  return {
    url: `postgres://shop@127.0.0.1:${port}/postgres`,
    start,
    // Its children end with it when it is told to end at once.
    kill: () => end('SIGQUIT'),
    close: async () => {
      await end('SIGINT');
      rmSync(folder, { recursive: true });
    },
  };
}

async function obtain(): Promise<{ bin: string; env: NodeJS.ProcessEnv }> {
  if (!existsSync(ENTRY)) await unpack();
  const versions = join(ENTRY, 'usr/lib/postgresql');
  const bin = join(versions, readdirSync(versions).toSorted().at(-1)!, 'bin');
  const triplets = ['usr/lib', 'lib'].flatMap((base) =>
    existsSync(join(ENTRY, base))
      ? readdirSync(join(ENTRY, base))
          .filter((name) => name.includes('-linux-'))
          .map((name) => join(ENTRY, base, name))
      : [],
  );
  return { bin, env: { ...process.env, LC_ALL: 'C.UTF-8', LD_LIBRARY_PATH: triplets.join(':') } };
}

/** Puts it there whole, at once: another run may be doing the same. */
async function unpack(): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'oversell-postgres-unpacking-'));
  try {
    const { stdout } = await run(machine.aptCache, ['depends', 'postgresql']);
    const server = /Depends: (postgresql-\d+)/.exec(stdout)?.[1] ?? 'postgresql-15';
    const client = server.replace('postgresql-', 'postgresql-client-');
    const root = join(work, 'root');
    mkdirSync(root, { mode: 0o755 });
    // Code that is compiled while a query runs is not for queries like ours, and is three quarters of the size.
    const without = ['libllvm14', 'libllvm15', 'libllvm16', 'libllvm17', 'libllvm19', 'libz3-4'];
    await downloadPackages(machine, work, { packages: [server, client, 'zlib1g'], without });
    await unpackPackages(machine, work, root);
    renameSync(root, ENTRY);
  } catch (error) {
    if (!existsSync(ENTRY)) throw error;
  } finally {
    rmSync(work, { recursive: true });
  }
}
