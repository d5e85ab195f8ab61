import { CannotExplore } from '../cannot-explore.ts';
import { WAITING } from '../../wire/handshake.ts';

/** How the explorer treats a command. Everything that is not listed here runs on the real server, as it is. */

const BLOCKING = ['BLPOP', 'BRPOP', 'BLMOVE', 'BLMPOP', 'BRPOPLPUSH', 'BZPOPMIN', 'BZPOPMAX', 'BZMPOP'];
const PUBSUB = ['SUBSCRIBE', 'PSUBSCRIBE', 'SSUBSCRIBE', 'UNSUBSCRIBE', 'PUNSUBSCRIBE', 'SUNSUBSCRIBE'];
const RANDOM = ['SPOP', 'SRANDMEMBER', 'HRANDFIELD', 'ZRANDMEMBER', 'RANDOMKEY'];
const CLOCK = [
  'TIME',
  'TTL',
  'PTTL',
  'EXPIRETIME',
  'PEXPIRETIME',
  'OBJECT',
  'LASTSAVE',
  'XPENDING',
  'XCLAIM',
  'XAUTOCLAIM',
];
const ADMINISTRATION =
  'QUIT CLIENT MONITOR CONFIG DEBUG SHUTDOWN REPLICAOF SLAVEOF FAILOVER CLUSTER ASKING SYNC PSYNC RESET SLOWLOG ' +
  'LATENCY MEMORY ACL MODULE BGSAVE SAVE BGREWRITEAOF HELLO AUTH READONLY READWRITE';

const reasons = new Map<string, [why: string, remedy: string]>();
const refuse = (names: string[], why: string, remedy: string): void => {
  for (const name of names) reasons.set(name, [why, remedy]);
};
refuse(
  BLOCKING,
  'it blocks, and time is virtual here',
  'poll with the command that does not block, in runJob',
);
refuse(PUBSUB, 'its messages arrive without a request', 'keep what decides a sale in keys');
refuse(
  RANDOM,
  'its answer is drawn by the server',
  'take a determined member (LPOP, ZPOPMIN), or choose with env.pick',
);
refuse(CLOCK, 'its answer depends on the clock of the server', 'pass the time in from env.now()');
refuse(
  ['SELECT', 'SWAPDB', 'MOVE'],
  'the explorer keeps the sale in database 0',
  'leave the database to the client options',
);
refuse(['INFO'], 'it tells of the server, not of the sale', 'keep what decides a sale in keys');
refuse(
  ADMINISTRATION.split(' '),
  'it changes the connection or the server, not the sale',
  'leave it to the client options',
);

/** @throws CannotExplore if the command's reply is no function of server state, connection state and command */
export function requireExplorable(args: readonly string[], where = 'it sends'): void {
  const name = args[0]!.toUpperCase();
  const reason = reasons.get(name);
  if (reason) throw refusal(args, where, reason[0], reason[1]);
  const upper = args.map((arg) => arg.toUpperCase());
  if (name === 'COPY' && upper.includes('DB')) {
    throw refusal(args, where, 'the explorer keeps the sale in database 0', 'copy within the database');
  }
  if (name === 'XADD') {
    const id = args.find((arg, i) => i >= 2 && /^(\*|\d+(-(\d+|\*))?)$/.test(arg));
    if (id === '*')
      throw refusal(args, where, 'the server takes the id from its clock', 'write the id as 0-* (Redis 7.0)');
  }
  if (WAITING.has(name) && args.at(-1) === '0' && Number(args.at(-2)) > 0) {
    throw refusal(args, where, 'without a replica it waits for ever', 'give it a timeout in milliseconds');
  }
  if ((name === 'XREAD' || name === 'XREADGROUP') && upper.includes('BLOCK')) {
    throw refusal(args, where, 'BLOCK waits in real time', 'poll without BLOCK, in runJob');
  }
}

function refusal(args: readonly string[], where: string, why: string, remedy: string): CannotExplore {
  return new CannotExplore(`${where} ${args[0]!.toUpperCase()}, which cannot be explored: ${why}`, remedy);
}

/** Whether the command only touches its own connection's state when it runs, whatever the others do. */
export function isLocal(args: readonly string[], inTransaction: boolean): boolean {
  const name = args[0]!.toUpperCase();
  if (name === 'EXEC') return false;
  return inTransaction || name === 'MULTI' || name === 'UNWATCH' || name === 'DISCARD';
}

/** Bodies of the scripts that a command may load. */
export function scriptBodies(args: readonly string[]): string[] {
  const name = args[0]!.toUpperCase();
  if (name === 'EVAL' || name === 'EVAL_RO') return [args[1] ?? ''];
  if (name === 'SCRIPT' && args[1]?.toUpperCase() === 'LOAD') return [args[2] ?? ''];
  return [];
}
