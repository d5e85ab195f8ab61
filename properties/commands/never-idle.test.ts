import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { oversell, type Ended, type Running } from '../helpers/command.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { seed } from '../helpers/seed.ts';
import { folderWith } from '../helpers/strategy-sources.ts';
import { rotating, sometimes } from '../helpers/rotating.ts';

/** A right strategy, its purchases a moment long, beside a job. The jobs of an instance are counted from 1. */
const withJob = (job: string, purchaseMs = 0): string => `import type { Strategy } from 'oversell/contract';
let sellers = 0;
export const busy: Strategy = {
  name: 'busy', summary: 'DECR beside a job', connection: 'shared',
  open: async (redis, sale) => void (await redis.set('stock', sale.stock)),
  seller: (redis, _sale, env) => {
    const seller = ++sellers;
    let passes = 0;
    return {
      async purchase() {
        if (${purchaseMs} > 0) await env.sleep(${purchaseMs});
        const left = await redis.decr('stock');
        if (left >= 0) return { kind: 'sold', remaining: left };
        await redis.incr('stock');
        return { kind: 'sold-out' };
      },
      remaining: async () => Number(await redis.get('stock')),
      async runJob() {
        passes++;
        ${job}
      },
    };
  },
};
`;

/** What its run leaves lies in a folder of its own. */
function bench(strategy: string): { running: Running; temporary: string } {
  const temporary = temporaryFolder();
  const file = join(folderWith({ 'busy.ts': strategy }), 'busy.ts');
  const kept = ['--runs', temporaryFolder(), '--seed', String(seed), '--json'];
  const args = ['bench', file, '--trials', '1', '--seconds', '1', ...kept];
  const running = oversell(args, { TMPDIR: temporary });
  // A session that did not end in time would take the processor from the tests that follow.
  onTestFinished(() => void running.child.kill('SIGKILL'));
  return { running, temporary };
}

const ended = (strategy: string): Promise<Ended> => bench(strategy).running.ended;

/** Before jobs at rest would be given up for the time that they take, and long after they should be. */
const SOON_MS = 50_000;

describe('a job that always answers that it worked ends the session, which says what to do', () => {
  const busy: [string, string][] = [
    ['without waiting for anything', "return 'worked';"],
    ['asking Redis each time', "await redis.ping();\n        return 'worked';"],
  ];
  test.each(rotating(busy, 1, 'busy'))(
    'a job that is busy %s is told apart from one that has work',
    { timeout: SOON_MS },
    async (_, job) => {
      const { exitCode, stdout } = await ended(withJob(job));
      expect(exitCode).toBe(2);
      const { error } = JSON.parse(stdout) as { error: Record<'code' | 'message' | 'remedy', string> };
      expect(error.code).toBe('NEVER_IDLE');
      expect(error.message).toMatch(/^busy: runJob found work \d+ times in a row on a sale at rest/);
      expect(error.remedy).toContain("must answer 'idle'");
    },
  );

  sometimes('one that has much to do, and then is idle, is let finish', async () => {
    const { exitCode, stdout } = await ended(withJob("return passes % 500 === 0 ? 'idle' : 'worked';"));
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ strategies: [{ strategy: 'busy', verdict: 'holds' }] });
  });
});

/** Tells once, on the thread of the session, that this is the moment. */
const saying = (seller: number): string => `if (seller === ${seller} && passes === 1) console.error('now');`;

describe('SIGINT and SIGTERM end a session whose jobs always answer that they worked', () => {
  const moments = [
    ['SIGINT', 'while it sells', 130, withJob(`${saying(1)}\n        return 'worked';`, 1_000)],
    ['SIGTERM', 'while it sells', 143, withJob(`${saying(1)}\n        return 'worked';`, 1_000)],
    [
      'SIGINT',
      'at rest',
      130,
      withJob(`${saying(2)}\n        if (seller === 2) await env.sleep(1_000);\n        return 'worked';`),
    ],
    [
      'SIGTERM',
      'at rest, in a pass that never ends',
      143,
      withJob(
        `${saying(2)}\n        if (seller === 2) await new Promise(() => {});\n        return 'worked';`,
      ),
    ],
  ] as const;
  test.each(rotating(moments, 1, 'moments of jobs'))(
    '%s %s ends it with exit code %i, and leaves nothing behind',
    { timeout: SOON_MS },
    async (signal, _, exitCode, strategy) => {
      const { running, temporary } = bench(strategy);
      await running.said('now');
      running.child.kill(signal);
      expect((await running.ended).exitCode).toBe(exitCode);
      expect(readdirSync(temporary)).toEqual([]);
    },
  );
});

/** Each sale takes two units, so one of them is stranded, which only a sale at rest can show. */
const wasteful = (job: string): string => withJob(job).replace("decr('stock')", "decrby('stock', 2)");

test('explore and replay refuse a job that always answers that it worked, and say the same of it', async () => {
  const file = join(folderWith({ 'busy.ts': wasteful("return 'idle';") }), 'busy.ts');
  const size = ['--buyers', '1', '--stock', '2', '--runs', join(temporaryFolder(), 'runs')];
  const explore = (): Promise<Ended> => oversell(['explore', file, ...size, '--json']).ended;
  const idle = await explore();
  const { properties } = JSON.parse(idle.stdout) as {
    properties: { stranded: { counterexample: { file: string } } };
  };
  const replay = (): Promise<Ended> =>
    oversell(['replay', properties.stranded.counterexample.file, '--json']).ended;
  expect([idle.exitCode, (await replay()).exitCode]).toEqual([1, 1]);

  writeFileSync(file, wasteful("return 'worked';"));
  const error = {
    code: 'CANNOT_EXPLORE',
    message: 'runJob found work 100 times in a row on a sale at rest',
    remedy: expect.stringContaining("must answer 'idle'") as string,
  };
  for (const { exitCode, stdout } of [await explore(), await replay()]) {
    expect({ exitCode, ...(JSON.parse(stdout) as object) }).toEqual({ exitCode: 2, error });
  }
});

describe('a job that answers what says neither is told what it answered', () => {
  const ODD: readonly (readonly [job: string, said: string])[] = [
    ["return 'done';", "runJob answered 'done'"],
    ['return 3;', 'runJob answered 3'],
    ['return;', 'runJob answered nothing'],
    ['return {};', 'runJob answered a value of type object'],
    ['return null;', 'runJob answered null'],
    ['return true;', 'runJob answered true'],
  ];
  const words = {
    explore: ['--buyers', '1', '--stock', '1'],
    bench: ['--trials', '1', '--buyers', '10'],
  } as const;
  const cases = ODD.flatMap(([job, said]) =>
    (['explore', 'bench'] as const).map((name) => [name, job, said] as const),
  );
  test.each(rotating(cases, 3, 'odd answers of jobs'))('%s: %s', async (name, job, said) => {
    const file = join(folderWith({ 'odd.ts': withJob(job) }), 'odd.ts');
    const runs = join(temporaryFolder(), 'runs');
    const { exitCode, stderr } = await oversell([name, file, ...words[name], '--runs', runs]).ended;
    expect(stderr).toContain(`${said}, and that says neither 'worked' nor 'idle'\n`);
    expect(exitCode).toBe(2);
  });
});
