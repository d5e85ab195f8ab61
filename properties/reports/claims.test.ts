import { describe, expect, test } from 'vitest';
import type { BenchRow } from '../../harness/documents/figures.ts';
import type { Cell, Result, StrategyResult } from '../../harness/documents/result.ts';
import { markdown } from '../../reports/markdown.ts';
import { questionsOf } from '../../reports/questions/ten.ts';
import { badgeOf } from '../../reports/view/badge.ts';
import { ordersText, ratioText } from '../../reports/view/figures.ts';
import { answer } from '../../reports/view/safety.ts';
import { measuredResult } from '../helpers/measured-result.ts';
import { resultOf, strategyResult } from '../helpers/results.ts';

/** The measured result with other figures of one strategy. */
function withCost(name: string, figures: Partial<BenchRow>): Result {
  const result = measuredResult();
  const { cost } = result.strategies.find((one) => one.name === name)!;
  Object.assign(cost!, figures);
  return result;
}

/** A question with its answer and what is folded behind it, as one text. */
function asked(result: Result, number: number): string {
  const { answer: said, details } = questionsOf(result)[number - 1]!;
  return [...said, ...details.map(({ label, text }) => `${label}: ${text}`)].join('\n');
}

/** Of the strategies only the one that is compared, so that it is the answer. */
const only = (ratioToBaseline: BenchRow['ratioToBaseline']): Result => {
  const result = withCost('fast', { ratioToBaseline });
  return { ...result, strategies: result.strategies.filter(({ name }) => name === 'fast') };
};

/** Response times of enough purchases to know the slowest in a thousand, or of too few. */
const times = (p999: number | null): Partial<BenchRow> => ({
  responseMs: { count: p999 === null ? 2_304 : 25_000, p50: 1, p90: 2, p99: 8, p999, max: 900 },
});

/** A strategy that declares this of every property in that environment. */
const declaring = (environment: string, declared: 'holds' | 'breaks'): StrategyResult => {
  const result = measuredResult();
  const once = result.strategies.find(({ name }) => name === 'once')!;
  const [part] = structuredClone(once.explored);
  for (const cell of Object.values(part!.properties)) cell.declared = declared;
  return { ...once, explored: [{ ...part!, environment: environment as 'eviction' }] };
};

describe('a ratio', () => {
  const wide = { median: 3, low: 2.4, high: 3.6 };
  const alone = { median: 3, low: null, high: null };
  test('is told with its interval, and of one trial, which has none, not at all', () => {
    expect(ratioText(wide)).toBe('3.00 × [2.40, 3.60]');
    expect(ratioText(alone)).toBe('–');
    expect(answer(only(wide)).join(' ')).toContain('3.00 × [2.40, 3.60] of once');
    expect(answer(only(alone)).join(' ')).not.toContain('×');
    expect(markdown(only(alone))).not.toMatch(/× \[|\d\.\d\d ×/);
  });
});

describe('who starves', () => {
  test('is told of enough purchases, with their count', () => {
    expect(asked(withCost('fast', times(500)), 7)).toMatch(
      /With fast buyers starve: .* of 25 000, waits 500 times/,
    );
    expect(asked(withCost('fast', times(20)), 7)).toContain('Nobody starves');
  });

  test('is not told of too few, and nobody is said not to', () => {
    const text = asked(withCost('fast', times(null)), 7);
    expect(text).toContain('Too few purchases');
    expect(text).toContain('fast (2 304)');
    expect(text).not.toMatch(/Nobody starves|buyers starve/);
  });
});

describe('the ceiling', () => {
  test('names pipelining, and stands beside a pipelined one where that was measured', () => {
    const result = measuredResult();
    expect(asked(result, 8)).toContain(
      '70 000 DECR/s (redis-benchmark, 64 in flight) without pipelining; with',
    );
    result.session!.ceiling.push({ ...result.session!.ceiling[0]!, pipeline: 16, opsPerSecond: 900_000 });
    expect(asked(result, 8)).toMatch(/without pipelining, and 900 000 DECR\/s \(.*\) with 16 in a pipeline/);
  });
});

test('orders are told with the states in which they meet', () => {
  expect(ordersText(83n * 10n ** 24n, 20_000)).toBe('8.3 × 10^25 orders in 20 000 states');
  expect(ordersText(1n, 1)).toBe('1 order in 1 state');
  expect(asked(measuredResult(), 1)).toMatch(/covers [\d ]+ orders in [\d ]+ states/);
});

describe('what must be true', () => {
  test.each([
    ['eviction', 'breaks', 'maxmemory-policy noeviction'],
    ['restart-without-aof', 'breaks', 'an append-only file (appendfsync always)'],
    ['retry', 'holds', 'the same requestId on every repeat'],
  ] as const)('%s that is declared to be %s asks for something', (environment, declared, needs) => {
    const other = declared === 'holds' ? 'breaks' : 'holds';
    expect(asked(resultOf(declaring(environment, declared)), 10)).toContain(needs);
    const [first] = questionsOf(resultOf(declaring(environment, other)))[9]!.answer;
    expect(first).not.toContain(needs);
  });

  test('a client that sends EXEC again is asked away only from those that would be broken by it', () => {
    const exclusive = declaring('lost-reply', 'breaks');
    exclusive.requires!.connection = 'exclusive';
    expect(asked(resultOf(exclusive), 10)).toContain('autoResendUnfulfilledCommands: false');
    const [first] = questionsOf(resultOf(declaring('lost-reply', 'breaks')))[9]!.answer;
    expect(first).not.toContain('autoResendUnfulfilledCommands');
  });

  test('client options are those that the strategies declare', () => {
    expect(asked(measuredResult(), 10)).toContain('commandTimeout: 100');
  });
});

test('no answer has more than two sentences', () => {
  for (const { answer: said } of questionsOf(measuredResult())) expect(said.length).toBeLessThanOrEqual(2);
  expect(answer(measuredResult()).length).toBeLessThanOrEqual(3);
});

describe('the badge', () => {
  const violated: Partial<Cell> = {
    verdict: 'violated',
    evidence: [{ message: '2 of 1', operations: [] }],
  };

  test.each([
    ['a run that passes', resultOf(strategyResult()), 'good', 'as declared · exit 0'],
    [
      'a weakness that is declared',
      resultOf(strategyResult({ oversell: { ...violated, declared: 'breaks' } })),
      'good',
      'as declared · exit 0',
    ],
    ['one that is not', resultOf(strategyResult({ oversell: violated })), 'bad', 'not as declared · exit 1'],
    [
      'a cell that is open',
      resultOf(strategyResult({ oversell: { verdict: 'inconclusive' } })),
      'open',
      'undecided · exit 3',
    ],
    [
      'an interrupted run',
      { ...resultOf(strategyResult()), status: 'interrupted' as const },
      'bad',
      'INCOMPLETE: interrupted',
    ],
  ])('of %s says so, and how the command ends', (_, result, tone, word) => {
    expect(badgeOf(result)).toMatchObject({ tone, word });
  });

  test('counts what holds and what is violated, and which of that nobody declared', () => {
    const both = strategyResult({ oversell: violated, stranded: { ...violated, declared: 'breaks' } });
    expect(badgeOf(resultOf(both)).counts).toEqual(['5 hold', '2 violated, 1 of them not declared']);
  });
});
