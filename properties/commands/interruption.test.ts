import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resultSchema } from '../../harness/documents/result.ts';
import { CLI, oversell, start, type Running } from '../helpers/command.ts';
import { isRunning, temporaryFolder } from '../helpers/processes.ts';
import { rotating } from '../helpers/rotating.ts';

/** A run whose temporary files and results lie in folders of its own. */
interface Watched {
  running: Running;
  temporary: string;
  runs: string;
}

function evaluate(how: (args: string[], env: NodeJS.ProcessEnv) => Running): Watched {
  const [temporary, runs] = [temporaryFolder(), temporaryFolder()];
  const args = ['evaluate', 'lua-decrement', '--runs', runs];
  return { temporary, runs, running: how(args, { TMPDIR: temporary }) };
}

/** The same in a terminal of its own. */
const onTerminal = (args: string[], env: NodeJS.ProcessEnv): Running =>
  start('script', ['-qec', [process.execPath, CLI, ...args].join(' '), '/dev/null'], env);

/** Process ids of the servers that run in the folder. */
function serversIn(temporary: string): number[] {
  return readdirSync(temporary).flatMap((name) => {
    try {
      return [Number(readFileSync(join(temporary, name, 'server.pid'), 'utf8'))];
    } catch {
      return [];
    }
  });
}

/** Nothing runs, nothing lies about, and what was written is whole and does not claim to be. */
function expectTidy({ temporary, runs }: Watched, servers: readonly number[]): void {
  expect(servers.filter(isRunning)).toEqual([]);
  expect(readdirSync(temporary)).toEqual([]);
  for (const folder of readdirSync(runs)) {
    const files = readdirSync(join(runs, folder));
    expect(files.filter((file) => file !== 'counterexamples').toSorted()).toEqual([
      'report.html',
      'report.md',
      'result.json',
    ]);
    const kept = files.includes('counterexamples') ? readdirSync(join(runs, folder, 'counterexamples')) : [];
    expect(kept.filter((file) => !file.endsWith('.json'))).toEqual([]);
    const result = resultSchema.parse(JSON.parse(readFileSync(join(runs, folder, 'result.json'), 'utf8')));
    expect(result.status).toBe('interrupted');
    expect(readFileSync(join(runs, folder, 'report.md'), 'utf8')).toContain('INCOMPLETE');
    expect(readFileSync(join(runs, folder, 'report.html'), 'utf8')).toContain(
      'INCOMPLETE: this run is interrupted',
    );
  }
}

type Moment = [signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', moment: string, exitCode: number];
const first: Moment = ['SIGINT', 'looking for a redis-server', 130];
const later: Moment[] = [
  ['SIGTERM', 'lua-decrement: calm', 143],
  ['SIGHUP', 'lua-decrement: every interleaving, calm', 129],
  ['SIGINT', 'lua-decrement: every interleaving, several-units', 130],
  ['SIGTERM', 'lua-decrement: cost', 143],
];

test.each([first, ...rotating(later, 2, 'moments')])(
  '%s at "%s" leaves no server, no folder and no claim behind',
  async (signal, moment, exitCode) => {
    const watched = evaluate(oversell);
    await watched.running.said(moment);
    const servers = serversIn(watched.temporary);
    if (moment !== 'looking for a redis-server') expect(servers).toHaveLength(1);
    watched.running.child.kill(signal);
    expect((await watched.running.ended).exitCode).toBe(exitCode);
    expectTidy(watched, servers);
  },
);

test.skipIf(process.platform !== 'linux')(
  'Ctrl-C on a terminal, which reaches every process of the group, does no more harm',
  async () => {
    const watched = evaluate(onTerminal);
    await watched.running.said('lua-decrement: every interleaving, calm');
    const servers = serversIn(watched.temporary);
    expect(servers).toHaveLength(1);
    watched.running.child.stdin.write('\u0003');
    expect((await watched.running.ended).exitCode).toBe(130);
    expectTidy(watched, servers);
  },
);

/** Command lines of the processes that have to do with the folder. */
const processesOf = (folder: string): string[] =>
  readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return line.includes(folder) ? [line] : [];
    } catch {
      return []; // it has ended meanwhile
    }
  });

/** Ends at once, whatever it is doing, as a run does that is refused something. */
const ENDS = `
const [root] = process.argv.slice(2);
const { openTarget } = await import(root + '/redis/open.js');
const { benchmark, DECR } = await import(root + '/bench/redis-benchmark.js');
const target = await openTarget({});
void benchmark(target, DECR, { clients: 64, pipeline: 1 }, 1_000_000);
process.stdin.once('data', () => process.exit(5));
`;

test.skipIf(process.platform !== 'linux')('redis-benchmark ends with the run that asked it', async () => {
  const temporary = temporaryFolder();
  const file = join(temporaryFolder(), 'ends.mjs');
  writeFileSync(file, ENDS);
  const running = start(process.execPath, [file, join(CLI, '..')], { TMPDIR: temporary });
  const isMeasuring = (): boolean => processesOf(temporary).some((line) => line.includes('redis-benchmark'));
  await expect.poll(isMeasuring, { timeout: 60_000, interval: 20 }).toBe(true);
  running.child.stdin.write('now');
  expect((await running.ended).exitCode).toBe(5);
  await expect.poll(() => processesOf(temporary), { timeout: 10_000 }).toEqual([]);
});

/** Has its answer and its exit code, and is then sent a signal. */
const ANSWERED = `
const [root] = process.argv.slice(2);
const { interruptible } = await import(root + '/terminal/interruption.js');
process.exitCode = await interruptible(async () => 3);
setTimeout(() => {}, 60_000);
process.kill(process.pid, 'SIGINT');
`;

async function exitCodeOf(text: string): Promise<number | null> {
  const file = join(temporaryFolder(), 'answered.mjs');
  writeFileSync(file, text);
  return (await start(process.execPath, [file, join(CLI, '..')]).ended).exitCode;
}

test('a signal after the answer ends the process at once, with the exit code of the answer', async () => {
  expect(await exitCodeOf(ANSWERED)).toBe(3);
  // Node by itself has it killed, without an exit code.
  expect(await exitCodeOf(ANSWERED.replace('await interruptible(async () => 3)', '3'))).toBeNull();
});

/** Is interrupted, and has something left that would keep the process. */
const LEAVES_A_TIMER = `
const [root] = process.argv.slice(2);
const { asProcess } = await import(root + '/terminal/command-process.js');
setTimeout(() => console.log('waited'), 20_000);
await asProcess({ script: 'oversell', args: [], version: '0' }, async ({ signal }) => {
  setTimeout(() => process.kill(process.pid, 'SIGINT'), 50);
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  return 0;
});
`;

test('an interrupted command ends its process itself: while Node tidies up, the next Ctrl-C would kill it', async () => {
  const file = join(temporaryFolder(), 'interrupted.mjs');
  writeFileSync(file, LEAVES_A_TIMER);
  const { exitCode, stdout } = await start(process.execPath, [file, join(CLI, '..')]).ended;
  expect(exitCode).toBe(130);
  expect(stdout).toBe('');
});
