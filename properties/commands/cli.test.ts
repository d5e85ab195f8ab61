import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { repeatCommand, wholeNumber } from '../../harness/terminal/options.ts';
import { readHistory } from '../../harness/history/jsonl.ts';
import { startServer } from '../../harness/redis/server.ts';
import { resultSchema } from '../../harness/documents/result.ts';
import { registry } from '../../strategies/registry.ts';
import { oversell, type Ended } from '../helpers/command.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { thisServer } from '../helpers/this-server.ts';
import { sometimes } from '../helpers/rotating.ts';

const run = (...args: string[]): Promise<Ended> => oversell(args).ended;

/** The only file of a run that ends so. */
function runFile(runs: string, name: string): string {
  const folders = readdirSync(runs);
  expect(folders).toHaveLength(1);
  return join(runs, folders[0]!, name);
}

describe('bad usage exits 2, says what to do, and starts nothing', () => {
  test.each([
    ['no command', []],
    ['an unknown command', ['frobnicate']],
    ['help for an unknown command', ['help', 'frobnicate']],
    ['an unknown option', ['evaluate', '--units', '5']],
    ['an unknown strategy', ['evaluate', 'no-such-strategy']],
    ['an unknown profile', ['evaluate', '--profile', 'slow']],
    ['a seed that is no number', ['evaluate', '--seed', '1e3']],
    ['a server that is not there', ['doctor', '--redis-server', '/nowhere/redis-server']],
    ['a server that is no URL', ['doctor', '--redis', 'somewhere']],
    ['two servers', ['evaluate', '--redis', 'redis://127.0.0.1', '--redis-version', '7.0']],
    ['a run that is not there', ['report', '/nowhere']],
    ['a history that is not there', ['check', '/nowhere/history.jsonl']],
    ['too many arguments', ['list', 'all']],
  ])('%s', async (_, args) => {
    const runs = temporaryFolder();
    const { exitCode, stdout, stderr } = await run(
      ...args,
      ...(args[0] === 'evaluate' ? ['--runs', runs] : []),
      '--json',
    );
    expect(exitCode).toBe(2);
    const { error } = JSON.parse(stdout) as { error: Record<'code' | 'message' | 'remedy', string> };
    expect(error.code).toMatch(/^[A-Z_]+$/);
    // For people the same in words, and no stack.
    expect(stderr).toContain(`oversell: ${error.message}\n${error.remedy}`);
    expect(stderr).not.toContain('    at ');
    expect(readdirSync(runs)).toEqual([]);
  });

  test('without --json nothing stands on stdout', async () => {
    expect(await run('check', '/nowhere/history.jsonl')).toMatchObject({ exitCode: 2, stdout: '' });
  });

  test.each(['', '-1', '1.5', '1e3', ' 1', 'x', 'Infinity', '9007199254740992'])(
    '"%s" is no number',
    (text) => {
      expect(() => wholeNumber(0)(text)).toThrow(InvalidArgumentError);
    },
  );

  test('a number below the least is none, and those from it on are', () => {
    expect(() => wholeNumber(1)('0')).toThrow(InvalidArgumentError);
    expect([wholeNumber(1)('1'), wholeNumber(0)('0'), wholeNumber(0)('9007199254740991')]).toEqual([
      1,
      0,
      2 ** 53 - 1,
    ]);
  });
});

test('the command that repeats a run can be pasted: it is quoted, and names the seed once', () => {
  expect(repeatCommand('/x/node_modules/.bin/oversell', ['evaluate', "it's"], 7)).toBe(
    `npx oversell evaluate 'it'\\''s' --seed 7`,
  );
  expect(repeatCommand(join(process.cwd(), 'dist/harness/cli.js'), ['evaluate', '--seed', '7'], 7)).toBe(
    'node dist/harness/cli.js evaluate --seed 7',
  );
});

test.concurrent('a Redis that does not answer exits 4', async () => {
  // Port 1 is reserved, and nothing of ours listens there.
  const { exitCode, stdout } = await run('evaluate', '--redis', 'redis://127.0.0.1:1', '--json');
  expect(exitCode).toBe(4);
  expect(JSON.parse(stdout)).toMatchObject({ error: { remedy: expect.stringMatching(/./) } });
});

test.concurrent('list prints every strategy with what it declares', async () => {
  const { exitCode, stdout } = await run('list', '--json');
  expect(exitCode).toBe(0);
  const { strategies } = JSON.parse(stdout) as { strategies: unknown[] };
  expect(strategies).toHaveLength(registry.length);
  for (const [i, { strategy, control }] of registry.entries()) {
    const { name, summary, guarantees } = strategy;
    expect(strategies[i]).toMatchObject({ name, summary, control, guarantees });
  }
  const plain = await run('list');
  for (const { strategy } of registry) expect(plain.stdout).toContain(strategy.name);
  // No terminal: what fits into any.
  expect(Math.max(...plain.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

test.concurrent('doctor says which server would be used, and that its strategies run or why not', async () => {
  const { exitCode, stdout } = await run('doctor', '--json');
  expect(exitCode).toBe(0);
  const report = JSON.parse(stdout) as { binary: string; version: string; strategies: { name: string }[] };
  expect(existsSync(report.binary)).toBe(true);
  expect(report.version).toMatch(/^\d+\.\d+/);
  expect(report.strategies.map(({ name }) => name)).toEqual(registry.map(({ strategy }) => strategy.name));
});

test('doctor and evaluate on a running server leave it as it was', async () => {
  const target = await startServer(await thisServer(), { listen: 'tcp' });
  const redis = new Redis(target.options);
  try {
    await redis.set('foreign', 'kept');
    const url = `redis://127.0.0.1:${target.options.port}`;
    const doctor = await run('doctor', '--redis', url, '--json');
    expect(JSON.parse(doctor.stdout)).toMatchObject({
      version: target.version,
      strategies: expect.any(Array),
    });
    expect(JSON.parse(doctor.stdout)).not.toHaveProperty('binary');
    const runs = temporaryFolder();
    const { exitCode } = await run('evaluate', 'function-decrement', '--redis', url, '--runs', runs);
    expect(exitCode).toBe(0);
    expect(await redis.keys('*')).toEqual(['foreign']);
    expect(await redis.get('foreign')).toBe('kept');
    expect(await redis.function('LIST')).toEqual([]);
  } finally {
    redis.disconnect();
    await target.close();
  }
});

sometimes('evaluate catches the control, passes a right one, and writes down what it prints', async () => {
  const runs = temporaryFolder();
  const names = ['read-then-write', 'lua-reserve-once'];
  const flags = ['--history', '--json', '--runs', runs, '--seed', '5'];
  const { exitCode, stdout, stderr } = await run('evaluate', ...names, ...flags);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  const result = resultSchema.parse(JSON.parse(stdout));
  expect(result).toMatchObject({ status: 'complete', seed: 5, findings: [] });
  expect(result.command).toMatch(/evaluate read-then-write .* --seed 5$/);
  expect(JSON.parse(readFileSync(runFile(runs, 'result.json'), 'utf8'))).toEqual(result);
  expect(readFileSync(runFile(runs, 'report.md'), 'utf8')).toContain('2 of 2 as declared');
  expect(readFileSync(runFile(runs, 'report.html'), 'utf8')).toContain('2 of 2 as declared');

  const [control, right] = result.strategies;
  for (const { properties } of control!.environments) {
    expect(properties.oversell).toMatchObject({ verdict: 'violated', declared: 'breaks' });
    expect(properties.oversell.evidence[0]!.units).toBeGreaterThanOrEqual(1);
  }
  for (const { properties } of right!.environments) {
    const verdicts = Object.values(properties).map(({ verdict }) => verdict);
    expect(verdicts.filter((verdict) => verdict !== 'holds' && verdict !== 'n/a')).toEqual([]);
  }

  const [history] = readdirSync(runFile(runs, 'histories')).filter((name) =>
    name.startsWith('read-then-write'),
  );
  const file = join(runFile(runs, 'histories'), history!);
  expect([...(await readHistory(file)).history.operations]).toHaveLength(1_000);
  const checked = await run('check', file, '--json');
  expect(checked.exitCode).toBe(1);
  expect(JSON.parse(checked.stdout)).toMatchObject({ properties: { oversell: { verdict: 'violated' } } });
});
