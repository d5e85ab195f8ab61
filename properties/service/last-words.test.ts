import { expect, test } from 'vitest';
import { lastWords } from '../../harness/service/last-words.ts';

const lines = (count: number, text: string): string =>
  Array.from({ length: count }, (_, i) => `${text} ${i + 1}`).join('\n');

test('of what a program has said, the end', () => {
  expect(lastWords('selling at 8080\n')).toBe('selling at 8080');
  expect(lastWords(lines(20, 'line'))).toBe(lines(20, 'line').split('\n').slice(-8).join('\n'));
  expect(lastWords('')).toBe('');
});

test('of a long stack trace what the error was, too', () => {
  const said = `starting\nError: Cannot find package 'ioredis'\n${lines(12, '    at frame')}\n`;
  const words = lastWords(said).split('\n');
  expect(words).toHaveLength(10);
  expect(words.slice(0, 3)).toEqual(["Error: Cannot find package 'ioredis'", '    …', '    at frame 5']);
  expect(lastWords(lines(12, '    at frame'))).toContain('    …\n    at frame 5');
});
