import { describe, expect, test } from 'vitest';
import { rotating } from '../helpers/rotating.ts';
import type { ExplorationDocument } from '../../harness/documents/exploration.ts';
import { CLI, start } from '../helpers/command.ts';
import { LIBRARIES, LOOKS_AND_TAKES, projectWith, sellingBy } from '../helpers/own-clients.ts';
import { lineOf } from '../helpers/shown.ts';

/** By the compiled product, as the test runner has lines of its own for what it imports. */
async function placesOf(
  source: string,
  installed: Parameters<typeof projectWith>[1],
  scope: string,
): Promise<string[]> {
  const folder = projectWith({ 'sell.ts': source }, installed);
  const words = `explore ./sell.ts --json ${scope}`.split(' ');
  const { stdout, stderr } = await start(process.execPath, [CLI, ...words], {}, folder).ended;
  const found = JSON.parse(stdout || stderr) as ExplorationDocument;
  const shown = Object.values(found.properties).find(({ counterexample }) => counterexample);
  return shown!.counterexample!.steps.flatMap(({ command, source: place }) =>
    command ? [`${command[0]} ${place ? `${place.file}:${place.line}` : 'nowhere'}`] : [],
  );
}

describe('commands of clients that the code makes have its lines, too', () => {
  // Of those that write at once, and of those that write what a turn has asked for together, later.
  const names = [
    ...rotating(['ioredis 4', 'ioredis 5'] as const, 1, 'lines of own clients'),
    ...rotating(['node-redis 4', 'node-redis 5'] as const, 1, 'lines of own clients'),
  ];
  test.each(names)('%s', async (name) => {
    const { installed } = LIBRARIES[name];
    const source = `interface Erased {
  line: number;
}
${sellingBy(LIBRARIES[name], LOOKS_AND_TAKES)}`;
    const [look, take] = ["Number(await own.get('stock')) < 1", "await own.decr('stock');"].map((text) =>
      lineOf(source, text),
    );
    const calm = await placesOf(source, installed, '--buyers 2 --stock 1');
    expect(new Set(calm)).toEqual(new Set([`GET sell.ts:${look}`, `DECR sell.ts:${take}`]));
    // Sent once more where the library does so: from where it was asked for first.
    const lost = await placesOf(source, installed, '--buyers 1 --stock 2 --faults lost-reply=1');
    expect(lost.filter((place) => place.endsWith('nowhere'))).toEqual([]);
  });
});
