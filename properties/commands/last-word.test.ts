import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock as clock } from '../../harness/ground/ambient.ts';
import { CLI, start, type Ended } from '../helpers/command.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { rotating } from '../helpers/rotating.ts';
import { strategyThat, type Doing } from '../helpers/strategy-sources.ts';
import { thisServer } from '../helpers/this-server.ts';

const WORDS = {
  explore: ['explore', './subject.mjs', '--buyers', '2', '--stock', '1'],
  bench: ['bench', './subject.mjs', '--trials', '1', '--buyers', '100', '--redis-server', './redis-server'],
  evaluate: ['evaluate', './subject.mjs'],
};
type Command = keyof typeof WORDS;

async function folderFor(doing: Doing, wrong?: boolean): Promise<string> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'subject.mjs'), strategyThat(doing, wrong));
  // Without redis-benchmark beside it, so that `bench` measures no ceilings.
  symlinkSync((await thisServer()).path, join(folder, 'redis-server'));
  return folder;
}

async function run(command: Command, doing: Doing, wrong?: boolean): Promise<Ended> {
  const folder = await folderFor(doing, wrong);
  return start(process.execPath, [CLI, ...WORDS[command], '--json'], {}, folder).ended;
}

const REJECT = "void Promise.reject(new Error('astray'))";
const THROW = "throw new Error('astray')";
const ENDINGS: readonly (readonly [what: string, doing: Doing])[] = [
  ['process.exit at import', { import: 'process.exit(0);' }],
  ['process.exit in open', { open: 'process.exit(0)' }],
  ['process.exit in seller', { seller: 'process.exit(1)' }],
  ['process.exit in a purchase', { purchase: 'process.exit(0)' }],
  ['process.exit with the code of bad usage', { purchase: 'process.exit(2)' }],
  ['process.exit that is caught', { purchase: 'try { process.exit(0); } catch {}' }],
  ['process.exit in a job', { job: 'process.exit(0)' }],
  ['process.exit in a timer', { seller: 'setTimeout(() => process.exit(0), 5)' }],
  ['process.abort', { open: 'process.abort()' }],
  ['a stray rejection after the import', { import: `setTimeout(() => ${REJECT}, 20);` }],
  ['a stray rejection in open', { open: REJECT }],
  ['a stray rejection in seller', { seller: REJECT }],
  ['a stray rejection in a purchase', { purchase: REJECT }],
  ['a stray rejection of nothing', { purchase: 'void Promise.reject(undefined)' }],
  ['a stray rejection in a job', { job: REJECT }],
  ['a throw in a tick', { purchase: `process.nextTick(() => { ${THROW}; })` }],
  ['a throw in a microtask', { purchase: `queueMicrotask(() => { ${THROW}; })` }],
  ['a throw in an immediate', { open: `setImmediate(() => { ${THROW}; })` }],
  ['a throw in a timer', { seller: `setTimeout(() => { ${THROW}; }, 1)` }],
];

describe('code that would end the process ends the run with 2, and says where', () => {
  const cases = (['explore', 'bench', 'evaluate'] as const).flatMap((command) =>
    ENDINGS.map(([what, doing]) => [command, what, doing] as const),
  );
  test.each(rotating(cases, 2, 'endings'))('%s: %s', async (command, _, doing) => {
    const { exitCode, stdout, stderr } = await run(command, doing);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2 });
    const { error } = JSON.parse(stdout) as { error: Record<'code' | 'message', string> };
    expect(error.code).toMatch(/^(PROCESS_EXIT|STRAY_ERROR|CANNOT_EXPLORE|IMPORT_FAILED)$/);
    expect(error.message).toMatch(/process\.(exit|abort)|astray|undefined/);
    expect(stderr).toContain(`oversell: ${error.message}\n`);
    expect(stderr).not.toContain('    at ');
  });

  test.each(rotating(['explore', 'bench'] as const, 1, 'judged'))(
    'and %s judges the same code without it',
    async (command) => {
      expect(await run(command, {})).toMatchObject({ exitCode: 0 });
      expect(await run(command, {}, true)).toMatchObject({ exitCode: 1 });
    },
  );

  test('whoever wants another exit code when the process ends does not get it', async () => {
    const late =
      'process.on("exit", () => { process.exitCode = 0; process.exit(0); }); process.exitCode = 0;';
    expect(await run('bench', { import: late }, true)).toMatchObject({ exitCode: 1 });
    expect(await run('bench', { import: late.replaceAll('0', '1') })).toMatchObject({ exitCode: 0 });
  });

  test('what is left to do in a strategy does not keep the command from its end', async () => {
    const seller = "setInterval(() => redis.get('stock'), 5)";
    expect(await run('bench', { seller })).toMatchObject({ exitCode: 0 });
  });
});

describe('what a strategy prints goes to stderr', () => {
  test.each(rotating(['explore', 'bench'] as const, 1, 'printed'))(
    'of %s, from every thread',
    async (command) => {
      const { exitCode, stdout, stderr } = await run(command, {
        import: "console.log('printed at import');",
        open: "process.stdout.write('printed in open\\n')",
        seller: "console.info('printed in seller')",
        purchase: "console.log('printed in a purchase'); writeSync(1, 'written in a purchase\\n')",
      });
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toEqual(expect.any(Object));
      for (const text of ['at import', 'in open', 'in seller', 'in a purchase'])
        expect(stderr).toContain(`printed ${text}`);
      expect(stderr).toContain('written in a purchase');
    },
  );
});

/** How a command ends whose streams are these, each a descriptor or a pipe that nobody reads. */
async function endedWith(
  folder: string,
  words: readonly string[],
  [stdout, stderr]: readonly [number | 'unread' | 'pipe', number | 'unread' | 'pipe'],
): Promise<Ended> {
  const stdio = [stdout, stderr].map((one) => (typeof one === 'number' ? one : ('pipe' as const)));
  const child = spawn(process.execPath, [CLI, ...words], { cwd: folder, stdio: ['ignore', ...stdio] });
  const said = { stdout: '', stderr: '' };
  for (const [name, kind] of [
    ['stdout', stdout],
    ['stderr', stderr],
  ] as const) {
    if (kind === 'unread') child[name]!.destroy();
    if (kind === 'pipe') child[name]!.on('data', (chunk: Buffer) => (said[name] += chunk.toString()));
  }
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, ...said };
}

const sentence = (stream: string): unknown =>
  expect.stringMatching(`^(.*\\n)*oversell: ${stream} cannot be written: ENOSPC`);

describe.skipIf(process.platform !== 'linux')('a screen that cannot be written', () => {
  const full = openSync('/dev/full', 'w');
  const verdicts = [
    ['right', false, 0],
    ['wrong', true, 1],
  ] as const;

  test.each(rotating(verdicts, 1, 'unread'))(
    'because nobody reads it changes no verdict on a strategy that is %s',
    async (_, wrong, exitCode) => {
      const folder = await folderFor({}, wrong);
      expect(await endedWith(folder, WORDS.explore, ['unread', 'pipe'])).toMatchObject({
        exitCode,
        stderr: expect.not.stringMatching(/EPIPE|oversell:/),
      });
      expect(await endedWith(folder, WORDS.explore, ['pipe', 'unread'])).toMatchObject({ exitCode });
      expect(await endedWith(folder, WORDS.bench, ['unread', 'unread'])).toMatchObject({ exitCode });
    },
  );

  test.each(rotating(verdicts, 1, 'full'))(
    'because there is no room ends with 4, also where a strategy is %s',
    async (_, wrong) => {
      const folder = await folderFor({}, wrong);
      expect(await endedWith(folder, WORDS.explore, [full, 'pipe'])).toMatchObject({
        exitCode: 4,
        stderr: sentence('stdout'),
      });
      expect(await endedWith(folder, WORDS.explore, ['pipe', full])).toMatchObject({
        exitCode: 4,
        stdout: sentence('stderr'),
      });
      expect(await endedWith(folder, WORDS.bench, [full, full])).toMatchObject({ exitCode: 4 });
    },
  );

  test.each([['list'], ['--help'], ['check', '--help'], ['--version']])(
    '%s %s says so, too',
    async (...words) => {
      const given = words.filter((word) => word !== undefined);
      expect(await endedWith('/', given, [full, 'pipe'])).toMatchObject({
        exitCode: 4,
        stderr: expect.stringContaining('ENOSPC'),
      });
      expect(await endedWith('/', given, ['unread', 'pipe'])).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await endedWith('/', given, ['pipe', 'pipe'])).toMatchObject({ exitCode: 0, stderr: '' });
    },
  );

  test('bad usage stays what it is, and waits for nobody', async () => {
    const startNs = clock.monotonicNs();
    expect(await endedWith('/', ['explore', '--nonsense'], [full, full])).toMatchObject({ exitCode: 2 });
    expect(clock.monotonicNs() - startNs).toBeLessThan(4e9);
  });
});
