import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ForeignServer } from './foreign-server.ts';
import { folderWith } from './strategy-sources.ts';
import { thisServer } from './this-server.ts';
import { documentedHistory } from './workshop.ts';

/** What a strategy's module does to reach the server, of which `call` is one line. Its types are erased before it runs. */
export interface Way {
  imports?: string;
  /** At module level. */
  opening?: string;
  /** In each purchase, before it sells. */
  purchase?: string;
  /** In open. */
  open?: string;
  seller?: string;
}

const HEAD = `import type { Strategy } from 'oversell/contract';
interface Erased {
  line: number;
}
`;
/** Of the import, the line at module level, of open, seller and purchase. */
export const LINES = { imports: 5, opening: 6, open: 9, seller: 12, purchase: 15 };

const source = ({ imports = '', opening = '', open = '', seller = '', purchase = '' }: Way): string =>
  `${HEAD}${imports}
${opening}
export const mine: Strategy = { name: 'mine', summary: 'connects', connection: 'shared',
  open: async (redis, sale) => {
    ${open}
    await redis.set('stock', sale.stock);
  }, seller: async (redis) => {
    ${seller}
    return {
      purchase: async () => {
    ${purchase}
        return { kind: (await redis.decr('stock')) >= 0 ? 'sold' : 'sold-out' };
      },
      remaining: async () => Math.max(0, Number(await redis.get('stock'))),
    };
  },
};
`;

export const IOREDIS = "import { Redis } from 'ioredis';";
const NET = "import net, { connect, createConnection } from 'node:net';";
const PING = "write('PING\\r\\n')";

/** Each way of connecting in JavaScript, at import. */
export const ways = ({ port, path }: ForeignServer): Record<string, Way> => ({
  ioredis: { imports: IOREDIS, opening: `new Redis(${port}).incr('seen');` },
  'ioredis by a URL with a login': {
    imports: IOREDIS,
    opening: `new Redis('redis://me:hidden@127.0.0.1:${port}').incr('seen');`,
  },
  'ioredis over a Unix socket': { imports: IOREDIS, opening: `new Redis('${path}').incr('seen');` },
  'net.connect': { imports: NET, opening: `connect(${port}, '127.0.0.1').${PING};` },
  'net.createConnection': { imports: NET, opening: `createConnection({ port: ${port} }).${PING};` },
  'new net.Socket().connect': { imports: NET, opening: `new net.Socket().connect(${port}).${PING};` },
  'net.connect to a path': { imports: NET, opening: `connect('${path}').${PING};` },
  'tls.connect': {
    imports: "import tls from 'node:tls';",
    opening: `tls.connect({ port: ${port}, rejectUnauthorized: false }).on('error', () => {});`,
  },
  'http.get': {
    imports: "import http from 'node:http';",
    opening: `http.get('http://127.0.0.1:${port}/').on('error', () => {});`,
  },
  fetch: { opening: `void fetch('http://127.0.0.1:${port}/').catch(() => {});` },
  'a module of CommonJS': { imports: "import './client.cjs';" },
  'an await at the top': { imports: IOREDIS, opening: `await new Redis(${port}).incr('seen');` },
});

/** What becomes of each where it is explored, and in a load run. */
export const WAYS = {
  ioredis: 'runs',
  'ioredis by a URL with a login': 'runs',
  'ioredis over a Unix socket': 'runs',
  'net.connect': 'is not Redis',
  'net.createConnection': 'is not Redis',
  'new net.Socket().connect': 'is not Redis',
  'net.connect to a path': 'is not Redis',
  'tls.connect': 'runs',
  'http.get': 'is not Redis',
  fetch: 'is not Redis',
  'a module of CommonJS': 'runs',
  'an await at the top': 'waits',
} as const;

const CLIENT_CJS = (port: number): string =>
  `const { Redis } = require(${JSON.stringify(createRequire(import.meta.url).resolve('ioredis'))});\nmodule.exports = new Redis(${port});\nmodule.exports.incr('seen');\n`;

/** A folder with a strategy that connects so, and a history. @returns its path */
export const shopOf = (way: Way, { port }: ForeignServer): string =>
  folderWith({ 'sell.ts': source(way), 'client.cjs': CLIENT_CJS(port), 'history.jsonl': documentedHistory });

/** A few purchases, by a server without redis-benchmark beside it, so that no ceiling is measured. */
export const FEW = '--buyers 50 --trials 1 --redis-server ./redis-server';

/** Lays this machine's server into the folder, for `FEW`. */
export async function withServer(folder: string): Promise<string> {
  symlinkSync((await thisServer()).path, join(folder, 'redis-server'));
  return folder;
}

/** A client that is made where the sale runs. */
export const LAZY: Way = {
  imports: IOREDIS,
  opening: 'let made; const client = (port) => (made ??= new Redis(port));',
};
const EXAMPLE = '../../reports/example/counterexamples/multi-without-watch-calm-oversell.json';

/** One of a strategy that sent other commands: what is sent first is compared first. */
export function counterexampleOf(folder: string): string {
  const recorded = JSON.parse(readFileSync(new URL(EXAMPLE, import.meta.url), 'utf8')) as object;
  const file = join(folder, 'counterexample.json');
  writeFileSync(file, JSON.stringify({ ...recorded, strategy: 'mine', path: join(folder, 'sell.ts') }));
  return file;
}
