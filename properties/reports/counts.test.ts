import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../harness/documents/vocabulary.ts';
import type { Result, StrategyResult } from '../../harness/documents/result.ts';
import { questionsOf } from '../../reports/questions/ten.ts';
import { matrixOf } from '../../reports/view/matrix.ts';
import { answer } from '../../reports/view/safety.ts';
import type { Environment, Property } from '../../strategies/contract.ts';
import { measuredResult } from '../helpers/measured-result.ts';
import { resultOf, strategyResult } from '../helpers/results.ts';

/** A strategy of which only these verdicts are known beside what holds, each in its environment. */
function judged(
  name: string,
  places: Partial<Record<Environment, Partial<Record<Property, Verdict>>>>,
  rest: Partial<StrategyResult> = {},
): StrategyResult {
  const environments = Object.entries(places).map(([environment, verdicts]) => {
    const cells = Object.fromEntries(
      Object.entries(verdicts).map(([property, verdict]) => [property, { verdict }]),
    );
    const [part] = strategyResult(cells).environments;
    return { ...part!, environment: environment as Environment };
  });
  return strategyResult({}, { name, environments, ...rest });
}

const answered = (result: Result, number: number): string =>
  questionsOf(result)[number - 1]!.answer.join(' ');
function behind(result: Result, number: number): string {
  const { details } = questionsOf(result)[number - 1]!;
  return details.map(({ label, text }) => `${label}: ${text}`).join('\n');
}

describe('what says nothing is no pass', () => {
  const silent = judged('silent', { restart: { 'lost-sale': 'n/a', 'user-limit': 'n/a' } });
  const sound = judged('sound', { restart: {} });

  test('of a lost sale: who keeps no ledger is in no count', () => {
    const both = resultOf(silent, sound);
    expect(answered(both, 5)).toContain('in restart by none of the 1 strategy that can be judged');
    expect(behind(both, 5)).toContain('Cannot be judged in restart, as they keep no ledger: silent');
    expect(answered(resultOf(sound), 5)).toContain('in restart by none of 1 strategy.');
  });

  test('of a limit: who has none is in no count', () => {
    expect(answered(resultOf(silent, sound), 9)).toContain('none of the 1 strategy that can be judged');
    expect(behind(resultOf(silent, sound), 9)).toContain('Offer no limit per user: silent');
  });

  test('of an undecided cell: it counts neither way', () => {
    const open = judged('open', { restart: { 'lost-sale': 'inconclusive' } });
    expect(answered(resultOf(open, sound), 5)).toContain('none of the 1 strategy that can be judged');
  });

  test('of an environment: who was not run there is in no count', () => {
    const several = judged('several', { 'several-units': { stranded: 'violated' } });
    expect(answered(resultOf(several, sound), 9)).toContain(
      'Several units at once go wrong with 1 of the 1 strategy that were run there',
    );
  });
});

const requires: NonNullable<StrategyResult['requires']> = {
  connection: 'exclusive',
  supports: [],
  commands: [],
  client: [],
};

test('controls are in no count, in no list and in no most', () => {
  const broken = { calm: { oversell: 'violated' }, 'buyer-crash': { stranded: 'violated' } } as const;
  const control = judged('known-wrong', broken, { control: true, requires });
  control.environments[0]!.properties.oversell.evidence = [{ message: '', operations: [], units: 60 }];
  const both = resultOf(control, judged('sound', { calm: {}, 'buyer-crash': {} }, { requires }));
  for (const number of [1, 2, 3, 4, 5, 9, 10]) {
    const said = `${answered(both, number)}\n${behind(both, number)}`;
    expect(said).not.toMatch(/known-wrong|60 units/);
  }
  const alone = resultOf({ ...control, control: false });
  expect(`${answered(alone, 1)}${behind(alone, 1)}`).toMatch(/by up to 60 units.*known-wrong/);
});

test('who dies without stranding and without holding is told, too', () => {
  const places = { 'buyer-crash': { progress: 'violated' } } as const;
  expect(answered(resultOf(judged('waits', places), judged('sound', { 'buyer-crash': {} })), 3)).toBe(
    'none of 2 strategies leave units with nobody. 1 of 2 strategies keep every property, and 1 breaks another one (waits).',
  );
});

test('buyers who give up in small sales are told beside those under load', () => {
  const result = measuredResult();
  expect(answered(result, 7)).toContain(
    'none of 2 strategies, in the small sales of the matrix with 1 (fast)',
  );
  expect(answered(result, 7)).toContain('round trips');
});

describe('the headline', () => {
  const lossy = { calm: {}, eviction: { stranded: 'violated' } } as const;
  const worse = { calm: {}, eviction: { stranded: 'violated', 'false-refusal': 'violated' } } as const;

  test('says of whom something is not so, of strategies that break in the same places', () => {
    const said = answer(resultOf(judged('a', worse), judged('b', worse), judged('c', lossy))).join(' ');
    expect(said).toContain('They break in eviction (strands, refuses wrongly with all but c).');
    const all = answer(resultOf(judged('a', worse), judged('b', worse))).join(' ');
    expect(all).toContain('They break in eviction (strands, refuses wrongly).');
  });

  test('names equals in the order of the matrix', () => {
    const { strategies } = measuredResult();
    const [once, fast] = ['once', 'fast'].map((name) => strategies.find((one) => one.name === name)!.cost!);
    const some = [judged('slow', lossy, { cost: once! }), judged('quick', lossy, { cost: fast! })];
    const result = resultOf(judged('unmeasured', lossy), ...some);
    const said = answer(result)[0]!;
    expect(said).toMatch(/^quick, slow and unmeasured hold/);
    expect(matrixOf(result).rows.map(({ strategy }) => strategy.name)).toEqual([
      'quick',
      'slow',
      'unmeasured',
    ]);
  });

  test('names one that is far slower than the fastest of its equals', () => {
    const { strategies } = measuredResult();
    const { cost } = strategies.find(({ name }) => name === 'once')!;
    const equals = (perSecond: number): string => {
      const slow = { ...cost!, salesPerSecond: { ...cost!.salesPerSecond, median: perSecond } };
      const [a, b] = [judged('a', lossy, { cost: cost! }), judged('b', lossy, { cost: slow })];
      return answer(resultOf(a, b)).join(' ');
    };
    expect(equals(10)).toMatch(/; the slowest, b, 10 with a response p99 of [\d.]+ ms\.$/);
    expect(equals(900)).not.toContain('slowest');
  });
});
