import { spawnSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { CLI, start } from './command.ts';

/** Whether a program of this machine can give a command a terminal (script of util-linux). */
export const hasTerminals = /util-linux/.test(spawnSync('script', ['--version']).stdout?.toString() ?? '');

export interface Shown {
  exitCode: number | null;
  /** Everything that was written to the terminal, as it was written. */
  raw: string;
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Runs the command in a terminal of so many columns. */
export async function onTerminal(
  words: readonly string[],
  columns: number,
  { env = {}, cwd }: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<Shown> {
  const command = [process.execPath, CLI, ...words].map(quoted).join(' ');
  const typed = `stty cols ${columns} rows 24 && exec ${command}`;
  const plain = { TERM: 'xterm-256color', FORCE_COLOR: undefined, NO_COLOR: undefined };
  const running = start('script', ['-qec', typed, '/dev/null'], { ...plain, ...env }, cwd);
  running.child.stdin.end();
  const { exitCode, stdout } = await running.ended;
  return { exitCode, raw: stdout };
}

/** What stood in a line of the terminal, at any time. */
export const linesOf = (raw: string): string[] => stripVTControlCharacters(raw).split(/\r?\n|\r/);

/** Lines that are wider than that, but for a single word, which is left whole. */
export const tooWide = (lines: readonly string[], columns: number): string[] =>
  lines.filter((line) => line.length > columns && line.trim().includes(' '));
