import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../harness/ground/ambient.ts';
import { cpuSecondsOf } from '../../harness/service/cpu.ts';
import { startTree, type ProcessTree } from '../../harness/service/process-tree.ts';
import { isRunning, temporaryFolder } from '../helpers/processes.ts';

/** A program that starts a child of its own group, and one that leaves it, and says who they are. */
const TREE = `
  const { spawn } = require('node:child_process');
  const idle = ['-e', 'setInterval(() => {}, 1000); process.on("SIGTERM", () => {})'];
  const near = spawn(process.execPath, idle, { stdio: 'ignore' });
  const far = spawn(process.execPath, idle, { stdio: 'ignore', detached: true });
  far.unref();
  console.log(JSON.stringify([process.pid, near.pid, far.pid]));
  setInterval(() => {}, 1000);
`;

/** Started, once it has said a line. */
async function started(
  script: string,
  env: NodeJS.ProcessEnv = {},
): Promise<{ tree: ProcessTree; said: () => string }> {
  let said = '';
  let heard!: () => void;
  const spoken = new Promise<void>((resolve) => (heard = resolve));
  const tree = startTree({
    command: [process.execPath, '-e', script],
    cwd: temporaryFolder(),
    env: { ...process.env, ...env },
    onOutput: (text) => {
      said += text;
      if (said.includes('\n')) heard();
    },
  });
  onTestFinished(() => tree.kill());
  await Promise.race([spoken, tree.ended]);
  return { tree, said: () => said };
}

/** Waits until it is so; a test in which it never is runs into its time limit. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await systemClock.sleep(5);
}

describe('all that a service started', () => {
  test('is known, its own children and those that left its group, and has used time', async () => {
    const { tree, said } = await started(TREE);
    expect(new Set(tree.pids())).toEqual(new Set(JSON.parse(said()) as number[]));
    expect(cpuSecondsOf(tree.pids())).toBeGreaterThan(0);
    expect(cpuSecondsOf([])).toBeUndefined();
  });

  test('is known and gone after a kill where it wrote over its environment, too, its children included', async () => {
    const unmarked = `const { spawn } = require('node:child_process');
      const own = spawn('env', ['-i', process.execPath, '-e', ${JSON.stringify(TREE)}], { detached: true });
      own.stdout.pipe(process.stdout);`;
    const { tree, said } = await started(unmarked);
    const pids = JSON.parse(said()) as number[];
    expect(tree.pids()).toEqual(expect.arrayContaining(pids));
    await tree.kill();
    expect(pids.filter(isRunning)).toEqual([]);
  });

  test.each(['stop', 'kill'] as const)(
    'is gone after a %s, whoever took no notice of SIGTERM too',
    async (how) => {
      const { tree, said } = await started(TREE);
      const pids = JSON.parse(said()) as number[];
      expect(pids.every(isRunning)).toBe(true);
      await (how === 'stop' ? tree.stop(100) : tree.kill());
      expect(pids.filter(isRunning)).toEqual([]);
      expect(tree.pids()).toEqual([]);
    },
  );

  test('is gone after its parent was killed, which could do nothing about it', async () => {
    const module = new URL('../../dist/harness/service/process-tree.js', import.meta.url).href;
    const options = `{ command: [process.execPath, '-e', ${JSON.stringify(TREE)}], cwd: '/', env: process.env, onOutput: (text) => process.stdout.write(text) }`;
    const script = `import(${JSON.stringify(module)}).then(({ startTree }) => startTree(${options}))`;
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const [own, near, far] = JSON.parse(line.toString()) as [number, number, number];
    // Out of reach without us: nobody else knows its mark.
    onTestFinished(() => void process.kill(far, 'SIGKILL'));
    parent.kill('SIGKILL');
    await until(() => !isRunning(own) && !isRunning(near));
  });
});

test('a service that ends in order on SIGTERM is given the time for it', async () => {
  const file = join(temporaryFolder(), 'ended');
  const script = `
    process.on('SIGTERM', () => setTimeout(() => {
      require('node:fs').writeFileSync(process.env.ENDED, 'in order');
      process.exit(3);
    }, 100));
    console.log('up');
    setInterval(() => {}, 1000);
  `;
  const { tree } = await started(script, { ENDED: file });
  await tree.stop(60_000);
  expect(readFileSync(file, 'utf8')).toBe('in order');
});

test('how a service ended by itself is told, and what it said on both of its streams', async () => {
  const { tree, said } = await started(
    `process.stderr.write('no such'); process.stdout.write(' table'); process.exitCode = 7`,
  );
  expect(await tree.ended).toBe('it ended with exit code 7');
  await until(() => said().length === 13);
  await tree.kill();
  const missing = startTree({ command: ['/no/such/program'], cwd: '/', env: {}, onOutput: () => undefined });
  expect(await missing.ended).toBe('it ended with exit code 127');
  await missing.kill();
});
