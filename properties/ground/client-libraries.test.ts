import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { filesIn, isOfClientLibrary } from '../../harness/ground/client-libraries.ts';

const require = createRequire(import.meta.url);

test.each(['ioredis', 'ioredis4', 'ioredis5', 'redis4', 'redis5'])(
  '%s is a client library, by whatever name it is installed',
  (name) => {
    expect(isOfClientLibrary(require.resolve(name))).toBe(true);
  },
);

test('what a client library brings with it, and what only sounds like one, is none', () => {
  expect(isOfClientLibrary(require.resolve('zod'))).toBe(false);
  expect(isOfClientLibrary('/shop/node_modules/ioredis-mock/index.js')).toBe(false);
  expect(isOfClientLibrary('/shop/ioredis/index.js')).toBe(false);
});

test('the files of a stack are told innermost first, without Node’s own', () => {
  const stack = `Error: made
    at process.nextTick (node:internal/process/task_queues:132:5)
    at new Promise (<anonymous>)
    at /shop/node_modules/ioredis/built/Redis.js:147:64
    at async Shop.buy (file:///shop/my%20shop/sell.ts:3:5)
    at new Shop (/my shop/sell.ts:3:5)`;
  expect([...filesIn(stack)]).toEqual([
    '/shop/node_modules/ioredis/built/Redis.js',
    '/shop/my%20shop/sell.ts',
    '/my shop/sell.ts',
  ]);
});
