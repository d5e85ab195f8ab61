import type { CounterexampleStep } from './counterexample.ts';

/** What the commands of a counterexample touch, and what the code that sent them does already. */

/** A command of the path. `at`: the step in which it takes effect, of what MULTI queues that of its EXEC. */
export interface Sent {
  at: number;
  actor: string;
  name: string;
  /** Without the name. */
  args: readonly string[];
  keys: readonly string[];
  touch: 'read' | 'write' | 'script' | 'session';
  reply: string;
  queued: boolean;
  /** False where it answered an error, or was queued and never executed. */
  ran: boolean;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const SCRIPTS = words('EVAL EVALSHA EVAL_RO EVALSHA_RO FCALL FCALL_RO');
/** About a connection or the server, not about the sale. */
const SESSION = words(
  'MULTI EXEC DISCARD WATCH UNWATCH WAIT WAITAOF PING ECHO SELECT SCRIPT FUNCTION COMMAND INFO TIME',
);
const READS = words(
  'GET MGET GETRANGE STRLEN EXISTS TYPE TTL PTTL EXPIRETIME PEXPIRETIME KEYS SCAN RANDOMKEY DBSIZE ' +
    'HGET HMGET HGETALL HKEYS HVALS HLEN HEXISTS HSTRLEN HSCAN LLEN LRANGE LINDEX LPOS ' +
    'SCARD SISMEMBER SMISMEMBER SMEMBERS SRANDMEMBER SSCAN ZCARD ZCOUNT ZRANGE ZRANGEBYSCORE ' +
    'ZREVRANGE ZRANK ZSCORE ZMSCORE ZSCAN XLEN XRANGE XREVRANGE XREAD XPENDING XINFO BITCOUNT GETBIT',
);
/** Asked of a store beside Redis, whose name is the first argument, and the call the second. */
export const BESIDE = 'OUTSIDE';
const BESIDE_READS = words('find rows messages');
/** Each argument is a key. */
const ALL_KEYS = words('DEL UNLINK EXISTS MGET WATCH TOUCH');
const TWO_KEYS = words('LMOVE RPOPLPUSH SMOVE RENAME RENAMENX COPY');

/** In the order in which they take effect. */
export function commandsOf(steps: readonly CounterexampleStep[]): Sent[] {
  const sent: Sent[] = [];
  const waiting = new Map<string, Sent[]>();
  for (const [at, { actor, event, command, reply = '' }] of steps.entries()) {
    if (event !== 'execute' || !command) continue;
    const [name = '', ...args] = command;
    const queued = reply === 'QUEUED';
    const ran = !queued && !reply.startsWith('(error)');
    const one: Sent = {
      at,
      actor,
      name,
      args,
      keys: keysOf(name, args),
      touch: touchOf(name, args),
      reply,
      queued,
      ran,
    };
    sent.push(one);
    const batch = waiting.get(actor) ?? [];
    if (queued) waiting.set(actor, [...batch, one]);
    if (name !== 'EXEC' && name !== 'DISCARD') continue;
    for (const each of batch) Object.assign(each, { at, ran: name === 'EXEC' && ran && reply !== 'nil' });
    waiting.delete(actor);
  }
  return sent.toSorted((a, b) => a.at - b.at);
}

function touchOf(name: string, [, call = '']: readonly string[]): Sent['touch'] {
  if (name === BESIDE) return BESIDE_READS.has(call) ? 'read' : 'write';
  if (SCRIPTS.has(name)) return 'script';
  if (SESSION.has(name)) return 'session';
  return READS.has(name) ? 'read' : 'write';
}

function keysOf(name: string, args: readonly string[]): readonly string[] {
  if (SCRIPTS.has(name)) return args.slice(2, 2 + Number(args[1]));
  if (ALL_KEYS.has(name)) return args;
  return SESSION.has(name) ? [] : args.slice(0, TWO_KEYS.has(name) ? 2 : 1);
}

/** Most characters of a command in a sentence. */
const WIDEST = 40;

/** As a sentence names it; of a script the text or the digest goes unsaid. */
export function inWords(one: Sent): string {
  const { name, args, keys, touch } = one;
  if (isBeside(one)) return `${args[1]} of ${args[0]}`;
  const said = touch === 'script' ? [name, '…', ...keys.slice(0, 1)] : [name, ...args];
  const text = said.join(' ').replaceAll(/\s+/g, ' ');
  return text.length <= WIDEST ? text : `${text.slice(0, WIDEST - 1)}…`;
}

/** Who did it, in a sentence. */
export function who(actor: string): string {
  if (/^[A-Z]{2,}$/.test(actor)) return `the process of ${actor.split('').join(' and ')}`;
  if (/^[A-Z]$/.test(actor)) return actor;
  return SAID[actor] ?? `the ${actor}`;
}

const SAID: Readonly<Record<string, string>> = { retry: 'the process that was asked again' };

/** "A's GET {item}:stock" */
export const whose = (one: Sent): string =>
  /^[A-Z]$/.test(one.actor) ? `${one.actor}'s ${inWords(one)}` : `${inWords(one)} of ${who(one.actor)}`;

export const sells = (actor: string): boolean => /^([A-Z]+|retry)$/.test(actor);

/** The ids that an exploration gives, wherever they stand. */
const REQUEST = /request-[A-Z]/;
const BUYER = /(request|user)-[A-Z]/;
export const namesRequest = ({ args }: Sent): boolean => args.some((arg) => REQUEST.test(arg));
export const namesBuyer = ({ args }: Sent): boolean => args.some((arg) => BUYER.test(arg));

/** `SET key value NX`, as a lock or a mark is set; with or without a time to live. */
export const marks = ({ name, args }: Sent): boolean =>
  name === 'SETNX' || (name === 'SET' && args.slice(2).some((arg) => arg.toUpperCase() === 'NX'));

/** What a client writes where it finds nothing. */
const FILLS = words('SET SETNX SETEX PSETEX MSET HSET HSETNX HMSET RPUSH LPUSH SADD ZADD');
export const fills = ({ name }: Sent): boolean => FILLS.has(name);

const hasDeadline = ({ args }: Sent): boolean => args.some((arg) => /^(EX|PX|EXAT|PXAT)$/i.test(arg));

/**
 * What the code does already, as far as the path shows it.
 *
 * `one-script`: whatever a purchase sends is a script. `remembers-requests`: a script is given the requestId, and no
 * command beside it is. `watches`: it sends WATCH. `waits`: it sends WAIT. `marks-end`: each lock or mark has a time to live.
 */
export type Habit = 'one-script' | 'remembers-requests' | 'watches' | 'waits' | 'marks-end';

export function habitsOf(sent: readonly Sent[]): ReadonlySet<Habit> {
  const own = sent.filter((one) => sells(one.actor) && one.touch !== 'session' && !isBeside(one));
  const [scripts, plain] = [own.filter(isScript), own.filter((one) => !isScript(one))];
  const habits: [Habit, boolean][] = [
    ['one-script', scripts.length > 0 && plain.length === 0],
    ['remembers-requests', scripts.some(namesRequest) && !plain.some(namesRequest)],
    ['watches', sent.some(({ name }) => name === 'WATCH')],
    ['waits', sent.some(({ name }) => name === 'WAIT')],
    ['marks-end', plain.some(marks) && plain.filter(marks).every(hasDeadline)],
  ];
  return new Set(habits.flatMap(([habit, has]) => (has ? [habit] : [])));
}

export const changes = ({ touch }: Sent): boolean => touch === 'write' || touch === 'script';
/** Asked of a store beside Redis. */
export const isBeside = ({ name }: Sent): boolean => name === BESIDE;
export const isScript = ({ touch }: Sent): boolean => touch === 'script';
