import { CannotExplore } from '../cannot-explore.ts';
import { WAITING } from '../../wire/handshake.ts';
import { placeOfId } from './dated-ids.ts';

/**
 * How the explorer treats a command. An allow-list: what is not known to be a function of the keys (a clock that it
 * reads, a draw, a state that no snapshot holds) would be asked once and remembered, and the search would go on with
 * an answer that production does not give. So a command that a newer server brings is refused until it was looked at.
 */

const words = (text: string): string[] => text.split(' ');

/** Reply and effect follow from the keys, but for what `requireExplorable` looks at in the arguments. */
const EXPLORABLE = new Set(
  [
    'BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN',
    'APPEND DECR DECRBY DELEX DELIFEQ DIGEST GET GETDEL GETEX GETRANGE GETSET INCR INCRBY INCRBYFLOAT INCREX LCS',
    'MGET MSET MSETEX MSETNX PSETEX SET SETEX SETNX SETRANGE STRLEN SUBSTR',
    'BITCOUNT BITFIELD BITFIELD_RO BITOP BITPOS GETBIT SETBIT PFADD PFCOUNT PFMERGE',
    'HDEL HEXISTS HGET HGETALL HGETDEL HINCRBY HINCRBYFLOAT HKEYS HLEN HMGET HMSET HSCAN HSET HSETNX HSTRLEN HVALS',
    'LINDEX LINSERT LLEN LMOVE LMPOP LPOP LPOS LPUSH LPUSHX LRANGE LREM LSET LTRIM RPOP RPOPLPUSH RPUSH RPUSHX',
    'SADD SCARD SDIFF SDIFFSTORE SINTER SINTERCARD SINTERSTORE SISMEMBER SMEMBERS SMISMEMBER SMOVE SREM SSCAN',
    'SUNION SUNIONSTORE SORT SORT_RO',
    'ZADD ZCARD ZCOUNT ZDIFF ZDIFFSTORE ZINCRBY ZINTER ZINTERCARD ZINTERSTORE ZLEXCOUNT ZMPOP ZMSCORE ZPOPMAX',
    'ZPOPMIN ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANGESTORE ZRANK ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK',
    'ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION ZUNIONSTORE',
    'GEOADD GEODIST GEOHASH GEOPOS GEORADIUS GEORADIUS_RO GEORADIUSBYMEMBER GEORADIUSBYMEMBER_RO GEOSEARCH',
    'GEOSEARCHSTORE XACK XACKDEL XADD XDEL XDELEX XGROUP XLEN XRANGE XREAD XREADGROUP XREVRANGE XSETID XTRIM',
    'COPY DBSIZE DEL EXISTS EXPIRE EXPIREAT FLUSHALL FLUSHDB KEYS PERSIST PEXPIRE PEXPIREAT RENAME RENAMENX SCAN',
    'TOUCH TYPE UNLINK EVAL EVAL_RO EVALSHA EVALSHA_RO FCALL FCALL_RO FUNCTION SCRIPT',
    'DISCARD EXEC MULTI UNWATCH WATCH ECHO PING PUBLISH QUIT SPUBLISH WAIT WAITAOF',
  ].flatMap(words),
);

/** Of commands whose subcommands differ, those that are explored. */
const EXPLORABLE_SUBCOMMANDS = new Map([
  ['SCRIPT', new Set(['LOAD', 'EXISTS', 'FLUSH'])],
  ['FUNCTION', new Set(['LOAD', 'DELETE', 'FLUSH', 'LIST'])],
  ['XGROUP', new Set(['CREATE', 'SETID', 'DESTROY', 'CREATECONSUMER', 'DELCONSUMER'])],
]);

/** Why a command that people do use is refused, and what to do instead. */
const reasons = new Map<string, [why: string, remedy: string]>();
const refuse = (names: string, why: string, remedy: string): void => {
  for (const name of words(names)) reasons.set(name, [why, remedy]);
};
const TIME_REMEDY =
  'pass the time in from env.now(); where a library asks, as rate limiters do, let the adapter call what comes behind it; of a service, leave out what decides no sale (--ignore), and let the rest ask no clock';
refuse(
  'SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE PUBSUB',
  'its messages arrive without a request',
  'keep what decides a sale in keys',
);
refuse(
  'SPOP SRANDMEMBER HRANDFIELD ZRANDMEMBER RANDOMKEY',
  'its answer is drawn by the server',
  'take a determined member (LPOP, ZPOPMIN), or choose with env.pick, which a service has not',
);
refuse(
  'TIME TTL PTTL EXPIRETIME PEXPIRETIME LASTSAVE',
  'its answer depends on the clock of the server',
  TIME_REMEDY,
);
refuse(
  'OBJECT DUMP',
  'its answer tells how the server stores a key, which differs where the content is the same',
  'read what the key holds',
);
refuse(
  'XPENDING XCLAIM XAUTOCLAIM',
  'its answer depends on how long entries have been idle, by the clock of the server',
  'read what a consumer has not acknowledged with XREADGROUP and an id, or note who works on what in a hash',
);
refuse(
  'XINFO',
  'its answer tells of idle times, and how the server stores a stream',
  'ask with XLEN, XRANGE or XREADGROUP',
);
refuse(
  'HEXPIRE HPEXPIRE HEXPIREAT HPEXPIREAT HPERSIST HTTL HPTTL HEXPIRETIME HPEXPIRETIME HGETEX HSETEX',
  'fields of a hash that expire by themselves are not explored',
  'give each a key of its own with a TTL, or keep the deadline as a value and compare it with env.now()',
);
refuse(
  'SELECT SWAPDB MOVE',
  'the explorer keeps the sale in database 0',
  'leave SELECT, SWAPDB and MOVE out, and `db` out of the client options, where the sale is explored',
);
refuse('INFO', 'it tells of the server, not of the sale', 'keep what decides a sale in keys');
refuse(
  'CLIENT MONITOR CONFIG DEBUG SHUTDOWN REPLICAOF SLAVEOF FAILOVER ASKING SYNC PSYNC RESET SLOWLOG ' +
    'LATENCY MEMORY ACL MODULE BGSAVE SAVE BGREWRITEAOF HELLO AUTH READONLY READWRITE ROLE MIGRATE RESTORE',
  'it changes the connection or the server, not the sale',
  'leave it to the client options, or out where the sale is explored',
);
refuse(
  'SENTINEL',
  'it asks a Sentinel for more than the primary, and the explorer has one server',
  'ask for the primary alone, as ioredis does by default, where the sale is explored; storm --topology replicated has Sentinels',
);
refuse(
  'CLUSTER',
  'it asks a cluster for more than which node has which slots, and the explorer has one node',
  'leave it out where the sale is explored; storm --topology cluster has a cluster',
);
const UNKNOWN: [string, string] = [
  'it is not on the list of commands that were found to depend on keys alone',
  'do it with a core command on strings, hashes, lists, sets, sorted sets or streams',
];

/** @throws CannotExplore if the command's reply is no function of server state, connection state and command */
export function requireExplorable(args: readonly string[], where = 'it sends'): void {
  const name = args[0]!.toUpperCase();
  const upper = args.map((arg) => arg.toUpperCase());
  const known = EXPLORABLE_SUBCOMMANDS.get(name)?.has(upper[1] ?? '') ?? EXPLORABLE.has(name);
  const reason = reasons.get(name) ?? (known ? undefined : UNKNOWN);
  if (reason) {
    const named = EXPLORABLE_SUBCOMMANDS.has(name) ? upper.slice(0, 2) : upper.slice(0, 1);
    throw refusal(named, where, reason);
  }
  const detail = refusedDetail(name, upper);
  if (detail) throw refusal(upper.slice(0, 1), where, detail);
  const texts = name === 'FUNCTION' ? args : scriptBodies(args);
  if (texts.some((body) => /\bos\b[^\n]*\bclock\b/.test(body))) {
    throw refusal(upper.slice(0, 1), `${where} a script that reads os.clock with`, [
      'its answer depends on the clock of the server',
      TIME_REMEDY,
    ]);
  }
}

/** What in the arguments keeps a command that may be explored from being so: why, and what to do instead. */
function refusedDetail(name: string, upper: readonly string[]): [string, string] | undefined {
  if (name === 'COPY' && upper.includes('DB'))
    return ['the explorer keeps the sale in database 0', 'copy within the database'];
  if (name === 'XADD' && /^[a-z]/i.test(upper[placeOfId(upper)] ?? ''))
    return ['it has an option that was not looked at', 'leave that option of XADD out'];
  if (WAITING.has(name) && upper.at(-1) === '0' && Number(upper.at(-2)) > 0)
    return ['where a replica stops following it waits for ever', 'give it a timeout in milliseconds'];
  if (name === 'XREAD' && upper.includes('BLOCK') && upper.slice(upper.indexOf('STREAMS')).includes('$'))
    return [
      'with $ it waits for what comes after it has arrived, and what came just before is lost',
      'read on from the id of the last entry that was seen, or from 0',
    ];
  const by = upper.indexOf('BY');
  if (name.startsWith('SORT') && by > 1 && !upper[by + 1]?.includes('*'))
    return ['what it answers has no order', 'sort by what the elements are, or by a pattern with a *'];
  return undefined;
}

export function refusal(
  named: readonly string[],
  where: string,
  [why, remedy]: [string, string],
): CannotExplore {
  return new CannotExplore(`${where} ${named.join(' ')}, which cannot be explored: ${why}`, remedy);
}

const OF_CONNECTION = new Set(['MULTI', 'UNWATCH', 'DISCARD', 'QUIT', 'RESET']);

/** Whether the command only touches its own connection's state when it runs, whatever the others do. */
export function isLocal(args: readonly string[], inTransaction: boolean): boolean {
  const name = args[0]!.toUpperCase();
  if (name === 'EXEC') return false;
  return inTransaction || OF_CONNECTION.has(name);
}

/** Bodies of the scripts that a command may load. */
export function scriptBodies(args: readonly string[]): string[] {
  const name = args[0]!.toUpperCase();
  if (name === 'EVAL' || name === 'EVAL_RO') return [args[1] ?? ''];
  if (name === 'SCRIPT' && args[1]?.toUpperCase() === 'LOAD') return [args[2] ?? ''];
  return [];
}
