import { describe, expect, test } from 'vitest';
import { Conversation, type Said } from '../../harness/wire/conversation.ts';
import { encodeCommand } from '../../harness/wire/resp.ts';

const command = (...args: string[]): string => encodeCommand(args);

interface Heard {
  conversation: Conversation;
  foreign: () => number;
}

function listening(): Heard {
  let foreign = 0;
  const conversation = new Conversation({ clientId: () => 7, onForeign: () => foreign++ });
  return { conversation, foreign: () => foreign };
}

const answers = (said: readonly Said[]): string[] =>
  said.map((one) => ('answer' in one ? one.answer : `command ${one.command}`));

const saidTo = (conversation: Conversation, ...commands: string[][]): string[] =>
  answers(conversation.hears(commands.map((args) => command(...args)).join('')));

describe('RESET', () => {
  test('begins the introduction again, whose answers come after that to RESET', () => {
    const { conversation } = listening();
    saidTo(conversation, ['HELLO', '3'], ['SELECT', '2'], ['GET', 'k']);
    const heard = saidTo(conversation, ['RESET'], ['AUTH', 'secret'], ['SELECT', '5'], ['HGETALL', 'h']);
    expect(heard).toEqual(
      ['RESET', 'HGETALL'].map((name) => `command ${command(...(name === 'RESET' ? [name] : [name, 'h']))}`),
    );
    expect(conversation.database).toBe(5);
    // What was sent before is told in RESP3, and what comes after in RESP2: it has asked for no other.
    expect(conversation.tells('_\r\n+RESET\r\n')).toBe('_\r\n+RESET\r\n+OK\r\n+OK\r\n');
    expect(conversation.tells('%1\r\n$1\r\nf\r\n$1\r\nv\r\n')).toBe('*2\r\n$1\r\nf\r\n$1\r\nv\r\n');
  });

  test('twice is answered once each, and what comes between by the second', () => {
    const { conversation } = listening();
    saidTo(conversation, ['GET', 'k'], ['RESET'], ['SELECT', '1'], ['RESET'], ['SELECT', '2']);
    expect(conversation.tells('_\r\n+RESET\r\n')).toBe('$-1\r\n+RESET\r\n+OK\r\n');
    expect(conversation.tells('+RESET\r\n')).toBe('+RESET\r\n+OK\r\n');
  });
});

describe('how a client introduces itself is answered', () => {
  test.each([
    [['AUTH', 'secret'], '+OK\r\n'],
    [['AUTH', 'me', 'secret'], '+OK\r\n'],
    [['select', '3'], '+OK\r\n'],
    [['CLIENT', 'SETNAME', 'shop'], '+OK\r\n'],
    [['client', 'setinfo', 'LIB-NAME', 'ioredis'], '+OK\r\n'],
    [['CLIENT', 'ID'], ':7\r\n'],
    [['HELLO', '4'], '-NOPROTO unsupported protocol version\r\n'],
    [['READONLY'], '+OK\r\n'],
  ])('%j', (args, answer) => {
    expect(answers(listening().conversation.hears(command(...args)))).toEqual([answer]);
  });

  test('HELLO in the protocol that it asks for, and by a map only in RESP3', () => {
    for (const [version, begins] of [
      ['2', '*14\r\n'],
      ['3', '%7\r\n'],
    ] as const) {
      const { conversation } = listening();
      const [hello] = answers(conversation.hears(command('HELLO', version, 'AUTH', 'default', 'secret')));
      expect(hello).toMatch(new RegExp(`^\\${begins.slice(0, -2)}\r\n`));
    }
  });

  test('however its bytes are cut', () => {
    const { conversation } = listening();
    const bytes = command('HELLO', '3') + command('SELECT', '2') + command('GET', 'stock');
    const said = Array.from(bytes).flatMap((byte) => conversation.hears(byte));
    expect(answers(said).slice(1)).toEqual(['+OK\r\n', `command ${command('GET', 'stock')}`]);
    expect(conversation.database).toBe(2);
  });

  test('up to its first command: later the same words are commands', () => {
    const { conversation } = listening();
    const said = conversation.hears(command('GET', 'stock') + command('CLIENT', 'ID') + command('INFO'));
    expect(said.every((one) => 'command' in one)).toBe(true);
  });
});

describe('replies are told in its protocol', () => {
  test('each as what its command asked for', () => {
    const { conversation } = listening();
    conversation.hears(command('HGETALL', 'h') + command('ZRANGE', 'z', '0', '-1', 'WITHSCORES'));
    expect(conversation.tells('%1\r\n$1\r\na\r\n$1\r\n1\r\n*1\r\n*2\r\n$1\r\nb\r\n,2\r\n')).toBe(
      '*2\r\n$1\r\na\r\n$1\r\n1\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n',
    );
  });

  test('those of a transaction as well, and after it others again', () => {
    const { conversation } = listening();
    conversation.hears(command('MULTI') + command('HGETALL', 'h') + command('EXEC') + command('GET', 'none'));
    expect(conversation.tells('+OK\r\n+QUEUED\r\n*1\r\n%0\r\n_\r\n')).toBe(
      '+OK\r\n+QUEUED\r\n*1\r\n*0\r\n$-1\r\n',
    );
  });

  test('as they are where it speaks RESP3', () => {
    const { conversation } = listening();
    conversation.hears(command('HELLO', '3') + command('HGETALL', 'h'));
    expect(conversation.tells('%0\r\n')).toBe('%0\r\n');
  });
});

test.each(['PING\r\n', 'GET / HTTP/1.1\r\n\r\n', '\x00\x00\x00\x08', '\x16\x03\x01'])(
  'who says %j speaks another protocol: that is told once, and nothing is answered',
  (bytes) => {
    const { conversation, foreign } = listening();
    expect(conversation.isSilent).toBe(true);
    expect(conversation.hears(bytes)).toEqual([]);
    expect(conversation.hears(command('GET', 'stock'))).toEqual([]);
    expect(foreign()).toBe(1);
    expect(conversation.isSilent).toBe(false);
  },
);
