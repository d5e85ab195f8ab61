import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startServer } from '../../harness/redis/server.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import { start, CLI, type Ended, type Running } from './command.ts';
import { temporaryFolder } from './processes.ts';
import { thisServer } from './this-server.ts';

/** Whoever may use the server of somebody else: neither may be told to anybody. */
export const GUEST = { username: 'alice-the-owner', password: "s3cret/pa:ss@'word" };

/** As it is, as it stands in a URL, and as it stands in JSON. */
const FORMS = Object.values(GUEST).flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
]);

/** Which secrets stand in a text. */
export const secretsIn = (text: string): string[] => FORMS.filter((form) => text.includes(form));

/** A password-protected server with keys of somebody else's. */
export class GuestRoom {
  readonly target: RedisTarget;
  readonly owner: Redis;
  /** Of the guest. */
  readonly url: string;
  readonly #monitored: string[] = [];
  #watching: Redis | undefined;
  #digest = '';

  private constructor(target: RedisTarget, owner: Redis) {
    const { username, password } = GUEST;
    this.target = target;
    this.owner = owner;
    this.url = `redis://${username}:${encodeURIComponent(password)}@127.0.0.1:${target.options.port}/2`;
  }

  static async open(): Promise<GuestRoom> {
    const args = ['--enable-debug-command', 'yes'];
    const target = await startServer(await thisServer(), { listen: 'tcp', args });
    const room = new GuestRoom(target, new Redis(target.options));
    await room.#furnish();
    return room;
  }

  async #furnish(): Promise<void> {
    const { owner } = this;
    const { username, password } = GUEST;
    // The password has a quote in it, which the protocol does not mind.
    await owner.call('ACL', 'SETUSER', username, 'on', `>${password}`, '~*', '&*', '+@all');
    for (const db of [0, 2]) {
      await owner.select(db);
      for (let i = 0; i < 1_000; i++) void owner.set(`foreign:${i}`, `value ${i}`);
      await owner.set('{oversell}:stock', 'foreign');
    }
    this.#digest = await this.digest();
    // A client that watches cannot do anything else; what is logged in stays so when its user is turned off.
    this.#watching = await owner.monitor();
    this.#watching.on('monitor', (_time: string, words: string[]) => this.#monitored.push(words.join(' ')));
    await owner.call('ACL', 'SETUSER', 'default', 'off');
  }

  /** Of all keys of all databases. */
  async digest(): Promise<string> {
    return String(await this.owner.call('DEBUG', 'DIGEST'));
  }

  /** Whether every key is as it was, and there is no other. */
  async isAsBefore(): Promise<boolean> {
    return (await this.digest()) === this.#digest;
  }

  /** What the server was asked since the last time. */
  monitored(): string {
    return this.#monitored.splice(0).join('\n');
  }

  async close(): Promise<void> {
    this.#watching?.disconnect();
    this.owner.disconnect();
    await this.target.close();
  }
}

/** A command that runs in a folder of its own. */
export interface Stay {
  running: Running;
  folder: string;
  /** Titles of processes that were seen meanwhile, once it had said anything. */
  titles: Set<string>;
}

/** Starts the command line in a folder of its own, and looks at its processes' titles meanwhile. */
export function stay(
  words: readonly string[],
  program: readonly string[] = [CLI],
  env: NodeJS.ProcessEnv = {},
): Stay {
  const folder = temporaryFolder();
  const surroundings = { TMPDIR: folder, ...env };
  const running = start(process.execPath, [...program, ...words], surroundings, folder);
  const titles = new Set<string>();
  const looking = setInterval(() => {
    // Before it has begun, its command line is what a shell has made of it.
    if (!titleOf(running.child.pid!).startsWith('oversell ')) return;
    for (const title of titlesUnder(surroundings.TMPDIR)) titles.add(title);
  }, 20);
  void running.ended.then(() => clearInterval(looking));
  return { running, folder, titles };
}

function titleOf(pid: number | string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // it has ended, or this machine tells none
  }
}

/** Of all processes that it has started: they are told by where their temporary files are. Others may tell the same login. */
const titlesUnder = (folder: string): string[] =>
  existsSync('/proc')
    ? readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(`TMPDIR=${folder}\0`))
        .map(titleOf)
    : [];

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return ''; // it has ended
  }
}

/** Every secret that can be found of a command that has ended: on its screen, in its files, in a title. */
export function secretsLeft({ folder, titles }: Stay, { stdout, stderr }: Ended): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return [
    ...secretsIn(stdout).map((secret) => `stdout: ${secret}`),
    ...secretsIn(stderr).map((secret) => `stderr: ${secret}`),
    ...[...titles].flatMap((title) => secretsIn(title).map((secret) => `title: ${secret}`)),
    ...files.flatMap(({ parentPath, name }) =>
      secretsIn(readFileSync(join(parentPath, name), 'utf8') + name).map((secret) => `${name}: ${secret}`),
    ),
  ];
}
