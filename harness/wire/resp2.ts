import { messageEnd } from './resp.ts';

/**
 * Replies as a client that speaks RESP2 gets them, made of those in RESP3: the explorer asks its server in one protocol,
 * whatever its clients speak. Each type has its counterpart; some commands nest what RESP2 lists flat, or the other way round.
 * Source: https://redis.io/docs/latest/develop/reference/protocol-spec/ and the replies of commands by protocol there.
 */

/** Those that pair members with scores or values, which are flat in RESP2. */
const PAIRING = new Set(
  [
    'ZRANGE ZREVRANGE ZRANGEBYSCORE ZREVRANGEBYSCORE ZINTER ZUNION ZDIFF ZRANDMEMBER HRANDFIELD ZPOPMIN ZPOPMAX',
  ].flatMap((names) => names.split(' ')),
);

/** Those that map keys to lists, each of which is a pair in RESP2. */
const MAPPING = new Set(['XREAD', 'XREADGROUP']);

/** @param reply one message; @param args the command that it answers */
export function inResp2(reply: string, args: readonly string[]): string {
  const name = args[0]!.toUpperCase();
  if (MAPPING.has(name) && reply[0] === '%') return array(pairs(elements(reply).map(plain)));
  if (PAIRING.has(name) && reply[0] === '*')
    return array(
      elements(reply)
        .flatMap((one) => (one[0] === '*' ? elements(one) : [one]))
        .map(plain),
    );
  return plain(reply);
}

/** @param queued the commands that it ran */
export function execInResp2(reply: string, queued: readonly (readonly string[])[]): string {
  if (reply[0] === '_') return NO_ARRAY;
  if (reply[0] !== '*') return plain(reply);
  return array(elements(reply).map((one, i) => (queued[i] ? inResp2(one, queued[i]) : plain(one))));
}

const NO_ARRAY = '*-1\r\n';
const NO_BULK = '$-1\r\n';

function plain(reply: string): string {
  const line = reply.slice(1, reply.indexOf('\r\n'));
  switch (reply[0]) {
    case '_':
      return NO_BULK;
    case '#':
      return line === 't' ? ':1\r\n' : ':0\r\n';
    case ',':
    case '(':
      return bulk(line);
    case '=':
      // What kind of text it is stands before it, in four characters.
      return bulk(reply.slice(reply.indexOf('\r\n') + 6, -2));
    case '!':
      return `-${reply.slice(reply.indexOf('\r\n') + 2)}`;
    case '*':
    case '~':
    case '>':
    case '%':
      return array(elements(reply).map(plain));
    default:
      return reply;
  }
}

/** The messages of which an array, a set or a map consists. */
function elements(reply: string): string[] {
  const parts: string[] = [];
  for (let at = reply.indexOf('\r\n') + 2; at < reply.length;) {
    const end = messageEnd(reply, at);
    parts.push(reply.slice(at, end));
    at = end;
  }
  return parts;
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const array = (parts: readonly string[]): string => `*${parts.length}\r\n${parts.join('')}`;

const pairs = (parts: readonly string[]): string[] =>
  parts.flatMap((part, i) => (i % 2 === 0 ? [array([part, parts[i + 1]!])] : []));
