import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawConnection } from '../../harness/wire/raw-connection.ts';
import { encodeCommand } from '../../harness/wire/resp.ts';
import { execInResp2, inResp2 } from '../../harness/wire/resp2.ts';
import { server } from '../helpers/exploring.ts';

const redis = server();
let two: RawConnection;
let three: RawConnection;
beforeAll(async () => {
  [two, three] = await Promise.all([
    RawConnection.open(redis.target.options, 2),
    RawConnection.open(redis.target.options, 3),
  ]);
});
afterAll(() => {
  two.close();
  three.close();
});

const STORE = [
  'SET n 41',
  'HSET h a 1',
  'SADD s one',
  'ZADD z 1.5 a 2 b 1e300 c',
  'ZADD y 3 b',
  'RPUSH l x y x',
  'GEOADD g 13.361389 38.115556 Palermo',
  'XADD x 1-1 f v',
  'XADD w 1-1 f v',
  'XGROUP CREATE x grp 0',
];

/** Those of which replies differ between the protocols, each in every form, and some of each other kind. */
const COMMANDS = `
GET n
GET none
DECR n
INCRBYFLOAT n 0.5
SETNX n 1
LCS n none
MGET n none
PING
NONE x
HGETALL h
HGETALL none
HGET h none
HMGET h a none
HSCAN h 0
HRANDFIELD h 1 WITHVALUES
SMEMBERS s
SMEMBERS none
SMISMEMBER s one two
SINTER s s
SSCAN s 0
SPOP s 5
SPOP none
ZRANGE z 0 -1 WITHSCORES
ZRANGE z 0 -1
ZREVRANGE z 0 -1 WITHSCORES
ZRANGEBYSCORE z 0 5 WITHSCORES
ZSCORE z a
ZSCORE z none
ZINCRBY z 0.5 a
ZADD z INCR 1 a
ZMSCORE z a none
ZRANK z a
ZRANK z no
ZUNION 2 z y WITHSCORES
ZINTER 2 z y WITHSCORES
ZDIFF 2 z y WITHSCORES
ZDIFF 2 z y
ZCARD z
ZPOPMIN z
ZPOPMIN z 2
ZPOPMAX z 2
ZPOPMIN none
ZMPOP 1 z MIN COUNT 2
ZMPOP 1 none MIN
ZSCAN z 0
LPOP l
LPOP l 2
LPOP none
LPOP none 2
LRANGE l 0 -1
LPOS l x COUNT 0
LMPOP 1 l LEFT
LMPOP 1 no LEFT
GEOPOS g Palermo none
GEODIST g Palermo Palermo km
GEODIST g Palermo none
GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHCOORD WITHDIST
XREAD STREAMS x w 0 0
XREAD STREAMS none 0
XREADGROUP GROUP grp me STREAMS x >
XRANGE x - +
XRANGE none - +
FUNCTION LIST
SCRIPT EXISTS a
EXISTS n
KEYS none*
SCAN 0 MATCH none*
SORT l ALPHA
WAIT 0 1
BITFIELD n GET u8 0
`
  .trim()
  .split('\n');

const SCRIPTS = [
  'return nil',
  'return false',
  'return true',
  "return { 1, 'two', { 3 }, false }",
  'return { double = 1.5 }',
  'return { map = { a = 1 } }',
  "return redis.call('HGETALL', 'h')",
  "redis.setresp(3) return redis.call('HGETALL', 'h')",
  "redis.setresp(3) return redis.call('ZSCORE', 'z', 'a')",
  "return redis.error_reply('NO sale')",
  "return redis.status_reply('FINE')",
];

/** Both, from the same state. */
async function replies(commands: readonly (readonly string[])[]): Promise<[string[], string[]]> {
  const both: string[][] = [];
  for (const connection of [two, three]) {
    await connection.call(['FLUSHALL']);
    for (const command of STORE) await connection.call(command.split(' '));
    both.push(await connection.send(commands.map(encodeCommand)));
  }
  return both as [string[], string[]];
}

/** What a client makes of an array that there is not is what it makes of a text that there is not. */
const asRead = (reply: string): string => reply.replaceAll('*-1\r\n', '$-1\r\n');

describe('a reply in RESP3 is made the one that the server gives in RESP2', () => {
  const asked = [
    ...COMMANDS.map((command) => command.split(' ')),
    ...SCRIPTS.map((script) => ['EVAL', script, '0']),
  ];
  test.each(asked.map((args) => [args.join(' '), args] as const))('%s', async (_, args) => {
    const [[in2], [in3]] = await replies([args]);
    expect(asRead(inResp2(in3!, args))).toBe(asRead(in2!));
  });

  test('of a transaction as well, command by command', async () => {
    const queued = asked.filter(([name]) => !['NONE', 'WAIT', 'FUNCTION', 'SCRIPT'].includes(name!));
    const [in2, in3] = await replies([['MULTI'], ...queued, ['EXEC']]);
    expect(asRead(execInResp2(in3.at(-1)!, queued))).toBe(asRead(in2.at(-1)!));
  });

  test('and of one that did not run, as an array that there is not', async () => {
    const seen: string[] = [];
    for (const connection of [two, three]) {
      await connection.send([['WATCH', 'n'], ['SET', 'n', '1'], ['MULTI'], ['GET', 'n']].map(encodeCommand));
      seen.push(...(await connection.send([encodeCommand(['EXEC'])])));
    }
    expect(execInResp2(seen[1]!, [['GET', 'n']])).toBe(seen[0]);
  });

  test('which the reply as it is would not be', async () => {
    const [[in2], [in3]] = await replies([['HGETALL', 'h']]);
    expect(in3).not.toBe(in2);
  });
});
