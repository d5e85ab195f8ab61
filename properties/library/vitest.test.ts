import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { explore } from '../../harness/library/oversell.ts';
import { oversell } from '../helpers/command.ts';
import { RACE, SCRIPT, selling } from '../helpers/small-files.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { folderWith } from '../helpers/strategy-sources.ts';

await import('../../harness/library/vitest.ts');

const SMALL = { buyers: 2, stock: 1, seed: 1 } as const;
let folder: string;
let runs: string;
beforeEach(() => {
  runs = temporaryFolder();
  folder = folderWith({
    'race.mjs': selling('race', RACE),
    'script.mjs': selling('script', SCRIPT),
    'both.mjs': selling('race', RACE) + selling('script', SCRIPT),
  });
});
const file = (name: string): URL => pathToFileURL(join(folder, name));

/** What a failing expectation says. */
const failure = (expectation: Promise<unknown>): Promise<string> =>
  expectation.then(
    () => 'it passes',
    (error: Error) => error.message,
  );

describe('toHold', () => {
  test('passes where every property holds in every interleaving, and shows how one is violated', async () => {
    await expect(explore(file('script.mjs'), SMALL)).toHold();
    const said = await failure(expect(explore(file('race.mjs'), { ...SMALL, runs })).toHold());
    expect(said).toMatch(/^oversell, with 2 buyers, 1 unit: 2 units were sold of 1\n/);
    expect(said).toMatch(/race\.mjs:6 +GET stock → 1/);
    expect(said).toMatch(/\nRemedy: check and write in one step/);
    const [, counterexample] = /^Again: oversell replay (\S+)$/m.exec(said)!;
    const { exitCode } = await oversell(['replay', counterexample!]).ended;
    expect(exitCode).toBe(1);
  });

  test('asks of the named properties alone, and of one that says nothing never', async () => {
    const found = await explore(file('race.mjs'), { ...SMALL, runs });
    await expect(found).toHold({ properties: ['double-sale', 'progress'] });
    expect(await failure(expect(found).toHold({ properties: ['oversell'] }))).toMatch(
      /2 units were sold of 1/,
    );
    expect(await failure(expect(found).toHold({ properties: ['lost-sale'] }))).toMatch(
      /lost-sale says nothing of this sale/,
    );
  });

  test('does not pass on what was not covered, unless that is allowed', async () => {
    const found = await explore('watch-retry', { buyers: 4, stock: 3, maxStates: 20, seed: 1 });
    expect(found.coverage).not.toBe('exhausted');
    expect(await failure(expect(found).toHold())).toMatch(
      /^not every interleaving was covered \(sampled; stopped at 20 states/,
    );
    await expect(found).toHold({ allowBounded: true });
  });

  test('is asked of an exploration, and of nothing else', async () => {
    expect(await failure(expect('sold').toHold())).toMatch(/toHold is asked of what explore\(\)/);
  });
});

describe('toViolate', () => {
  test('passes where an interleaving violates the property, and fails where none does', async () => {
    const found = await explore(file('race.mjs'), { ...SMALL, runs });
    await expect(found).toViolate('oversell');
    expect(await failure(expect(found).toViolate('double-sale'))).toMatch(
      /^double-sale is not violated by race/,
    );
    await expect(found).not.toHold();
    expect(await failure(expect(found).not.toViolate('oversell'))).toMatch(/2 units were sold of 1/);
  });
});

describe('explore', () => {
  test('explores one of several, under the faults that are given', async () => {
    const faults = { 'lost-reply': 1 } as const;
    const found = await explore(file('both.mjs'), { ...SMALL, strategy: 'script', faults, runs });
    expect(found).toMatchObject({ strategy: 'script', scope: { faults: { 'lost-reply': 1, crash: 0 } } });
    await expect(found).toViolate('double-sale');
  });

  test.each([
    ['several strategies', () => explore(file('both.mjs'), SMALL), /exports 2 strategies, not one/],
    [
      'a name that is not there',
      () => explore(file('race.mjs'), { strategy: 'rice' }),
      /exports no strategy "rice"/,
    ],
    ['too many buyers', () => explore('lua-decrement', { buyers: 99 }), /^buyers is 99/],
    ['a limit of none', () => explore('lua-decrement', { users: 0 }), /^users is 0/],
    ['no file', () => explore(undefined as unknown as string), /explore\(\) was given no file/],
    ['no such file', () => explore(file('nowhere.mjs')), /nowhere\.mjs does not exist/],
  ])('of %s says what to give instead', async (_, call, said) => {
    await expect(call()).rejects.toMatchObject({
      message: expect.stringMatching(said),
      remedy: expect.stringMatching(/\w/),
    });
  });

  test('ends when its signal does, with what there is by then', async () => {
    const found = await explore('watch-retry', { buyers: 6, stock: 3, signal: AbortSignal.abort() });
    expect(found.coverage).not.toBe('exhausted');
    expect(await failure(expect(found).toHold())).not.toBe('it passes');
  });
});
