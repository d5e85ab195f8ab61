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
const connections: RawConnection[] = [];
beforeAll(async () => {
  for (const protocol of [2, 3] as const)
    connections.push(await RawConnection.open(redis.target.options, protocol));
});
afterAll(() => connections.forEach((connection) => connection.close()));

const QUESTIONS = [
  'SENTINEL get-master-addr-by-name shop',
  'SENTINEL SENTINELS shop',
  'cluster slots',
  'CLUSTER INFO',
  'CLUSTER MYID',
].map((question) => question.split(' '));

describe('where the server is', () => {
  test.each(QUESTIONS)('%s is answered alike in an exploration and under load', async (...args) => {
    const conversation = listening();
    const answer = topologyReply(args);
    expect(conversation.hears(encodeCommand(args))).toEqual([{ answer }]);
    expect(conversation.inCluster).toBe(asksForSlots(args));
    const told = new Introduction().tells(Buffer.from(encodeCommand(args)))!;
    for (const connection of connections)
      expect(await connection.send([told.toString('latin1')])).toEqual([answer]);
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

  test('COMMAND is answered with the table of the server, in the protocol that is spoken, and INFO as by a node', () => {
    const commandTable = '*1\r\n*3\r\n$3\r\nget\r\n:2\r\n~1\r\n+readonly\r\n';
    const address = { host: '127.0.0.1', port: 7 };
    const conversation = new Conversation({ clientId: () => 1, onForeign: () => {}, address, commandTable });
    const asks = (...words: string[]) => conversation.hears(encodeCommand(words));
    expect(asks('COMMAND')).toEqual([{ answer: commandTable.replace('~', '*') }]);
    expect(asks('COMMAND', 'GETKEYS', 'GET', 'k')).toEqual([{ command: expect.any(String) }]);
    expect(listening().hears(encodeCommand(['COMMAND']))).toEqual([{ command: expect.any(String) }]);
    expect(saidToInfo({ address })).toEqual([{ answer: expect.stringContaining('cluster_enabled:1') }]);
    expect(saidToInfo({})).toEqual([{ answer: expect.not.stringContaining('cluster_enabled') }]);
  });

  test('is no introduction any more behind the first command', () => {
    const conversation = listening();
    const said = conversation.hears(encodeCommand(['GET', 'k']) + encodeCommand(['CLUSTER', 'SLOTS']));
    expect(said.every((one) => 'command' in one)).toBe(true);
  });
});
