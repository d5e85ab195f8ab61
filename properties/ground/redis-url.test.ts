import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { UsageError } from '../../harness/ground/errors.ts';
import { parseRedisUrl } from '../../harness/ground/redis-url.ts';

test('a URL never loses what it says, and a login survives any character', () => {
  const text = fc.string({ minLength: 1, unit: 'grapheme' });
  fc.assert(
    fc.property(
      text,
      text,
      fc.integer({ min: 1, max: 65535 }),
      fc.nat(15),
      (username, password, port, db) => {
        const login = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
        const url = `redis://${login}@[::1]:${port}/${db}`;
        expect(parseRedisUrl(url)).toEqual({ host: '::1', port, username, password, db });
      },
    ),
  );
  expect(parseRedisUrl('redis://shop')).toEqual({ host: 'shop', port: 6379 });
  expect(parseRedisUrl('redis://:p@shop/')).toEqual({ host: 'shop', port: 6379, password: 'p' });
  expect(parseRedisUrl('rediss://shop:6380')).toEqual({ host: 'shop', port: 6380, tls: {} });
  expect(parseRedisUrl('unix://ann:p%40@/run/a@b.sock')).toEqual({
    path: '/run/a@b.sock',
    username: 'ann',
    password: 'p@',
  });
  expect(parseRedisUrl('unix://:p@/run/redis.sock')).toEqual({ path: '/run/redis.sock', password: 'p' });
  expect(parseRedisUrl('unix:///run/redis.sock')).toEqual({ path: '/run/redis.sock' });
});

test.each([
  'shop',
  'shop:6379',
  'http://shop',
  'redis://',
  'redis://shop/stock',
  'redis://:s3cret@shop:port',
  'unix://ann:s3cret@shop',
  'unix://ann:s3cret@',
  'unix://ann:s3cret/@/run/redis.sock',
])('what cannot be meant is refused, and no password repeated: %s', (url) => {
  expect(() => parseRedisUrl(url)).toThrow(UsageError);
  expect(() => parseRedisUrl(url)).toThrow(/^--redis: (?!.*s3cret)/);
});
