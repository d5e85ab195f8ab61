import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CLI, start, type Ended } from './command.ts';
import { thisServer } from './this-server.ts';

const COMMAND_LINES = fileURLToPath(new URL('./command-lines.mjs', import.meta.url));
const LIST_OPTIONS = fileURLToPath(new URL('./list-options.mjs', import.meta.url));
const STRATEGIES = [
  new URL('./careless.mjs', import.meta.url),
  new URL('./decrement.lua', import.meta.url),
  new URL('./decrement-shop.mjs', import.meta.url),
  new URL('./needy.mjs', import.meta.url),
  new URL('./paying.mjs', import.meta.url),
  new URL('./slow.mjs', import.meta.url),
  new URL('./sweeping.mjs', import.meta.url),
];
const EXAMPLE = new URL('../../reports/example/', import.meta.url);
const FORMAT = new URL('../../harness/history/README.md', import.meta.url);

/** A service file that is read, and not run. */
const SHOP = {
  start: ['true'],
  env: { REDIS: '{redis_port}' },
  ready: { path: '/' },
  open: [['true']],
  buy: { path: '/' },
  left: { ask: ['true'] },
  answers: { sold: { status: 200 }, soldOut: { status: 404 } },
};

/** A service that sells, and loses what a buyer had who dies. */
const DECREMENT_SHOP = {
  start: ['node', 'decrement-shop.mjs'],
  ready: { accepts: 'connections' },
  open: [{ redis: ['SET', 'stock', '{stock}'] }],
  buy: { path: '/buy?token={request}' },
  left: { ask: { redis: ['GET', 'stock'] } },
  answers: { sold: { status: 200 }, soldOut: { status: 409 } },
};

/** The history that the description of the format shows. */
export const documentedHistory = readFileSync(FORMAT, 'utf8').split('```jsonl\n')[1]!.split('\n```\n')[0]!;

/** What a command leaves, and what it says. */
export interface Run extends Ended {
  /** What stands on stdout, where that is one JSON document. */
  document: unknown;
  /** What it has written, as paths in the folder where it ran; a run's folder is called `<run>`. */
  files: string[];
}

/** A function of the compiled product: its module in dist/harness, and its name. */
export type Named = readonly [module: string, name: string];

/** The arguments of each function that a command called, as far as JSON can say them. */
export type Calls = Readonly<Record<string, unknown[]>>;

/** It watches over code of users for as long as a process lives, which here is many commands. */
const WATCHDOG: Named = ['terminal/watchdog.js', 'startWatchdog'];

/** Folders in which commands run, each with all that is named in the tables of flags. They are of one suite. */
export class Workshop {
  /** To be removed after the suite. */
  readonly folder = mkdtempSync(join(tmpdir(), 'oversell-flags-'));
  readonly #server: string;

  private constructor(server: string) {
    this.#server = server;
  }

  static async open(): Promise<Workshop> {
    return new Workshop((await thisServer()).path);
  }

  /**
   * A folder with all that is named in the tables, and these files.
   * @param files by their names; one that ends with a slash is a folder, one with a bar a pipe
   */
  place(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
    const place = this.#place();
    for (const [name, content] of Object.entries(files)) {
      const path = join(place, name.replace(/[/|]$/, ''));
      mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
      if (name.endsWith('|')) spawnSync('mkfifo', [path]);
      else if (!name.endsWith('/')) writeFileSync(path, content);
    }
    return place;
  }

  /** What comes of each of these command lines, all typed in that folder. */
  async runIn(
    folder: string,
    calls: readonly (readonly string[])[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Ended[]> {
    return commandLines(
      calls.map((words) => ({ words, folder, env })),
      [],
      [],
    );
  }

  /** What comes of each of these command lines. */
  async run(typed: Iterable<string>): Promise<Map<string, Run>> {
    const distinct = [...new Set(typed)].map((words) => ({ words, folder: this.#place() }));
    const given = filesIn(this.#place());
    const calls = distinct.map(({ words, folder }) => ({ words: wordsOf(words), folder }));
    const ran = await commandLines(calls, [], []);
    return new Map(
      distinct.map(({ words, folder }, i) => {
        const { exitCode, stdout, stderr } = ran[i]!;
        const files = filesIn(folder).filter((file) => !given.includes(file));
        const written = files.map(withoutStamp).toSorted();
        return [words, { exitCode, stdout, stderr, document: asDocument(stdout), files: written }];
      }),
    );
  }

  /**
   * What reaches an engine, which is not run, from each of these command lines.
   *
   * @param passed functions that are called before the engine, and get a server that nobody can use
   * @param ends the engine
   */
  async reaching(
    typed: readonly string[],
    passed: readonly Named[],
    ends: readonly Named[],
  ): Promise<Calls[]> {
    const folder = this.#place();
    const ran = await commandLines(
      typed.map((words) => ({ words: wordsOf(words), folder })),
      passed,
      ends,
    );
    return ran.map(({ reached, stderr }, i) => {
      if (ends.some(([, name]) => name in reached)) return reached;
      throw new Error(`${typed[i]} reaches no engine: ${stderr}`);
    });
  }

  #place(): string {
    const place = mkdtempSync(join(this.folder, 'place-'));
    // Without redis-benchmark beside it, so that `bench` measures no ceilings.
    symlinkSync(this.#server, join(place, 'redis-server'));
    for (const file of STRATEGIES) cpSync(file, join(place, basename(file.pathname)));
    const counterexample = new URL('counterexamples/lua-decrement-buyer-crash-stranded.json', EXAMPLE);
    cpSync(counterexample, join(place, 'counterexample.json'));
    writeFileSync(join(place, 'history.jsonl'), documentedHistory);
    for (const name of ['shop', 'stall']) {
      writeFileSync(join(place, `${name}.json`), JSON.stringify({ ...SHOP, name: `a ${name}` }));
    }
    writeFileSync(join(place, 'decrement-shop.json'), JSON.stringify(DECREMENT_SHOP));
    const result = readFileSync(new URL('result.json', EXAMPLE), 'utf8');
    const otherRedis = result.replace(/"redis": "[^"]*"/, '"redis": "Redis 6.2.1"');
    for (const [name, text] of Object.entries({ base: result, 'elsewhere-measured': otherRedis })) {
      mkdirSync(join(place, name));
      writeFileSync(join(place, name, 'result.json'), text);
    }
    return place;
  }
}

async function commandLines(
  calls: readonly { words: readonly string[]; folder: string; env?: Readonly<Record<string, string>> }[],
  passed: readonly Named[],
  ends: readonly Named[],
): Promise<(Ended & { reached: Calls })[]> {
  const running = start(process.execPath, [COMMAND_LINES]);
  running.child.stdin.end(JSON.stringify({ calls, passed: [...passed, WATCHDOG], ends }));
  const { stdout, stderr } = await running.ended;
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as (Ended & { reached: Calls })[];
}

/** What commander knows of a command's options, by their long names. */
export interface Options {
  own: string[];
  /** Those of the program, which stand after any command. */
  global: string[];
  commands: string[];
}

/** Of a command, or of the program itself. */
export async function optionsOf(...command: string[]): Promise<Options> {
  const help = ['--import', LIST_OPTIONS, CLI, ...command, '--help'];
  const { stdout } = await start(process.execPath, help).ended;
  return JSON.parse(stdout) as Options;
}

/** Separated by spaces, of which a word has none in it but in quotes. */
const wordsOf = (typed: string): string[] =>
  (typed.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ''));

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));

const withoutStamp = (file: string): string => file.replace(/\d{8}T\d{6}\.\d{3}Z-\d+/, '<run>');

function asDocument(stdout: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    return null;
  }
}
