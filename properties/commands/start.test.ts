import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { CLI, start } from '../helpers/command.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { documentedHistory } from '../helpers/workshop.ts';
import { tables } from './flags/tables.ts';
import { rotating } from '../helpers/rotating.ts';

const LIST_MODULES = fileURLToPath(new URL('../helpers/list-modules.mjs', import.meta.url));
const DIST = new URL('../../dist/', import.meta.url).href;

/** What a command line loads: of ours the file, below dist/ and without its ending, of others the package. */
async function loadedBy(...words: string[]): Promise<Set<string>> {
  const file = join(temporaryFolder(), 'modules');
  await start(process.execPath, ['--import', LIST_MODULES, CLI, ...words], { MODULES: file }).ended;
  const urls = readFileSync(file, 'utf8').trim().split('\n');
  return new Set(
    urls.flatMap((url) => {
      if (url.startsWith(DIST)) return url.slice(DIST.length).replace(/\.js$/, '');
      return /\/node_modules\/([^/]+)/.exec(url)?.[1] ?? [];
    }),
  );
}

/** What takes time to load, and what only some commands need. */
const HEAVY =
  /^(reports|harness\/(bench|checkers|explorer|history|load|loader|redis|wire))\/|^(ioredis|zod|piscina|vega)/;
const heavyOf = (loaded: ReadonlySet<string>): string[] => [...loaded].filter((name) => HEAVY.test(name));
/** Flags that two commands share have files of their own. */
const COMMANDS = new Set(tables.map(([name]) => `harness/commands/${name}`));
const commandsOf = (loaded: ReadonlySet<string>): string[] =>
  [...loaded].filter((name) => COMMANDS.has(name));

test('--help loads no command, and no engine', async () => {
  const loaded = await loadedBy('--help');
  expect(commandsOf(loaded)).toEqual([]);
  expect(heavyOf(loaded)).toEqual([]);
});

test.each(rotating(tables, 3, 'help').map(([name]) => name))(
  '%s --help loads that command alone, and no engine',
  async (name) => {
    const loaded = await loadedBy(name, '--help');
    expect(commandsOf(loaded)).toEqual([`harness/commands/${name}`]);
    expect(heavyOf(loaded)).toEqual([]);
  },
);

test('help explore says what explore --help says', async () => {
  const [help, flag] = await Promise.all([
    start(process.execPath, [CLI, 'help', 'explore']).ended,
    start(process.execPath, [CLI, 'explore', '--help']).ended,
  ]);
  expect(help).toEqual(flag);
  expect(help).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('--emit-test') });
});

test('check loads the checkers, and neither the explorer nor a client', async () => {
  const history = join(temporaryFolder(), 'history.jsonl');
  writeFileSync(history, documentedHistory);
  const loaded = await loadedBy('check', history);
  expect(heavyOf(loaded)).toEqual(
    expect.arrayContaining(['harness/history/jsonl', 'harness/checkers/judge']),
  );
  expect(heavyOf(loaded).filter((name) => !/^harness\/(history|checkers)|^reports/.test(name))).toEqual([]);
});
