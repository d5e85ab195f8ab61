import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { registry } from '../../strategies/registry.ts';
import { oversell } from '../helpers/command.ts';

const text = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

/** The first cells of the table that follows a heading. */
function firstCells(readme: string, heading: string): string[] {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) => /^\| `([\w-]+)/.exec(row)![1]!);
}

test('the README counts the strategies, and says where each is described', () => {
  const readme = text('README.md').replaceAll(/\s+/g, ' ');
  const words = ['none', 'one', 'two', 'three', 'four', 'five', 'six'];
  const controls = words[registry.filter(({ control }) => control).length];
  expect(readme).toContain(`${registry.length} ways of selling, ${controls} of them controls`);
  expect(readme).toContain('(strategies/README.md)');
});

test('the README names every command that there is, and no other', async () => {
  const { stdout } = await oversell(['--help']).ended;
  const listed = [
    ...stdout
      .split('Commands:')[1]!
      .split('\nExamples:')[0]!
      .matchAll(/^ {2}(\w+)/gm),
  ].map(([, name]) => name);
  expect(firstCells(text('README.md'), 'Commands')).toEqual(listed.filter((name) => name !== 'help'));
});

test('the README starts with the two commands that are run on every change', () => {
  for (const file of ['README.md', '.ci/run']) {
    expect(text(file)).toMatch(/npm ci && npm start\b[^]*npm ci && npm test\b/);
  }
});
