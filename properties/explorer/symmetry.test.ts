import { expect, test } from 'vitest';
import { buyersOf, requestOf } from '../../harness/explorer/scope/ids.ts';
import { classesOf, renamingsOf } from '../../harness/explorer/space/symmetry.ts';
import { scopeOf } from '../helpers/exploring.ts';

const scope = scopeOf({ buyers: 3, stock: 1 });
const classes = classesOf(scope);
const named = (...buyers: number[]): string =>
  buyers.map((buyer) => requestOf(scope, buyer).requestId).join(' and ');

test('every other way to put buyers in the places that a text names is tried, each once', () => {
  expect(classes).toEqual([0, 0, 0]);
  expect(renamingsOf(scope, classes, 'nobody')).toEqual([]);
  const ofOne = renamingsOf(scope, classes, named(0))!;
  expect(ofOne.map(([first]) => first)).toEqual([1, 2]);
  const ofTwo = renamingsOf(scope, classes, named(0, 1))!;
  expect(ofTwo.map(([first, second]) => `${first}${second}`).toSorted()).toEqual([
    '02',
    '10',
    '12',
    '20',
    '21',
  ]);
  // Each is an exchange: nobody takes two places.
  for (const to of [...ofOne, ...ofTwo]) expect(new Set(to)).toEqual(new Set([0, 1, 2]));
});

test('who differs from the others in more than the name stays in place', () => {
  const unlike = scopeOf({ buyers: 3, stock: 3, quantities: [1, 2] });
  expect(classesOf(unlike)).toEqual([0, 1, 0]);
  expect(renamingsOf(unlike, classesOf(unlike), named(0, 1))).toEqual([[2, 1, 0]]);
  expect(renamingsOf(unlike, classesOf(unlike), named(1))).toEqual([]);
});

test('more ways than may be tried are none: the class has no symmetry then', () => {
  const many = scopeOf({ buyers: 6, stock: 1 });
  expect(buyersOf(many, 5)).toEqual([5]);
  expect(renamingsOf(many, classesOf(many), named(0, 1, 2))).toHaveLength(119);
  expect(renamingsOf(many, classesOf(many), named(0, 1, 2, 3))).toBeUndefined();
});
