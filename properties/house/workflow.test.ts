import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { CLI, start, type Ended } from '../helpers/command.ts';
import { sometimes } from '../helpers/rotating.ts';
import { folderWith, strategyThat } from '../helpers/strategy-sources.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const RIGHT = readFileSync(join(ROOT, 'strategies/lua-reserve-once.ts'), 'utf8');

/** The commands of the README's workflow, but for the one that installs, which is here already. */
function commandsOfWorkflow(): string[] {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [, workflow = ''] = /```yaml\n(name: oversell[^`]*)```/.exec(readme) ?? [];
  const commands = [...workflow.matchAll(/^ +- run: (.*)$/gm)].map(([, command]) => command!);
  expect(commands[0]).toBe('npm ci');
  return commands.slice(1);
}

/** A project that has installed this package, as far as a machine without GitHub can be a job of its Actions. */
function jobWith(source: string): { folder: string; env: NodeJS.ProcessEnv } {
  const folder = folderWith({ 'src/sell.ts': source, 'package.json': '{"type":"module"}' });
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
  symlinkSync(ROOT, join(folder, 'node_modules/oversell'));
  // npm makes a link, and the program one that can be run.
  const program = `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`;
  writeFileSync(join(folder, 'node_modules/.bin/oversell'), program, { mode: 0o755 });
  const summary = join(folder, 'summary.md');
  writeFileSync(summary, '');
  const env = { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: folder, GITHUB_STEP_SUMMARY: summary };
  return { folder, env };
}

async function ran(source: string): Promise<{ folder: string; runs: Ended[] }> {
  const { folder, env } = jobWith(source);
  const runs: Ended[] = [];
  // One after the other, as the steps of a job; each `if: always()`.
  for (const command of commandsOfWorkflow())
    runs.push(await start('bash', ['-e', '-c', command], env, folder).ended);
  return { folder, runs };
}

sometimes(
  'the workflow of the README fails a wrong strategy, at its line, and leaves what it says',
  async () => {
    const { folder, runs } = await ran(strategyThat({}, true));
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([1, 1]);
    for (const { stderr } of runs)
      expect(stderr).toMatch(/^::error file=src\/sell\.ts,line=\d+,title=subject%3A oversell is violated::/m);
    expect(readFileSync(join(folder, 'oversell.xml'), 'utf8')).toMatch(
      /name="oversell" file="src\/sell\.ts"/,
    );
    expect(readFileSync(join(folder, 'summary.md'), 'utf8')).toContain('subject');
    expect(existsSync(join(folder, 'runs'))).toBe(true);
  },
);

sometimes('and says nothing at any line where there is nothing wrong', async () => {
  const { folder, runs } = await ran(RIGHT);
  expect(runs.map(({ stderr }) => /^::/m.test(stderr))).toEqual([false, false]);
  expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(readFileSync(join(folder, 'oversell.xml'), 'utf8')).toContain(' failures="0" errors="0" ');
});
