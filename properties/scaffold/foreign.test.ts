import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Scaffold } from '../../harness/documents/scaffold.ts';
import { STYLES } from '../../harness/documents/styles.ts';
import { CLI, start, type Ended } from '../helpers/command.ts';
import { copyWith } from '../helpers/compiled-copy.ts';
import { ForeignServer } from '../helpers/foreign-server.ts';
import { projectWithUs } from '../helpers/own-clients.ts';
import { rotating, sometimes } from '../helpers/rotating.ts';

let foreign: ForeignServer;
beforeAll(async () => {
  foreign = await ForeignServer.start();
});
afterAll(() => foreign[Symbol.asyncDispose]());

const NOTHING = { connections: 0, commands: [] };
const url = (): string => `redis://127.0.0.1:${foreign.port}`;

/** A project whose code connects to somebody's server as soon as it is loaded, under every name that may be the next. */
function project(): string {
  const connects = `import { Redis } from 'ioredis';\nconst own = new Redis('${url()}');\nawait own.incr('seen');\nown.disconnect();\n`;
  return projectWithUs(
    { 'package.json': '{"type":"module"}', 'shop.mjs': connects, '.env': `REDIS_URL=${url()}\n` },
    { ioredis: 'ioredis', vitest: 'vitest' },
  );
}

const run = (folder: string, ...words: string[]): Promise<Ended> =>
  start(process.execPath, words, { REDIS_URL: url() }, folder).ended;

describe('a Redis at the URL in the code of a project sees nothing of', () => {
  test('oversell new, in any style, nor where it refuses', async () => {
    const folder = project();
    for (const style of STYLES) {
      const { exitCode, stderr } = await run(folder, CLI, 'new', `my-${style}`, '--style', style);
      expect(exitCode, stderr).toBe(0);
    }
    expect((await run(folder, CLI, 'new', `my-${STYLES[0]}`)).exitCode).toBe(2);
    expect(await foreign.seen()).toEqual(NOTHING);
  });

  sometimes(
    'nor of what it says comes next, where the code that is put there connects at import',
    async () => {
      const folder = project();
      const [style] = rotating(STYLES, 1, 'style of what connects');
      const { stdout } = await run(folder, CLI, 'new', 'mine', '--style', style!, '--json');
      const { files } = JSON.parse(stdout) as Scaffold;
      const written = join(folder, files[0]!);
      const own = `import { Redis } from 'ioredis';\nvoid new Redis('${url()}').incr('seen');\n`;
      writeFileSync(written, own + readFileSync(written, 'utf8'));
      const explored = await run(folder, CLI, 'explore', files[0]!, '--buyers', '2', '--stock', '1');
      expect([0, 1], explored.stderr).toContain(explored.exitCode);
      const tested = await run(folder, 'node_modules/vitest/vitest.mjs', 'run', '--root', '.', files.at(-1)!);
      expect(tested.stdout + tested.stderr).toMatch(/Tests.*1 passed/);
      expect(await foreign.seen()).toEqual(NOTHING);
    },
  );

  test('and it would, if new loaded what is there', async () => {
    const loads = "const name = asName(typed);\n    await import(process.cwd() + '/shop.mjs');";
    const cli = copyWith('commands/new.js', 'const name = asName(typed);', loads);
    const { exitCode, stderr } = await run(project(), cli, 'new', 'mine');
    expect(exitCode, stderr).toBe(0);
    const { connections, commands } = await foreign.seen();
    expect(connections).toBeGreaterThan(0);
    expect(commands).toContain('incr seen');
  });
});
