import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { counterexampleSchema } from '../../harness/documents/counterexample.ts';
import { asResult, readResult } from '../../harness/documents/read-result.ts';
import { RESULT_VERSION, resultSchema, type Result } from '../../harness/documents/result.ts';
import { oversell } from '../helpers/command.ts';
import { measuredResult } from '../helpers/measured-result.ts';
import { temporaryFolder } from '../helpers/processes.ts';

const copy = (result: Result): Result => structuredClone(result);

/** As version 1 wrote it: a remedy with each counterexample, and nothing of what came later. */
function asVersion1(result: Result): object {
  const { session: _, ...rest } = copy(result);
  const strategies = rest.strategies.map(({ course: _c, offered: _o, requires: _r, cost, ...strategy }) => {
    const { responseCurve: _curve, ...old } = cost ?? { responseCurve: [] };
    return { ...strategy, ...(cost && { cost: old }) };
  });
  return JSON.parse(
    JSON.stringify({ ...rest, strategies, version: 1 }, (key, value: unknown) =>
      key === 'counterexample' ? { ...(value as object), remedy: 'use a script' } : value,
    ),
  ) as object;
}

const namesIn = (one: Result): string[] => one.strategies.map(({ name }) => name);

describe('a result of another version', () => {
  test('that is older is read as if it had been written today', () => {
    const { result, version } = asResult(asVersion1(measuredResult()), 'result.json');
    expect(version).toBe(1);
    expect(result.version).toBe(RESULT_VERSION);
    expect(JSON.stringify(result)).not.toContain('use a script');
    expect(namesIn(result)).toEqual(namesIn(measuredResult()));
    expect(result.strategies[1]!.cost!.responseCurve).toEqual([]);
  });

  test('that is newer is refused by its number, with what to do', () => {
    expect(() => asResult({ ...measuredResult(), version: RESULT_VERSION + 1 }, 'result.json')).toThrowError(
      expect.objectContaining({
        code: 'UNKNOWN_VERSION',
        message: expect.stringContaining(`version ${RESULT_VERSION + 1}`) as string,
        remedy: expect.stringContaining('newer') as string,
      }) as Error,
    );
  });

  test.each([
    ['no object', 3],
    ['no version', {}],
    ['a version that is none', { version: 'two' }],
    ['version 2 with the fields of version 1', { ...asVersion1(measuredResult()), version: 2 }],
    ['a status that there is not', { ...measuredResult(), status: 'done' }],
    ['a field too many', { ...measuredResult(), more: 1 }],
  ])('%s is refused in one line', (_, document) => {
    expect(() => asResult(document, 'x/result.json')).toThrowError(
      expect.objectContaining({
        code: 'NO_RESULT',
        message: expect.stringMatching(/^x\/result.json .*$/) as string,
      }) as Error,
    );
  });
});

/** A folder with a run, but not its reports. */
function runFolder(document: object): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'result.json'), JSON.stringify(document));
  return folder;
}
const run = (...args: string[]) => oversell(['report', ...args]).ended;

describe('oversell report', () => {
  test('draws an old run again, and the same run the same', async () => {
    const folder = runFolder(measuredResult());
    const drawn: string[] = [];
    for (let i = 0; i < 2; i++) {
      const { exitCode, stdout } = await run(folder, '--json');
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toEqual({
        html: join(folder, 'report.html'),
        markdown: join(folder, 'report.md'),
        version: RESULT_VERSION,
      });
      drawn.push(readFileSync(join(folder, 'report.html'), 'utf8'));
    }
    expect(drawn[0]).toBe(drawn[1]);
    expect(readdirSync(folder).toSorted()).toEqual(['report.html', 'report.md', 'result.json']);
  });

  test('draws one of version 1 too', async () => {
    const old = runFolder(asVersion1(measuredResult()));
    const { exitCode, stdout } = await run(old, '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1 });
    expect(readFileSync(join(old, 'report.html'), 'utf8')).toContain('once</span> holds every property');
  });

  test('without a run exits 2, says what to do, and writes nothing', async () => {
    const empty = temporaryFolder();
    const { exitCode, stderr } = await run(empty);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('give the folder of a run');
    expect(readdirSync(empty)).toEqual([]);
  });

  test('appends to the summary of a GitHub job, and outside of one refuses before it draws', async () => {
    const folder = runFolder(measuredResult());
    const summary = join(folder, 'summary.md');
    writeFileSync(summary, 'before\n');
    const inJob = oversell(['report', folder, '--github-summary'], { GITHUB_STEP_SUMMARY: summary });
    expect((await inJob.ended).exitCode).toBe(0);
    const text = readFileSync(summary, 'utf8');
    expect(text).toBe(`before\n${readFileSync(join(folder, 'report.md'), 'utf8')}`);
    const outside = oversell(['report', folder, '--github-summary'], { GITHUB_STEP_SUMMARY: '' });
    const { exitCode, stderr } = await outside.ended;
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('report.md') });
  });
});

/** Runs that are kept in the repository, to look at. */
const examples = new URL('../../reports/example/', import.meta.url);

const file = (name: string): string => readFileSync(new URL(name, examples), 'utf8');

describe('every committed example', () => {
  test('has the shape that its readers rely on', () => {
    expect(resultSchema.parse(JSON.parse(file('result.json'))).status).toBe('complete');
    const names = readdirSync(new URL('counterexamples/', examples));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) counterexampleSchema.parse(JSON.parse(file(`counterexamples/${name}`)));
  });

  test('is a page of that result, small enough to be sent around', () => {
    const page = file('report.html');
    expect(Buffer.byteLength(page)).toBeLessThan(1_500_000);
    const [, packed] = /href="data:application\/gzip;base64,([^"]*)"/.exec(page)!;
    const json = gunzipSync(Buffer.from(packed!, 'base64')).toString();
    // It may be of a version that knows fewer outcomes.
    expect(resultSchema.parse(JSON.parse(json))).toEqual(
      readResult(new URL('result.json', examples).pathname).result,
    );
  });

  test('names no counterexample that is not there', () => {
    const there = readdirSync(new URL('counterexamples/', examples));
    const named = [...file('report.html').matchAll(/oversell replay counterexamples\/([^<]+)</g)];
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(([, name]) => !there.includes(name!))).toEqual([]);
  });
});
