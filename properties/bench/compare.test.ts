import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BenchResult, BenchRow } from '../../harness/documents/figures.ts';
import { rowOf, type Trial } from '../../harness/bench/row.ts';
import { OUTCOMES, type Verdict } from '../../harness/documents/vocabulary.ts';
import { noTimes } from '../../harness/load/response-time.ts';
import { readFigures } from '../../harness/documents/read-figures.ts';
import { compare } from '../../harness/commands/compare-sessions.ts';
import { comparisonText } from '../../reports/text/compare.ts';
import { benchText } from '../../reports/text/bench.ts';
import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import type { Judgement } from '../../harness/checkers/checker.ts';
import { oversell, type Ended } from '../helpers/command.ts';
import { seed } from '../helpers/seed.ts';

const FAST = [100, 104, 98, 101, 103, 99];
const SAME = [101, 99, 103, 97, 102, 100];
const SLOW = FAST.map((sales) => sales / 2);

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oversell-compare-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('two sessions', () => {
  test('of the same speed show no detectable difference, others do, by how much and in which direction', () => {
    expect(between(FAST, SAME)).toContain('no detectable difference');
    expect(between(FAST, SLOW)).toMatch(/0\.50 × \[0\.4\d, 0\.5\d\]/);
    expect(between(SLOW, FAST)).toMatch(/2\.0\d × \[[12]\.\d\d, 2\.\d\d\]/);
    expect(between(FAST, SLOW)).not.toContain('no detectable difference');
  });

  test.each([
    ['violated', 'worse', 1],
    ['inconclusive', 'worse', 1],
    ['holds', 'same', 0],
  ] as const)(
    'where oversell was held and is %s now: %s, however fast, exit %i',
    async (now, verdict, exitCode) => {
      const base = sessionOf(rowWith(SLOW));
      const changed = sessionOf(rowWith(FAST, { oversell: now }));
      const ended = await compared(base, changed, '--json');
      expect(ended.exitCode).toBe(exitCode);
      const { strategies } = JSON.parse(ended.stdout) as { strategies: ReturnType<typeof compare> };
      expect(strategies).toMatchObject([
        { verdict, worse: now === 'holds' ? [] : [{ property: 'oversell' }] },
      ]);
      // The speed of a strategy that breaks a property is no speed.
      if (now !== 'holds') expect(strategies[0]!.ratio.median).toBeNull();
      expect(compare(changed, base)[0]!.verdict).toBe(now === 'holds' ? 'same' : 'better');
    },
  );

  test('of different environments are refused unless somebody insists, and then it is said', async () => {
    const base = sessionOf(rowWith(FAST));
    const other = { ...base, environment: { ...base.environment, redis: 'Redis 8.8.0' } };
    const refused = await compared(base, other, '--json');
    expect(refused.exitCode).toBe(2);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'DIFFERENT_ENVIRONMENTS' } });
    const insisted = await compared(base, other, '--different-environments');
    expect(insisted.exitCode).toBe(0);
    expect(insisted.stdout).toContain('Different environments: redis: Redis 7.0.15 / Redis 8.8.0');
  });

  test('of another load are refused likewise', async () => {
    const base = sessionOf(rowWith(FAST));
    const other = sessionOf({ ...rowWith(FAST), inFlight: 1_024 });
    const refused = await compared(base, other, '--json');
    expect(refused.exitCode).toBe(2);
    expect(refused.stdout).toContain('some-strategy: closed loop, 1 in flight / closed loop, 1024 in flight');
  });

  test('are not made up from a file that holds none', async () => {
    const file = await written({ strategies: 'none' });
    expect(() => readFigures(file)).toThrowError(expect.objectContaining({ code: 'NO_FIGURES' }) as Error);
    expect(() => readFigures('/nowhere')).toThrowError(
      expect.objectContaining({ code: 'NO_FIGURES' }) as Error,
    );
  });
});

describe('the text of a session', () => {
  test('says who was the bottleneck, and never a tail at saturation', () => {
    const text = benchText(
      sessionOf({ ...rowWith(FAST), bottleneck: 'client', mode: 'open', saturated: true }),
    );
    expect(text).toContain('The client, not Redis, was the bottleneck of some-strategy');
    expect(text).toContain('saturated');
    const kept = benchText(sessionOf({ ...rowWith(FAST), bottleneck: 'server', mode: 'open' }));
    expect(kept).not.toMatch(/client, not Redis|saturated/);
  });

  test('says what purchases threw, the most frequent first, and where', () => {
    const errors = ['a', 'b', 'c', 'd'].map((name, i) => ({
      kind: `TypeError: ${name} is no #`,
      count: 4 - i,
      message: `${name} is no 7`,
      ...(i === 0 && { at: '/shop/sell.ts:6' }),
    }));
    const text = benchText(sessionOf({ ...rowWith(FAST), errors }));
    expect(text).toContain('some-strategy failed 4 times: TypeError: a is no 7 at /shop/sell.ts:6');
    expect(text).toMatch(/TypeError: b is no 7$/m);
    expect(text).not.toContain('d is no');
    expect(benchText(sessionOf(rowWith(FAST)))).not.toContain('failed');
  });

  test('tells no figure of a strategy that broke a property, and warns of a control that differs', () => {
    const ratio = { median: 1.3, low: 1.2, high: 1.4 };
    const control = { strategy: 'some-strategy', trials: 6, ratio, differs: true };
    const text = benchText({ ...sessionOf(rowWith([123_456], { oversell: 'violated' })), control });
    expect(text).toContain('void');
    expect(text).not.toContain('123 456');
    expect(text).toContain('do not trust its ratios');
    expect(benchText(sessionOf(rowWith([123_456])))).toContain('123 456');
  });
});

function rowWith(sales: readonly number[], verdicts: Partial<Record<Property, Verdict>> = {}): BenchRow {
  const outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Trial['outcomes'];
  const trial: Omit<Trial, 'salesPerSecond'> = {
    strategy: 'some-strategy',
    mode: 'closed',
    seed,
    workers: 1,
    inFlight: 1,
    connections: 1,
    ended: 'served',
    outcomes,
    operations: 0,
    soldUnits: 0,
    hung: 0,
    elapsedNs: 1,
    sellingNs: 1,
    operationsPerSecond: 0,
    warmUpNs: 0,
    times: noTimes(),
    refusalsPerSecond: null,
    commandsPerSale: 1,
    roundTripsPerSale: 1,
    retriesPerSale: 0,
    unsent: 0,
    memoryBytes: 0,
    clientCpu: 0,
    clientBusy: 0,
    machineBusy: 0,
    errors: [],
  };
  const judgement = Object.fromEntries(
    PROPERTIES.map((property) => [property, { verdict: verdicts[property] ?? 'holds', evidence: [] }]),
  ) as unknown as Judgement;
  const trials = sales.map((salesPerSecond) => ({ ...trial, salesPerSecond }));
  return rowOf(trials, [judgement], { ceiling: undefined, baseline: undefined }, null);
}

const between = (base: number[], now: number[]): string =>
  comparisonText({
    differences: [],
    strategies: compare(sessionOf(rowWith(base)), sessionOf(rowWith(now))),
  });

const sessionOf = (row: BenchRow): BenchResult => ({
  environment: { node: '20.19.0', platform: 'linux x64', cpus: '2 × some', redis: 'Redis 7.0.15' },
  seed,
  ceiling: [],
  baseline: row.strategy,
  control: null,
  strategies: [row],
  sweeps: [],
  offered: [],
  courses: [],
});

async function written(document: unknown): Promise<string> {
  const file = join(folder, `${++files}.json`);
  await writeFile(file, JSON.stringify(document));
  return file;
}

const compared = async (base: BenchResult, now: BenchResult, ...flags: string[]): Promise<Ended> =>
  oversell(['compare', await written(base), await written(now), ...flags]).ended;
