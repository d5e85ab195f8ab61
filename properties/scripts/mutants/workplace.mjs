// A copy of the project in which one file at a time is wrong.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'oxc-transform';

const RUN_TESTS = fileURLToPath(new URL('./run-tests.mjs', import.meta.url));

const PARTS = [
  'harness',
  'strategies',
  'reports',
  'properties',
  'dist',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  'README.md',
];

export class Workplace {
  #place = mkdtempSync(join(tmpdir(), 'oversell-mutants-'));
  #folder = join(this.#place, 'project');
  /** Beside the copy, as it is beside a project: what lies within is no user's. */
  #temporary = join(this.#place, 'tmp');
  /** The process of the tests that run. */
  #running;

  constructor() {
    mkdirSync(this.#folder);
    for (const part of PARTS) cpSync(part, join(this.#folder, part), { recursive: true });
    symlinkSync(join(process.cwd(), 'node_modules'), join(this.#folder, 'node_modules'));
  }

  /** A path in it. */
  path(file) {
    return join(this.#folder, file, file === '' ? '/' : '');
  }

  read(file) {
    return readFileSync(this.path(file), 'utf8');
  }

  /**
   * Puts a text in the place of a source file, and what is compiled of it beside.
   * @returns {() => void} puts back what was there
   */
  put(file, text) {
    const { code } = transformSync(file, text, { target: 'es2023' });
    const compiled = code.replace(/((?:from|import) ?\(?"\.[^"\n]+)\.ts"/g, '$1.js"');
    const texts = [
      [join(this.#folder, file), text],
      [join(this.#folder, 'dist', file.replace(/\.ts$/, '.js')), compiled],
    ];
    const before = texts.map(([path]) => [path, readFileSync(path, 'utf8')]);
    for (const [path, one] of texts) writeFileSync(path, one);
    return () => {
      for (const [path, one] of before) writeFileSync(path, one);
    };
  }

  /**
   * Runs tests in the order given.
   * @param {string[]} tests files
   * @param {{ limitMs: number, bail: number }} limits how long they may take, and after how many failures they end
   * @returns {Promise<{ failed: string[], durations: Record<string, number> } | undefined>} undefined: over the limit
   */
  async run(tests, { limitMs, bail }) {
    // Tests that are stopped leave their folders: they go before the next ones.
    rmSync(this.#temporary, { recursive: true, force: true });
    mkdirSync(this.#temporary);
    const child = spawn(process.execPath, [RUN_TESTS, bail, ...tests], {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, OVERSELL_SEED: '1', TMPDIR: this.#temporary },
      detached: true,
    });
    this.#running = child.pid;
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (printed += text));
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      stop(child.pid);
    }, limitMs);
    child.once('exit', () => stop(child.pid));
    await once(child, 'close');
    clearTimeout(limit);
    this.#running = undefined;
    if (late) return undefined;
    const line = printed.split('\n').findLast((one) => one.startsWith('{"failed"'));
    // A fault that ends the whole process was noticed.
    return line === undefined
      ? { failed: ['the process of the tests ended'], durations: {} }
      : JSON.parse(line);
  }

  remove() {
    if (this.#running !== undefined) stop(this.#running);
    rmSync(this.#place, { recursive: true, force: true });
  }
}

/** Ends a process and all that it started in its group; servers have a watch of their own. */
function stop(pid) {
  spawnSync('kill', ['-KILL', '--', `-${pid}`], { stdio: 'ignore' });
}
