import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderOfRun } from '../../harness/ground/temporary.ts';
import type { ServiceFile } from '../../harness/service/service-file.ts';
import { article, ofArticle, shop } from './intercepting.ts';
import { PYTHON, type TOOLCHAINS } from './toolchains.ts';

/** A right one, and a wrong one. */
export type Technique = 'watch' | 'read-then-write';

/** A language, with the client of it, in which the article's shop is written. */
export interface Language {
  name: string;
  toolchain: keyof typeof TOOLCHAINS;
  /** The key of its stock. */
  stock: string;
  serviceOf(technique: Technique): ServiceFile;
}

const FOLDER = fileURLToPath(new URL('../services/languages/', import.meta.url));

let program: string | undefined;
/** Compiled once. */
function compiled(): string {
  if (program !== undefined) return program;
  const { path: folder } = folderOfRun('oversell-go-');
  program = join(folder, 'shop');
  const env = { ...process.env, GOCACHE: join(folder, 'cache'), GO111MODULE: 'off' };
  execFileSync('go', ['build', '-o', program, 'shop.go'], { cwd: FOLDER, env });
  return program;
}

/** The article's. */
const STOCK = 'product:phone';

export const LANGUAGES: readonly Language[] = [
  {
    name: 'Go',
    toolchain: 'go',
    stock: STOCK,
    serviceOf: (technique) => ofArticle([compiled(), technique], {}, FOLDER),
  },
  {
    name: 'Ruby and redis-rb',
    toolchain: 'ruby',
    stock: STOCK,
    serviceOf: (technique) => ofArticle(['ruby', 'shop.rb', technique], {}, FOLDER),
  },
  {
    name: 'PHP and phpredis',
    toolchain: 'php',
    stock: STOCK,
    serviceOf: (technique) =>
      ofArticle(['php', '-S', '127.0.0.1:{port}', 'shop.php'], { env: { TECHNIQUE: technique } }, FOLDER),
  },
  {
    name: 'Flask and redis-py',
    toolchain: 'python',
    stock: STOCK,
    serviceOf: (technique) => article(PYTHON, technique === 'watch' ? 'article' : 'article_without_watch'),
  },
  ...['ioredis', 'node-redis'].map((library): Language => ({
    name: `Node and ${library}`,
    toolchain: 'node',
    stock: 'stock',
    serviceOf: (technique) => shop(['node', 'shop.mjs', technique, library]),
  })),
];
