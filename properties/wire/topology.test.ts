import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Conversation } from '../../harness/wire/conversation.ts';
import { Introduction } from '../../harness/wire/introduction.ts';
import { RawConnection } from '../../harness/wire/raw-connection.ts';
import { encodeCommand } from '../../harness/wire/resp.ts';
import { asksForSlots, topologyReply } from '../../harness/wire/topology.ts';
import { server } from '../helpers/exploring.ts';

const redis = server();
const saidToInfo = (about: object) =>
  new Conversation({ clientId: () => 1, onForeign: () => {}, ...about }).hears(encodeCommand(['INFO']));

const listening = (isLed = true): Conversation =>
  new Conversation({ clientId: () => 1, onForeign: () => {}, isLed });
const PROTOCOLS = [2, 3] as const;
const connections: RawConnection[] = [];
beforeAll(async () => {
  for (const protocol of PROTOCOLS)
    connections.push(await RawConnection.open(redis.target.options, protocol));
});
afterAll(() => connections.forEach((connection) => connection.close()));

const QUESTIONS = [
  'SENTINEL get-master-addr-by-name shop',
  'SENTINEL SENTINELS shop',
  'SENTINEL MASTER shop',
  'SENTINEL REPLICAS shop',
  'cluster slots',
  'CLUSTER INFO',
  'CLUSTER MYID',
].map((question) => question.split(' '));

/** Lua tells fields in an order of its own. */
function byField(reply: string, [, question]: readonly string[]): unknown {
  if (question !== 'MASTER') return reply;
  const [head, ...texts] = reply.trim().split(/\r\n(?:\$\d+\r\n)?/);
  expect(texts).toContain('ip');
  return [head, new Map(texts.flatMap((text, i) => (i % 2 === 0 ? [[text, texts[i + 1]] as const] : [])))];
}

describe('where the server is', () => {
  test.each(QUESTIONS)('%s %s is answered alike in an exploration and under load', async (...args) => {
    const told = new Introduction().tells(Buffer.from(encodeCommand(args)))!;
    for (const [i, protocol] of PROTOCOLS.entries()) {
      const conversation = listening();
      conversation.hears(encodeCommand(['HELLO', String(protocol)]));
      const [said] = conversation.hears(encodeCommand(args)) as [{ answer: string }];
      expect(conversation.inCluster).toBe(asksForSlots(args));
      const [replied] = await connections[i]!.send([told.toString('latin1')]);
      expect(byField(said.answer, args)).toEqual(byField(replied!, args));
    }
  });

  test.each([['SENTINEL', 'SLAVES', 'shop'], ['CLUSTER', 'FAILOVER'], ['CLUSTER']])(
    '%s %s is a command like any other',
    (...args) => {
      const bytes = encodeCommand(args);
      expect(topologyReply(args)).toBeUndefined();
      const conversation = listening();
      expect(conversation.hears(bytes)).toEqual([{ command: bytes }]);
      expect(conversation.inCluster).toBe(false);
      expect(new Introduction().tells(Buffer.from(bytes))!.toString('latin1')).toBe(bytes);
    },
  );

  test.each(QUESTIONS)('%s is not answered to a service, which would go to that address', (...args) => {
    const bytes = encodeCommand(args);
    expect(listening(false).hears(bytes)).toEqual([{ command: bytes }]);
  });

  test.each([
    ['CLUSTER SLOTS', '*3\r\n$9\r\n127.0.0.1\r\n:7\r\n'],
    ['SENTINEL GET-MASTER-ADDR-BY-NAME', '*2\r\n$9\r\n127.0.0.1\r\n$1\r\n7\r\n'],
  ])('%s is answered with the address at which the service has found it', (question, told) => {
    const address = { host: '127.0.0.1', port: 7 };
    const conversation = new Conversation({ clientId: () => 1, onForeign: () => {}, address });
    const [said] = conversation.hears(encodeCommand(question.split(' ')));
    expect(said).toMatchObject({ answer: expect.stringContaining(told) });
  });

  test.each([
    [
      2,
      '*3\r\n$10\r\npsubscribe\r\n$9\r\n[-+]sdown\r\n:1\r\n*3\r\n$10\r\npsubscribe\r\n$6\r\n+slave\r\n:2\r\n',
    ],
    [
      3,
      '>3\r\n$10\r\npsubscribe\r\n$9\r\n[-+]sdown\r\n:1\r\n>3\r\n$10\r\npsubscribe\r\n$6\r\n+slave\r\n:2\r\n',
    ],
  ] as const)(
    'whoever wants to hear what Sentinels do is told that they will, in RESP%i',
    (protocol, answer) => {
      const conversation = listening();
      conversation.hears(encodeCommand(['HELLO', String(protocol)]));
      expect(conversation.hears(encodeCommand(['PSUBSCRIBE', '[-+]sdown', '+slave']))).toEqual([{ answer }]);
    },
  );

  test('and whoever wants to hear anything else, or subscribes where nobody leads it, sends a command', () => {
    const command = [{ command: expect.any(String) }];
    expect(listening().hears(encodeCommand(['PSUBSCRIBE', '+slave', 'orders']))).toEqual(command);
    expect(listening().hears(encodeCommand(['SUBSCRIBE']))).toEqual(command);
    expect(listening(false).hears(encodeCommand(['PSUBSCRIBE', '+slave']))).toEqual(command);
  });

  test('COMMAND is answered with the table of the server, in the protocol that is spoken, and INFO as by a node', () => {
    const commandTable = '*1\r\n*3\r\n$3\r\nget\r\n:2\r\n~1\r\n+readonly\r\n';
    const address = { host: '127.0.0.1', port: 7 };
    const conversation = new Conversation({ clientId: () => 1, onForeign: () => {}, address, commandTable });
    const asks = (...words: string[]) => conversation.hears(encodeCommand(words));
    expect(asks('COMMAND')).toEqual([{ answer: commandTable.replace('~', '*') }]);
    expect(asks('COMMAND', 'GETKEYS', 'GET', 'k')).toEqual([{ command: expect.any(String) }]);
    expect(listening().hears(encodeCommand(['COMMAND']))).toEqual([{ command: expect.any(String) }]);
    expect(saidToInfo({ address, isNode: true })).toEqual([
      { answer: expect.stringContaining('cluster_enabled:1') },
    ]);
    expect(saidToInfo({ address })).toEqual([{ answer: expect.not.stringContaining('cluster_enabled') }]);
  });

  test('is no introduction any more behind the first command', () => {
    const conversation = listening();
    const said = conversation.hears(encodeCommand(['GET', 'k']) + encodeCommand(['CLUSTER', 'SLOTS']));
    expect(said.every((one) => 'command' in one)).toBe(true);
  });
});
