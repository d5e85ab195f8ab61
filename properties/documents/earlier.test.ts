import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readCounterexample } from '../../harness/documents/counterexample.ts';
import { readFigures } from '../../harness/documents/read-figures.ts';
import { readResult } from '../../harness/documents/read-result.ts';
import { RESULT_VERSION } from '../../harness/documents/result.ts';
import { oversell, type Ended } from '../helpers/command.ts';
import { temporaryFolder } from '../helpers/processes.ts';

/**
 * Files as oversell 0.1.0 wrote them before its documents moved to harness/documents. People keep such files, so they
 * are never written anew: what cannot be read here needs a version and a conversion, not another example.
 */
const earlier = (name: string): string => fileURLToPath(new URL(`earlier/${name}`, import.meta.url));
const textOf = (name: string): string => readFileSync(earlier(name), 'utf8');

/** The same file with a change to its text. */
function changed(name: string, from: string | RegExp, to: string): string {
  const text = textOf(name).replace(from, to);
  expect(text).not.toBe(textOf(name));
  const file = join(temporaryFolder(), name);
  writeFileSync(file, text);
  return file;
}

const run = (...args: string[]): Promise<Ended> => oversell([...args, '--json']).ended;

describe('an earlier result', () => {
  test('is read whole, and its report is drawn', async () => {
    const { result, version } = readResult(earlier('result.json'));
    expect(version).toBe(2);
    expect(result).toMatchObject({
      ...(JSON.parse(textOf('result.json')) as object),
      version: RESULT_VERSION,
    });
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'result.json'), textOf('result.json'));
    const { exitCode } = await run('report', folder);
    expect(exitCode).toBe(0);
    expect(readFileSync(join(folder, 'report.md'), 'utf8')).toContain('read-then-write (control, caught)');
  });

  test('without one of its fields is refused by the name of the field', async () => {
    const broken = changed('result.json', /"elapsedMs": \d+,/, '');
    const { exitCode, stdout } = await run('report', broken);
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(/NO_RESULT[^]*is not the result of a run: Invalid input[^"]*, at elapsedMs/);
  });
});

describe('an earlier counterexample', () => {
  test('is read whole, and confirmed by running it again', async () => {
    expect(readCounterexample(earlier('counterexample.json'))).toMatchObject(
      JSON.parse(textOf('counterexample.json')) as object,
    );
    const { exitCode, stdout } = await run('replay', earlier('counterexample.json'));
    expect(JSON.parse(stdout)).toMatchObject({ result: 'confirmed', stepsRun: 14 });
    expect(exitCode).toBe(1);
  });

  test('of which another reply was recorded is not confirmed', async () => {
    const { exitCode, stdout } = await run(
      'replay',
      changed('counterexample.json', '*1\\r\\n:0\\r\\n', '*1\\r\\n:3\\r\\n'),
    );
    expect(JSON.parse(stdout)).toMatchObject({ result: 'diverged' });
    expect(exitCode).toBe(3);
  });

  test('that was edited into what cannot happen is not confirmed, whatever was put there', async () => {
    const { exitCode, stdout } = await run(
      'replay',
      changed('counterexample.json', '"slot": 0', '"slot": 1000000'),
    );
    expect(JSON.parse(stdout)).toMatchObject({
      result: 'diverged',
      message: expect.stringContaining('there is no process 1000000 in such a sale') as string,
    });
    expect(exitCode).toBe(3);
  });

  test('with a slot that is no number is refused by the place of that slot', async () => {
    const broken = changed('counterexample.json', '"slot": 0', '"slot": "0"');
    const { exitCode, stdout } = await run('replay', broken);
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(/NO_COUNTEREXAMPLE[^]*is not a counterexample: [^"]*, at schedule\.0\.slot/);
  });
});

describe("an earlier session's figures", () => {
  test('are read, and compared with themselves show no difference', async () => {
    const { environment, strategies } = JSON.parse(textOf('bench.json')) as Record<string, unknown>;
    expect(readFigures(earlier('bench.json'))).toEqual({ environment, strategies });
    const { exitCode, stdout } = await run('compare', earlier('bench.json'), earlier('bench.json'));
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      strategies: [
        { strategy: 'lua-reserve-once', verdict: 'same' },
        { strategy: 'multi-without-watch', verdict: 'same' },
        { strategy: 'increx-bounded', verdict: 'new' },
      ],
    });
  });

  test('with a number of trials that is none are refused by the place of that number', async () => {
    const broken = changed('bench.json', /"trials": 2,\s+"ended"/, '"trials": "2", "ended"');
    const { exitCode, stdout } = await run('compare', earlier('bench.json'), broken);
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(/NO_FIGURES[^]*not what bench --json prints: [^"]*, at strategies\.0\.trials/);
  });
});

describe('an earlier history', () => {
  test('is judged as it was then', async () => {
    const { exitCode, stdout } = await run('check', earlier('history.jsonl'));
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'holds', operations: 24, unknownKeys: [] });
  });

  test('in which one who was refused is sold to is judged to oversell', async () => {
    const { exitCode, stdout } = await run('check', changed('history.jsonl', '"sold-out"', '"sold"'));
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ properties: { oversell: { verdict: 'violated' } } });
  });

  test('with a line that lacks its outcome is refused by the number of that line', async () => {
    const broken = changed('history.jsonl', ',"outcome":"sold","remaining":4', '');
    const { exitCode, stdout } = await run('check', broken);
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(/CORRUPT_HISTORY[^]* line \d+ is wrong: outcome is missing/);
  });
});
