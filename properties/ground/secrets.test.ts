import { expect, test } from 'vitest';
import { parseRedisUrl } from '../../harness/ground/redis-url.ts';
import { keepSecret, withoutSecrets } from '../../harness/ground/secrets.ts';
import { withoutLogins } from '../../harness/terminal/logins.ts';

test('a secret is hidden in every form in which it is written down, and the rest of the text stays', () => {
  const password = 'pa"ss/w@rd';
  expect(withoutSecrets(`before ${password}`)).toBe(`before ${password}`);
  keepSecret('bob', password);
  expect(withoutSecrets(`User bob: ${password} ${encodeURIComponent(password)}`)).toBe(
    'User <login>: <login> <login>',
  );
  expect(withoutSecrets(JSON.stringify({ password }))).toBe('{"password":"<login>"}');
  // A short name is no part of a word.
  expect(withoutSecrets('bobsled, thingumabob')).toBe('bobsled, thingumabob');
});

test('the name that every server has is none', () => {
  keepSecret('default', '');
  expect(withoutSecrets('client default')).toBe('client default');
});

test('the login of a URL is hidden wherever it stands', () => {
  expect(withoutSecrets('cannot find redis://ann:x@y@shop:1/2, nor rediss://:z@shop')).toBe(
    'cannot find redis://<login>@shop:1/2, nor rediss://<login>@shop',
  );
  expect(withoutSecrets('serve --database postgres://shop:x@db/orders')).toBe(
    'serve --database postgres://<login>@db/orders',
  );
  expect(withoutSecrets('file:///x/node_modules/@scope/y and nobody-else@shop')).toBe(
    'file:///x/node_modules/@scope/y and nobody-else@shop',
  );
});

test.each([
  ['redis://ann:secret@shop:7/2', 'redis://<login>@shop:7/2'],
  ['rediss://:secret@[::1]', 'rediss://<login>@[::1]:6379'],
  ['unix:///run/redis.sock', 'unix:///run/redis.sock'],
  ['unix://ann:secret@/run/redis.sock', 'unix://<login>@/run/redis.sock'],
  ['unix://ann:sec/ret@/run/redis.sock', '<URL>'],
  ['REDIS_URL', 'REDIS_URL'],
  ['redis://shop/2', 'redis://shop:6379/2'],
  ['redis://ann:sec/ret@shop', '<URL>'],
  ['redis://ann:7/ret@shop', '<URL>'],
  ['redis://ann:7#ret@shop', '<URL>'],
  ['redis://shop?password=secret', '<URL>'],
  ['ann:secret@shop', '<URL>'],
  ['redis://ann:%zz@shop', '<URL>'],
])('a command line with --redis %s is shown with %s', (typed, shown) => {
  expect(withoutLogins(['bench', '--redis', typed, '--seed', '1'])).toEqual([
    'bench',
    '--redis',
    shown,
    '--seed',
    '1',
  ]);
  expect(withoutLogins([`--redis=${typed}`])).toEqual([`--redis=${shown}`]);
  if (shown !== '<URL>' && shown.includes('<login>')) {
    expect(() => parseRedisUrl(shown)).toThrow('<login> stands for the login');
  }
});
