import { expect, test } from 'vitest';
import type { Cell } from '../../harness/documents/result.ts';
import { markdown } from '../../reports/markdown.ts';
import { screen } from '../../reports/text/screen.ts';
import { soldOperation } from '../helpers/lines.ts';
import { resultOf, strategyResult } from '../helpers/results.ts';

const sold = { ...soldOperation, invoked: 1_000_000, completed: 2_500_000, remaining: -1 };
const violated: Partial<Cell> = {
  verdict: 'violated',
  evidence: [{ message: '3 acknowledged, of 2 put on sale', units: 1, requests: ['r1'], operations: [sold] }],
};
const shown = (result = resultOf()): string[] => [screen(result, 'runs/1/report.md'), markdown(result)];

test('a violation that was not declared stands out from one that was', () => {
  const undeclared = strategyResult({ oversell: violated });
  const declared = strategyResult({ oversell: { ...violated, declared: 'breaks' } });
  for (const text of shown(resultOf(undeclared))) {
    expect(text).toContain('OVERSOLD BY 1');
    expect(text).toContain('0 of 1 as declared');
  }
  for (const text of shown(resultOf(declared))) {
    expect(text).toMatch(/oversold by 1 \\?\*/);
    expect(text).not.toContain('OVERSOLD');
    expect(text).toContain('1 of 1 as declared');
  }
});

test('of several violations the one that was not declared is named, then the gravest', () => {
  const declared = { ...violated, declared: 'breaks' } as const;
  const two = strategyResult({ 'false-refusal': declared, 'double-sale': declared });
  expect(screen(resultOf(two), '')).toContain('sells twice by 1 *');
  const three = strategyResult({ 'double-sale': declared, progress: violated });
  expect(screen(resultOf(three), '')).toContain('GIVES UP BY 1');
});

test('a violation is shown with what happened and what cures it', () => {
  for (const text of shown(resultOf(strategyResult({ oversell: violated })))) {
    expect(text).toContain('3 acknowledged, of 2 put on sale');
    expect(text).toMatch(/r1.*1\.000 ms.*2\.500 ms.*sold.*-1.*←/);
    expect(text).toContain('Remedy: ');
  }
});

test('no control that got away is ever called caught', () => {
  const control = { control: true, name: 'bad' };
  const caught = strategyResult({ oversell: { ...violated, declared: 'breaks' } }, control);
  const escaped = strategyResult({ oversell: { declared: 'breaks' } }, control);
  for (const text of shown(resultOf(caught))) expect(text).toContain('control, caught');
  for (const text of shown(resultOf(escaped))) {
    expect(text).not.toContain('control, caught');
    expect(text).toContain('do not trust this run');
  }
});

test('no skipped strategy ever looks like one that holds', () => {
  const skipped = strategyResult({}, { name: 'newer', skipped: 'needs FCALL', environments: [] });
  for (const text of shown(resultOf(skipped))) {
    expect(text).toMatch(/newer.*skipped: needs FCALL/);
    expect(text).not.toMatch(/newer.*holds/);
    expect(text).toContain('nothing was run');
  }
});

test('no strategy that was not sold ever looks like one that was', () => {
  const waits = strategyResult({}, { name: 'waits', notSold: 'needs replicas: 2', environments: [] });
  const text = screen(resultOf(waits, strategyResult()), 'runs/1/report.md');
  expect(text).toMatch(/waits +not run .*not sold: needs replicas: 2/);
  expect(text.match(/not sold/g)).toHaveLength(1);
});

test('what a strategy without declarations shows is told, and not called as declared', () => {
  const undeclared = strategyResult({ oversell: violated }, { name: 'mine' });
  for (const cell of Object.values(undeclared.environments[0]!.properties)) delete cell.declared;
  for (const text of shown(resultOf(undeclared))) {
    expect(text).toContain('mine declares nothing: OVERSOLD BY 1 (calm)');
    expect(text).not.toContain('as declared');
  }
});

test('no unfinished run ever looks finished', () => {
  for (const status of ['running', 'interrupted', 'failed'] as const) {
    for (const text of shown({ ...resultOf(strategyResult()), status })) expect(text).toContain('INCOMPLETE');
  }
  for (const text of shown(resultOf(strategyResult()))) expect(text).not.toContain('INCOMPLETE');
});

test('the pull request is shown what contradicts a declaration before what nobody declared', () => {
  const undeclared = strategyResult({ oversell: violated }, { name: 'silent' });
  for (const cell of Object.values(undeclared.environments[0]!.properties)) delete cell.declared;
  const contradicted = strategyResult({ progress: violated }, { name: 'wrong' });
  const text = markdown(resultOf(undeclared, contradicted));
  expect(text.indexOf('## wrong: progress')).toBeGreaterThan(0);
  expect(text.indexOf('## silent: oversell')).toBeGreaterThan(text.indexOf('## wrong: progress'));
});

test('a sample is called one, and what was not run is named', () => {
  for (const text of shown(resultOf(strategyResult()))) {
    expect(text).toContain('calm: sampled');
    expect(text).toMatch(/Not tested here: orders that did not happen to occur.*failover/);
  }
});
