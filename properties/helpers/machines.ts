import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { thisMachine, type Platform } from '../../harness/redis/find/platform.ts';
import {
  findServer,
  type ProvisionOptions,
  type ServerBinary,
} from '../../harness/redis/find/find-server.ts';

const run = promisify(execFile);

/** A machine with nothing: each rung's tool is masked, and a test hands back those that it is about. */
export const bare = (folder: string): Platform => ({
  env: { PATH: join(folder, 'no-programs') },
  cacheFolders: [join(folder, 'cache')],
  aptGet: join(folder, 'no-apt-get'),
  aptCache: join(folder, 'no-apt-cache'),
  dpkgDeb: join(folder, 'no-dpkg-deb'),
});
const { aptGet, aptCache, dpkgDeb } = thisMachine();
/** The tools of the Debian rung. */
export const apt = { aptGet, aptCache, dpkgDeb };

/** A program that does what the shell text says. */
export async function program(path: string, text: string): Promise<string> {
  await fs.mkdir(dirname(path), { recursive: true });
  await fs.writeFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

/** Stands in for redis-memory-server, whose download and compiler have no place in a test. */
export async function memoryServer(folder: string, getPath: string): Promise<string> {
  const path = join(folder, 'memory-server.mjs');
  await fs.writeFile(path, `export default { RedisBinary: { async getPath(options) { ${getPath} } } };`);
  return `file://${path}`;
}

/** What a search told, line by line. */
export async function search(
  machine: Platform,
  options: ProvisionOptions = {},
): Promise<{ found: ServerBinary; told: string[] }> {
  const told: string[] = [];
  return { found: await findServer({ ...options, onProgress: (line) => told.push(line) }, machine), told };
}

/** What the promise rejects with. */
export const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** A first run on a Debian: nothing but apt, and an empty cache in `folder`. */
export interface FirstRun {
  machine: Platform;
  found: ServerBinary;
  told: string[];
}

/** Undefined on a machine that has no packages to offer. */
export async function unpackFirst(folder: string, tools = apt): Promise<FirstRun | undefined> {
  const machine = { ...bare(folder), ...tools };
  try {
    return { machine, ...(await search(machine)) };
  } catch (error) {
    if (await archiveAnswers()) throw error;
    return undefined;
  }
}
export const NO_ARCHIVE = 'no Debian archive can be reached from this machine';

/** Asked by other means than the code under test. */
async function archiveAnswers(): Promise<boolean> {
  const own = '-o Dir::State="$1" -o Dir::Cache="$1" -o APT::Sandbox::User=root';
  const folder = await fs.mkdtemp(join(tmpdir(), 'oversell-test-'));
  const script = `cd "$1" && mkdir -p lists/partial && apt-get update ${own} && apt-get download ${own} liblzf1`;
  return run('/bin/sh', ['-c', script, 'sh', folder]).then(
    () => true,
    () => false,
  );
}
