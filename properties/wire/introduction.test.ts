import { expect, test } from 'vitest';
import { Introduction } from '../../harness/wire/introduction.ts';
import { encodeCommand } from '../../harness/wire/resp.ts';

const bytes = (...commands: string[][]): Buffer => Buffer.from(commands.map(encodeCommand).join(''));
const told = (...commands: string[][]): string | undefined =>
  new Introduction().tells(bytes(...commands))?.toString();

test.each([
  [
    ['AUTH', 'secret'],
    ['SELECT', '0'],
  ],
  [
    ['AUTH', 'me', 'secret'],
    ['SELECT', '0'],
  ],
  [
    ['hello', '3', 'auth', 'me', 'secret', 'SETNAME', 'shop'],
    ['hello', '3', 'SETNAME', 'shop'],
  ],
  [
    ['HELLO', '3', 'SETNAME', 'shop', 'AUTH', 'me', 'secret'],
    ['HELLO', '3', 'SETNAME', 'shop'],
  ],
  [
    ['HELLO', '2'],
    ['HELLO', '2'],
  ],
  [['READONLY'], ['SELECT', '0']],
  [
    ['SELECT', '3'],
    ['SELECT', '3'],
  ],
  [
    ['CLIENT', 'SETINFO', 'LIB-NAME', 'ioredis'],
    ['CLIENT', 'SETINFO', 'LIB-NAME', 'ioredis'],
  ],
])('how a client introduces itself is told without its login: %j', (said, instead) => {
  expect(told(said)).toBe(encodeCommand(instead));
});

test('a login after SELECT keeps the database', () => {
  expect(told(['SELECT', '5'], ['AUTH', 'secret'])).toBe(bytes(['SELECT', '5'], ['SELECT', '5']).toString());
});

test('from its first command on everything is told as it is', () => {
  const said = [
    ['GET', 'stock'],
    ['AUTH', 'me', 'secret'],
  ];
  expect(told(...said)).toBe(bytes(...said).toString());
});

test('commands are counted, however their bytes are cut, and how it introduces itself is not', () => {
  const said = bytes(
    ['HELLO', '3', 'AUTH', 'me', 'secret'],
    ['CLIENT', 'SETNAME', 'shop'],
    ['MULTI'],
    ['SET', 'k', '*1\r\n$4\r\nPING\r\n'],
    ['SET', 'empty', ''],
    ['EVAL', 'return 1', '0'],
    ['EXEC'],
  );
  for (const size of [1, 2, 3, 7, 1_000]) {
    const introduction = new Introduction();
    const parts: Buffer[] = [];
    for (let at = 0; at < said.length; at += size) {
      parts.push(introduction.tells(said.subarray(at, at + size))!);
    }
    expect(introduction.commands).toBe(5);
    const all = Buffer.concat(parts).toString();
    expect(all).toBe(
      said
        .toString()
        .replace(bytes(['HELLO', '3', 'AUTH', 'me', 'secret']).toString(), () =>
          encodeCommand(['HELLO', '3']),
        ),
    );
  }
});

test.each(['PING\r\n', 'GET / HTTP/1.1\r\n\r\n', '\x00\x00\x00\x08', '\x16\x03\x01'])(
  'who says %j speaks another protocol, and nothing of it is told, then or later',
  (text) => {
    const introduction = new Introduction();
    expect(introduction.isSilent).toBe(true);
    expect(introduction.tells(Buffer.from(text))).toBeUndefined();
    expect(introduction.tells(bytes(['GET', 'stock']))).toBeUndefined();
    expect(introduction.isSilent).toBe(false);
  },
);
