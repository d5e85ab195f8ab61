import { describe, expect, test } from 'vitest';
import { meaningOf, type Declared, type Meaning } from '../../harness/lua/answers.ts';

/** What these answers mean where that is declared. */
const meanings = (declared: Declared, answers: readonly unknown[]): (Meaning | undefined)[] =>
  answers.map(meaningOf(declared));

describe('what an answer means', () => {
  test('a number from 1 on is sold, -1 and nil are sold-out, and 0 and all else are neither', () => {
    expect(meanings({}, [1, 7, '1', -1, null])).toEqual(['sold', 'sold', 'sold', 'sold-out', 'sold-out']);
    expect(meanings({}, [0, '0', -2, 'OK', '', '1.5', new Error('ERR NO')])).toEqual(
      Array(7).fill(undefined),
    );
  });

  test('where sold is declared, nothing else is sold, and 0 is sold-out', () => {
    expect(meanings({ sold: ['1'] }, [1, 2, 0, -1, null])).toEqual([
      'sold',
      undefined,
      'sold-out',
      'sold-out',
      'sold-out',
    ]);
    expect(meanings({ sold: ['>=0'] }, [0, 5, -1, -2])).toEqual(['sold', 'sold', 'sold-out', undefined]);
  });

  test('where sold-out is declared, nothing else is sold-out', () => {
    expect(meanings({ soldOut: ['0'] }, [0, 1, -1, null])).toEqual([
      'sold-out',
      'sold',
      undefined,
      undefined,
    ]);
    expect(meanings({ soldOut: ['<0', 'nil'] }, [-3, null, 0, 1])).toEqual([
      'sold-out',
      'sold-out',
      undefined,
      'sold',
    ]);
    expect(meanings({ soldOut: ['2'] }, [1, 2])).toEqual(['sold', 'sold-out']);
  });

  test('texts, the first of several parts, and errors of a script are compared as what they are', () => {
    const declared = { sold: ['OK'], soldOut: ['SOLD_OUT', '0'] };
    expect(meanings(declared, ['OK', 'ok', ['OK', 3], [0, 3], []])).toEqual([
      'sold',
      undefined,
      'sold',
      'sold-out',
      undefined,
    ]);
    expect(
      meanings(declared, [new Error('ERR SOLD_OUT'), new Error('SOLD_OUT'), new Error('ERR no')]),
    ).toEqual(['sold-out', 'sold-out', undefined]);
  });

  test.each([
    [['>=0'], ['0']],
    [['1'], ['>0']],
    [['nil'], ['nil']],
    [['OK'], ['NO', 'OK']],
    [['>5'], ['<7']],
  ])('an answer of both %j and %j is refused', (sold, soldOut) => {
    expect(() => meaningOf({ sold, soldOut })).toThrow(/would be both sold and sold-out/);
  });

  test('lists that share nothing are not', () => {
    expect(meanings({ sold: ['>5'], soldOut: ['<=5'] }, [5, 6])).toEqual(['sold-out', 'sold']);
  });
});
