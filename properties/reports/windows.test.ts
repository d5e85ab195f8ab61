import * as fc from 'fast-check';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { fitted } from '../../harness/ground/fitted.ts';
import type { Result } from '../../harness/documents/result.ts';
import { screen, screenSoFar, type ScreenPlan } from '../../reports/text/screen.ts';
import { textTable } from '../../reports/text/text-table.ts';
import { PAPER, type Window } from '../../reports/text/window.ts';
import { measuredResult } from '../helpers/measured-result.ts';
import { tooWide } from '../helpers/terminal.ts';

const plain = (columns: number): Window => ({ columns, colours: false });

describe('a table', () => {
  const word = fc.stringMatching(/^[a-z]{1,9}$/);
  const cell = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' '));
  const table = fc.integer({ min: 2, max: 7 }).chain((columns) =>
    fc.record({
      head: fc.array(word, { minLength: columns, maxLength: columns }),
      rows: fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), {
        minLength: 1,
        maxLength: 4,
      }),
      right: fc.subarray([...Array(columns).keys()].slice(1)),
    }),
  );

  test('has no line that is wider than the window, and loses no word', () => {
    fc.assert(
      fc.property(table, fc.integer({ min: 70, max: 200 }), ({ head, rows, right }, columns) => {
        const text = textTable(head, rows, right, plain(columns));
        const figures = right.some((column) => rows.some((row) => row[column]!.length > 30));
        if (!figures) expect(tooWide(text.split('\n'), columns)).toEqual([]);
        const words = new Set(text.split(/\s+/));
        for (const one of rows.flat().flatMap((said) => said.split(' '))) expect(words).toContain(one);
      }),
    );
  });

  test('with colours stands in the same columns', () => {
    fc.assert(
      fc.property(table, fc.integer({ min: 70, max: 200 }), ({ head, rows, right }, columns) => {
        const coloured = textTable(head, rows, right, { columns, colours: true });
        expect(coloured).toContain('\u001b[');
        expect(stripVTControlCharacters(coloured)).toBe(textTable(head, rows, right, plain(columns)));
      }),
    );
  });

  test('breaks no figure', () => {
    const rows = [['some-strategy', '19 374 771', '0.6 / 2.9 ms [0.5, 0.7]', 'violated in 19 374 771 sales']];
    const text = textTable(['strategy', 'sales', 'response', ''], rows, [1, 2], plain(52));
    expect(text).toContain('19 374 771 ');
    expect(text).toContain('0.6 / 2.9 ms');
    expect(text).toMatch(/19 374 771$/m);
  });
});

describe('a line', () => {
  test('is broken between words; a command can be pasted as it stands, and a path stays whole', () => {
    const line = 'seed 5; again: node dist/harness/cli.js evaluate lua-decrement --seed 5';
    expect(fitted(line, 40).split('\n')).toEqual([
      'seed 5; again:',
      '  node dist/harness/cli.js evaluate \\',
      '  lua-decrement --seed 5',
    ]);
    const path = `/${'long/'.repeat(12)}report.html`;
    expect(fitted(`Report: ${path}`, 40)).toBe(`Report:\n  ${path}`);
    expect(fitted(line, 200)).toBe(line);
  });
});

const planOf = ({ strategies }: Result, more: Partial<ScreenPlan> = {}): ScreenPlan => ({
  strategies: strategies.map(({ name }) => name),
  explored: ['calm', 'several-units', 'buyer-crash', 'lost-reply'],
  sampled: ['calm'],
  ...more,
});

describe('the screen of a run', () => {
  const result = measuredResult();
  const names = result.strategies.length;

  test('has no line that is wider than the window, however many environments there are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 70, max: 240 }), fc.boolean(), (columns, colours) => {
        const text = fitted(screen(result, 'runs/1/report.html', { columns, colours }), columns);
        expect(tooWide(stripVTControlCharacters(text).split('\n'), columns)).toEqual([]);
      }),
    );
    expect(tooWide(screen(result, 'runs/1/report.html').split('\n'), 80)).not.toEqual([]);
  });

  test('is the same with colours, but for these', () => {
    const coloured = screen(result, 'here', { columns: 90, colours: true });
    expect(coloured).not.toBe(stripVTControlCharacters(coloured));
    expect(stripVTControlCharacters(coloured)).toBe(screen(result, 'here', plain(90)));
  });

  test.each([80, 120, Infinity])(
    'in %d columns grows by whole rows, as strategies are done with',
    (columns) => {
      const plan = planOf(result);
      const whole = screen(result, 'here', plain(columns), plan);
      const stages = [
        ...Array.from({ length: names + 1 }, (_, explored) => ({ explored, sampled: 0 })),
        ...Array.from({ length: names }, (_, i) => ({ explored: names, sampled: i + 1 })),
      ];
      const texts = stages.map((soFar) => screenSoFar(result, soFar, plan, plain(columns)));
      let before = '';
      for (const text of [...texts, whole]) {
        expect(text.startsWith(before)).toBe(true);
        expect(text.length).toBeGreaterThan(before.length);
        before = text;
      }
      expect(texts[1]).toContain('blind');
      expect(texts[1]).not.toContain('fast');
      // Of other columns it is no beginning.
      const other = planOf(result, { strategies: ['a-much-longer-name', ...plan.strategies] });
      expect(whole.startsWith(screenSoFar(result, stages[1]!, other, plain(columns)))).toBe(false);
    },
  );

  test('says of what has no verdict whether the strategy cannot do it, or nobody tried', () => {
    const plan = planOf(result);
    const [, ...lacking] = plan.explored;
    const lines = (notSupported: typeof lacking): string[] =>
      screen(
        {
          ...result,
          strategies: result.strategies.map((one) => (one.name === 'once' ? { ...one, notSupported } : one)),
        },
        'here',
        PAPER,
        plan,
      ).split('\n');
    const told = lines(lacking.slice(0, 2));
    expect(told.find((line) => line.startsWith('once'))).toMatch(
      /holds +not supported +not supported +holds/,
    );
    expect(told.find((line) => line.startsWith('newer'))).toMatch(
      /(not supported +){4}.*skipped: needs INCREX/,
    );
    expect(lines([]).find((line) => line.startsWith('once'))).toMatch(/holds +not run +not run +holds/);
  });

  test('tells orders with the states that stand for them', () => {
    expect(screen(result, 'here')).toContain('105 960 orders in 212 states');
  });
});
