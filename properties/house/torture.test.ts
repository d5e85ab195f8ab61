import { expect, test } from 'vitest';
import { seed } from '../helpers/seed.ts';

interface Fault {
  kind: string;
  what: string;
}
interface Try {
  command: { name: string; words: string[]; codes: number[]; runs?: boolean; trials?: boolean };
  attack: { name: string; codes: (number | null)[]; keeps?: boolean; answers?: boolean };
  atMs: number;
}
interface Result extends Try {
  inflicted: boolean;
  exitCode: number | null | 'hung';
  tookMs: number;
  said: { stdout: string; stderr: string };
  faults: Fault[];
}
interface Yard {
  close(): void;
}

/** Of a script, which the compiler knows nothing of. */
const scripted = (name: string): Promise<unknown> =>
  import(new URL(`../scripts/torture/${name}.mjs`, import.meta.url).href);

const { drawnTries, pairs } = (await scripted('draw')) as {
  drawnTries: (drawn: { tries: number; seed: number; yard: { canFill: boolean } }) => Iterable<Try>;
  pairs: (yard: { canFill: boolean }) => Try[];
};
const { exitFaults, wordFaults, losses } = (await scripted('faults')) as Record<
  'exitFaults' | 'wordFaults' | 'losses',
  (result: Partial<Result>, work: string) => Fault[]
>;

/** Quick ones: `npm run torture` tries all. */
const SHORT = /^(explore a (wrong|right)|replay|check|doctor|report)/;
const TRIES = 5;

test('what a part of the tries that the seed draws leaves, loses and says is right', async () => {
  const { openYard } = (await scripted('yard')) as { openYard: () => Promise<Yard & { canFill: boolean }> };
  const { tried } = (await scripted('trial')) as { tried: (one: Try, yard: Yard) => Promise<Result> };
  const yard = await openYard();
  try {
    let left = TRIES;
    for (const one of drawnTries({ tries: 1_000, seed, yard })) {
      if (!SHORT.test(one.command.name)) continue;
      const { faults, exitCode, said } = await tried(one, yard);
      expect({ one: `${one.command.name}, ${one.attack.name}`, faults, exitCode, said }).toMatchObject({
        faults: [],
      });
      if (--left === 0) return;
    }
  } finally {
    yard.close();
  }
});

const drawn = (from: number): string =>
  JSON.stringify([...drawnTries({ tries: 50, seed: from, yard: { canFill: true } })]);

test('every command is tried with every signal, and by one seed the same tries come', () => {
  const names = pairs({ canFill: true }).map(({ command, attack }) => `${command.name}, ${attack.name}`);
  expect(new Set(names).size).toBe(names.length);
  for (const name of [
    'explore a wrong strategy, SIGSTOP of its server',
    'bench, SIGINT',
    'evaluate, disk full',
  ])
    expect(names).toContain(name);
  expect(drawn(7)).toBe(drawn(7));
  expect(drawn(7)).not.toBe(drawn(8));
});

/** A try that ended as it should. */
const good: Omit<Result, 'faults'> = {
  command: { name: 'explore', words: ['explore', '--json'], codes: [1], runs: true },
  attack: { name: 'SIGINT', codes: [130], keeps: true },
  atMs: 0,
  inflicted: true,
  exitCode: 130,
  tookMs: 1,
  said: { stdout: '{}', stderr: 'seed 1; again: oversell explore --seed 1' },
};
const violated = JSON.stringify({ properties: { oversell: { verdict: 'violated', counterexample: null } } });
const trials = JSON.stringify({ strategies: [{ strategy: 'a', salesPerSecondOfTrials: [1] }] });

const kindsOf = (result: Partial<Result>): string[] =>
  [exitFaults, wordFaults, losses].flatMap((of) => of(result, '/nowhere').map((fault) => fault.kind));

test.each<[what: string, kind: string, twin: Partial<Result>]>([
  ['another exit code', 'exit code', { exitCode: 0 }],
  ['the exit code of an attack that came too late', 'exit code', { inflicted: false }],
  ['no end', 'hang', { exitCode: 'hung' }],
  ['a stack', 'words', { said: { ...good.said, stderr: 'x\n    at run (cli.js:1:1)' } }],
  ['a bug of ours', 'words', { said: { ...good.said, stderr: 'this is a bug in oversell' } }],
  ['half an answer', 'words', { said: { ...good.said, stdout: '{"a":' } }],
  ['a violation without its file', 'loss', { said: { ...good.said, stdout: violated } }],
  [
    'the line that repeats it, which is missing',
    'loss',
    { said: { stdout: '{}', stderr: 'a: every interleaving, calm' } },
  ],
  [
    'a trial that is missing',
    'loss',
    {
      command: { ...good.command, runs: false, trials: true },
      said: { stdout: trials, stderr: 'again: x\na, trial 1 of 3\na, trial 2 of 3\na, trial 3 of 3\n' },
    },
  ],
])('the count notices %s', (_, kind, twin) => {
  expect(kindsOf(good)).toEqual([]);
  expect(kindsOf({ ...good, ...twin })).toEqual([kind]);
});
