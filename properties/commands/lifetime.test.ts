import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ServerBinary } from '../../harness/redis/find/find-server.ts';
import { gone, isRunning, temporaryFolder, type Remains } from '../helpers/processes.ts';
import { thisServer } from '../helpers/this-server.ts';

const compiled = (file: string): string =>
  JSON.stringify(new URL(`../../dist/harness/${file}`, import.meta.url).href);

/** A command as cli.ts runs one: it starts a server, says so, and ends in one of many ways. */
const PROGRAM = `
  import { dirname } from 'node:path';
  import { interruptible } from ${compiled('terminal/interruption.js')};
  import { startServer } from ${compiled('redis/server.js')};
  import { onExit } from ${compiled('ground/lifetime.js')};
  const [binary, ending] = process.argv.slice(1);
  const never = new Promise(() => {});
  setInterval(() => {}, 1000).unref();
  const endings = {
    success: async (target) => { await target.close(); return 0; },
    forgotten: async () => 3,
    failure: async () => { throw new Error('failed'); },
    uncaught: async () => { setImmediate(() => { throw new Error('uncaught'); }); return never; },
    exit: async () => process.exit(7),
    observing: async (_, interrupted) => {
      await new Promise((resolve) => interrupted.addEventListener('abort', resolve));
      console.log('partial result');
      return 0;
    },
    'observing, lingering': async (...all) => endings.observing(...all),
    'success, lingering': async (target) => endings.success(target),
    stuck: async () => { setInterval(() => {}, 1000); return never; },
    'stuck, releasing': async () => {
      onExit({ release: () => new Promise((resolve) => setTimeout(resolve, 1000)).then(() => console.log('released')) });
      return endings.stuck();
    },
  };
  process.exitCode = await interruptible(async (interrupted) => {
    const target = await startServer(JSON.parse(binary));
    console.log(JSON.stringify({ pid: target.pid, folder: dirname(target.options.path) }));
    return endings[ending](target, interrupted);
  });
  if (ending.endsWith('lingering')) {
    console.log('over');
    setTimeout(() => {}, 2_000);
  }
`;

let binary: ServerBinary;
beforeAll(async () => {
  binary = await thisServer();
});

interface Run {
  child: ChildProcess;
  /** The server that it started, as it says. */
  remains: Remains;
  /** Everything else that it prints. */
  lines: string[];
  ended: Promise<{ code: number | null; signal: string | null }>;
}

async function start(ending: string, program = PROGRAM): Promise<Run> {
  const args = ['--input-type=module', '--eval', program, JSON.stringify(binary), ending];
  return started(spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'] }));
}

async function started(child: ChildProcess): Promise<Run> {
  const lines: string[] = [];
  const output = createInterface(child.stdout!);
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  const [first] = (await once(output, 'line')) as [string];
  output.on('line', (line) => lines.push(line));
  return { child, remains: JSON.parse(first) as Remains, lines, ended };
}

const isLeft = ({ pid, folder }: Remains): boolean => isRunning(pid) || existsSync(folder);

describe('no server and no folder is ever left', () => {
  test.each([
    ['success', 0],
    ['forgotten', 3],
    ['failure', 1],
  ])('when a command ends in %s', async (ending, exitCode) => {
    const { remains, ended } = await start(ending);
    expect(await ended).toEqual({ code: exitCode, signal: null });
    expect(isLeft(remains)).toBe(false);
  });

  test.each([
    ['uncaught', 1],
    ['exit', 7],
  ])('when the process ends without waiting: %s', async (ending, exitCode) => {
    const { remains, ended } = await start(ending);
    expect(await ended).toEqual({ code: exitCode, signal: null });
    await gone(remains);
  });

  test('when the process vanishes by kill -9', async () => {
    const { child, remains, ended } = await start('stuck');
    expect(isLeft(remains)).toBe(true);
    child.kill('SIGKILL');
    expect(await ended).toEqual({ code: null, signal: 'SIGKILL' });
    await gone(remains);
  });

  test('and a server that nobody watches is left indeed', async () => {
    const unwatched = `
      import { spawn } from 'node:child_process';
      import { mkdtempSync } from 'node:fs';
      import { tmpdir } from 'node:os';
      import { join } from 'node:path';
      const { path } = JSON.parse(process.argv[1]);
      // It needs somewhere to listen: without a socket it would end by itself.
      const folder = mkdtempSync(join(tmpdir(), 'unwatched-'));
      const args = ['--port', '0', '--unixsocket', join(folder, 's'), '--save', ''];
      const { pid } = spawn(path, args, { detached: true, stdio: 'ignore', cwd: folder });
      console.log(JSON.stringify({ pid, folder }));
      setInterval(() => {}, 1000);
    `;
    const { child, remains, ended } = await start('stuck', unwatched);
    child.kill('SIGKILL');
    await ended;
    expect(isRunning(remains.pid)).toBe(true);
    process.kill(remains.pid, 'SIGKILL');
    rmSync(remains.folder, { recursive: true });
  });
});

/** A command that is over while its process is not, and is interrupted then. */
async function interruptedWhenOver(ending: string): Promise<Run> {
  const run = await start(ending);
  if (ending.startsWith('observing')) run.child.kill('SIGINT');
  await expect.poll(() => run.lines).toContain('over');
  run.child.kill('SIGINT');
  return run;
}

describe('an interrupted command', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('by %s writes what it has, and leaves nothing', async (signal, exitCode) => {
    const { child, remains, lines, ended } = await start('observing');
    child.kill(signal);
    expect(await ended).toEqual({ code: exitCode, signal: null });
    expect(lines).toEqual(['partial result']);
    expect(isLeft(remains)).toBe(false);
  });

  test('by Ctrl-C on a terminal writes what it has, and leaves nothing', async (context) => {
    const isUtilLinux = /util-linux/.test(
      spawnSync('/usr/bin/script', ['--version']).stdout?.toString() ?? '',
    );
    context.skip(!isUtilLinux, 'there is no script(1) of util-linux here to make a terminal');
    const file = join(temporaryFolder(), 'program.mjs');
    // --eval has no file name among its arguments.
    writeFileSync(file, PROGRAM.replace('argv.slice(1)', 'argv.slice(2)'));
    const command = `'${process.execPath}' '${file}' '${JSON.stringify(binary)}' observing`;
    const script = spawn('/usr/bin/script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const { remains, lines, ended } = await started(script);
    script.stdin.write('\x03');
    expect(await ended).toEqual({ code: 130, signal: null });
    expect(lines.join()).toContain('partial result');
    expect(isLeft(remains)).toBe(false);
  });

  test('takes a keystroke that arrives twice, from the terminal and from npm, for one', async () => {
    const { child, remains, lines, ended } = await start('observing');
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: 130, signal: null });
    expect(lines).toEqual(['partial result']);
    expect(isLeft(remains)).toBe(false);
  });

  test('that is over keeps its exit code, whatever comes before its process is gone', async () => {
    expect(await (await interruptedWhenOver('observing, lingering')).ended).toEqual({
      code: 130,
      signal: null,
    });
    // Nor does the first Ctrl-C take it from one whose answer is out.
    expect(await (await interruptedWhenOver('success, lingering')).ended).toEqual({ code: 0, signal: null });
  });

  test('that does not stop is ended by another Ctrl-C', async () => {
    const { child, remains, ended } = await start('stuck');
    const impatience = setInterval(() => child.kill('SIGINT'), 100);
    expect(await ended).toEqual({ code: 130, signal: null });
    clearInterval(impatience);
    await gone(remains);
  });

  test('that must not leave something is not ended before that is gone, however often one asks', async () => {
    const { child, lines, ended } = await start('stuck, releasing');
    const impatience = setInterval(() => child.kill('SIGINT'), 100);
    expect(await ended).toEqual({ code: 130, signal: null });
    clearInterval(impatience);
    expect(lines).toEqual(['released']);
  });
});
