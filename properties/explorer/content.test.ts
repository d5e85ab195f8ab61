import { expect, test } from 'vitest';
import { holdsTheSame } from '../../harness/explorer/server/content.ts';

const content = (units: string, ttlMs?: number, scripts = ''): string => {
  const deadline = ttlMs === undefined ? {} : { ttlMs };
  const key = { key: '{item}:stock', volatile: ttlMs !== undefined, type: 'string', items: [units] };
  return JSON.stringify([[{ ...key, ...deadline }], scripts, '']);
};

test('two contents hold the same data whatever their deadlines and scripts, and other data whatever these', () => {
  expect(holdsTheSame(content('1', 500), content('1', 400))).toBe(true);
  expect(holdsTheSame(content('1'), content('1', undefined, 'a script'))).toBe(true);
  expect(holdsTheSame(content('1', 500), content('2', 500))).toBe(false);
  expect(holdsTheSame(content('1'), content('2'))).toBe(false);
  // That a key may be forgotten at all is part of what it is.
  expect(holdsTheSame(content('1'), content('1', 500))).toBe(false);
});
