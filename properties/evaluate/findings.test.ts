import { describe, expect, test } from 'vitest';
import { findings, overallVerdictOf } from '../../harness/documents/findings.ts';
import type { Cell, StrategyResult } from '../../harness/documents/result.ts';
import { resultOf, strategyResult } from '../helpers/results.ts';

const kinds = (...strategies: StrategyResult[]): string[] =>
  resultOf(...strategies).findings.map(({ kind }) => kind);
const verdict = (...strategies: StrategyResult[]): string => overallVerdictOf(resultOf(...strategies));
const oversell = (cell: Partial<Cell>, rest: Partial<StrategyResult> = {}): StrategyResult =>
  strategyResult({ oversell: cell }, rest);

/** A strategy that declares nothing of oversell, in calm. */
function undeclared(found: Cell['verdict']): StrategyResult {
  const strategy = oversell({ verdict: found });
  delete strategy.environments[0]!.properties.oversell.declared;
  return strategy;
}

test('what holds as declared passes', () => {
  expect(kinds(strategyResult())).toEqual([]);
  expect(verdict(strategyResult())).toBe('holds');
});

describe('a run with a finding never passes', () => {
  test.each(['holds', 'n/a'] as const)(
    'a violation of what is declared as %s is a finding, and the run fails',
    (declared) => {
      expect(kinds(oversell({ verdict: 'violated', declared }))).toEqual(['undeclared-violation']);
      expect(verdict(oversell({ verdict: 'violated', declared }))).toBe('violated');
    },
  );

  test.each([
    ['violated', 'undeclared-violation'],
    ['inconclusive', 'inconclusive'],
  ] as const)('in which what nobody declared is %s', (found, kind) => {
    expect(kinds(undeclared(found))).toEqual([kind]);
    expect(verdict(undeclared(found))).toBe(found);
    expect(verdict(undeclared('holds'))).toBe('holds');
  });

  test('that is to discover, and in which a declaration is contradicted', () => {
    expect(findings([oversell({ verdict: 'violated' })], true)).toHaveLength(1);
  });

  test('in which a control gets away', () => {
    const escaped = oversell({ declared: 'breaks' }, { control: true });
    expect(kinds(escaped)).toEqual(['control-not-caught']);
    expect(verdict(escaped)).toBe('violated');
  });

  test('that could not decide what is declared to hold', () => {
    expect(kinds(oversell({ verdict: 'inconclusive' }))).toEqual(['inconclusive']);
    expect(verdict(oversell({ verdict: 'inconclusive' }))).toBe('inconclusive');
  });

  test('that is violated in one place and open in another: the violation is the answer', () => {
    const both = strategyResult({ oversell: { verdict: 'violated' }, stranded: { verdict: 'inconclusive' } });
    expect(verdict(both)).toBe('violated');
  });
});

describe('a run passes', () => {
  test('that shows a weakness which is declared, in a control or not', () => {
    const caught = { verdict: 'violated', declared: 'breaks' } as const;
    expect(kinds(oversell(caught), oversell(caught, { control: true }))).toEqual([]);
  });

  test('that does not show a declared weakness: a sample need not', () => {
    expect(kinds(oversell({ verdict: 'holds', declared: 'breaks' }))).toEqual([]);
  });

  test.each(['violated', 'inconclusive'] as const)('that discovers what nobody declared: %s', (found) => {
    expect(findings([undeclared(found)], true)).toEqual([]);
    expect(findings([undeclared(found)])).toHaveLength(1);
  });

  test('whose control was skipped: it shows as skipped, not as caught', () => {
    expect(kinds(strategyResult({}, { control: true, skipped: 'needs FCALL', environments: [] }))).toEqual(
      [],
    );
  });
});
