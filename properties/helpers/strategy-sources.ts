import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { start, type Ended } from './command.ts';
import { temporaryFolder } from './processes.ts';

/** An empty folder far from the checkout, with these files in it. @returns its path */
export function folderWith(files: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** GET, then DECR, as somebody would write it who has not met this project before. */
export const NAIVE = `import type { Strategy } from 'oversell/contract';
export const naive: Strategy = {
  name: 'naive', summary: 'GET, then DECR', connection: 'shared',
  open: async (redis, sale) => void (await redis.set('stock', sale.stock)),
  seller: (redis) => ({
    async purchase() {
      if (Number(await redis.get('stock')) < 1) return { kind: 'sold-out' };
      return { kind: 'sold', remaining: await redis.decr('stock') };
    },
    remaining: async () => Number(await redis.get('stock')),
  }),
};
`;

/** As many lines as it takes to have a strategy to spoil. */
export const strategy = (name: string, variable = 'mine'): string =>
  NAIVE.replace("'naive'", `'${name}'`).replace('const naive', `const ${variable}`);

/** Where the code of a strategy runs, and what it does there. */
export interface Doing {
  import?: string;
  open?: string;
  seller?: string;
  purchase?: string;
  remaining?: string;
  job?: string;
  /** In the script that sells. */
  script?: string;
}

const CHECK = "if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end";

/** A right strategy but for what it does besides; `wrong`: it does not look at the stock either. */
export const strategyThat = (doing: Doing, wrong = false): string => `
import { writeSync } from 'node:fs';
${doing.import ?? ''}
const SELL = "${doing.script ?? ''} ${wrong ? '' : CHECK} redis.call('DECR', KEYS[1]) return 1";
export const subject = {
  name: 'subject', summary: 'sells', connection: 'shared',
  open: async (redis, sale) => { ${doing.open ?? ''}; await redis.set('stock', sale.stock); },
  seller: ${doing.seller?.includes('await') ? 'async ' : ''}(redis) => {
    ${doing.seller ?? ''};
    return {
      remaining: async () => { ${doing.remaining ?? ''}; return Math.max(0, Number(await redis.get('stock'))); },
      purchase: async (request) => {
        ${doing.purchase ?? ''};
        return { kind: (await redis.eval(SELL, 1, 'stock')) === 1 ? 'sold' : 'sold-out' };
      },
      ${doing.job === undefined ? '' : `runJob: async () => { ${doing.job}; return 'idle'; },`}
    };
  },
};`;

const loading = fileURLToPath(new URL('./load-strategies.mjs', import.meta.url));

/** What came of loading a file with the compiled product, by Node's own loader, which is what counts. */
export interface Loaded {
  strategies?: { name: string; path: string; export: string }[];
  error?: { code: string; message: string; remedy: string };
  exitCode: number | null;
}

/** Loads one file after the other; it ends with us, as its stdin does. */
let loader: { ask: (file: string) => void; answers: AsyncIterator<string> } | undefined;

function startLoader(): NonNullable<typeof loader> {
  const child = spawn(process.execPath, [loading], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.unref();
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  return { ask: (file) => child.stdin.write(`${file}\n`), answers };
}

/** Loads a file in a process that has loaded others. */
export async function loaded(file: string): Promise<Loaded> {
  loader ??= startLoader();
  loader.ask(file);
  const answer = await loader.answers.next();
  if (answer.done === true) throw new Error(`the loader ended over ${file}`);
  return { exitCode: 0, ...(JSON.parse(answer.value) as Omit<Loaded, 'exitCode'>) };
}

/** Loads a file in a process of its own, which has so much time. */
export async function loadedWithin(file: string, importLimitMs: number): Promise<Loaded> {
  const { exitCode, stdout, stderr } = await start(process.execPath, [loading, file, String(importLimitMs)])
    .ended;
  if (stderr !== '') throw new Error(stderr);
  return { ...(JSON.parse(stdout) as Omit<Loaded, 'exitCode'>), exitCode };
}

const exploring = fileURLToPath(new URL('./explore-strategy.mjs', import.meta.url));

/** Explores a file's strategy for 2 buyers and 1 unit with the compiled product, watched by a watchdog. */
export const exploredWithin = (file: string, limitMs: number): Promise<Ended> =>
  start(process.execPath, [exploring, file, String(limitMs)]).ended;

const selling = fileURLToPath(new URL('./sell-strategy.mjs', import.meta.url));

/** Sells 10 units to 50 buyers with each file's strategy, 4 in flight on each of 2 worker threads. */
export const soldWith = (files: readonly string[], seed: number): Promise<Ended> =>
  start(process.execPath, [selling, String(seed), ...files]).ended;
