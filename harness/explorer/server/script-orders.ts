import { decodeCommand, encodeCommand } from '../../wire/resp.ts';
import { MOST_ORDERED } from './orders.ts';

/**
 * Inside a script nobody can hand over another order of what Redis lists: it depends on the seed of the server's
 * hashes, so that two servers disagree half the time. So the script is run again with `redis.call` replaced by one that
 * rearranges what these commands answer, in every order of up to four members, and in some of more.
 */

const LISTING = 'SMEMBERS=1,SINTER=1,SUNION=1,SDIFF=1,HKEYS=1,HVALS=1,KEYS=1,HGETALL=2';
const SCANNING = 'SCAN=1,SSCAN=1,HSCAN=2,ZSCAN=2';

const FUNCTIONS =
  'log sha1hex error_reply status_reply setresp set_repl replicate_commands breakpoint debug acl_check_cmd';
const VALUES = 'register_function REDIS_VERSION REDIS_VERSION_NUM';
const CONSTANTS =
  'LOG_DEBUG=0,LOG_VERBOSE=1,LOG_NOTICE=2,LOG_WARNING=3,REPL_NONE=0,REPL_AOF=1,REPL_SLAVE=2,REPL_REPLICA=2,REPL_ALL=3';
/** The rest of `redis`, written out: while a library is loaded, Lua has no metatables. */
const REST = [
  ...FUNCTIONS.split(' ').map((name) => `${name}=function(...) return real().${name}(...) end`),
  ...VALUES.split(' ').map((name) => `${name}=real().${name}`),
  CONSTANTS,
].join(',');

/** In one line, because errors name the line they come from. `redis` is looked up at each call: a library is loaded with less of it. */
const preamble = (order: number): string =>
  [
    `local redis=(function(real) local LISTS={${LISTING}} local SCANS={${SCANNING}}`,
    'local function ordered(t,parts)',
    "if type(t)~='table' or t.err or t.ok or t.map or t.set then return t end",
    'local n=math.floor(#t/parts) local places={} for i=1,n do places[i]=i end local chosen={}',
    `local left=${order}`,
    `if n<=${MOST_ORDERED} then`,
    'local ways=1 for i=2,n do ways=ways*i end left=left%ways',
    'for i=n,1,-1 do ways=ways/i local at=math.floor(left/ways) left=left%ways table.insert(chosen,table.remove(places,at+1)) end',
    'elseif left==1 then for i=n,1,-1 do table.insert(chosen,i) end',
    'else local seed=left for i=n,1,-1 do seed=(seed*16807+11)%2147483647 table.insert(chosen,table.remove(places,seed%i+1)) end end',
    'local out={} for _,place in ipairs(chosen) do for part=1,parts do table.insert(out,t[(place-1)*parts+part]) end end',
    'return out end',
    'local function listing(how) return function(...)',
    'local r=real()[how](...) local name=string.upper(tostring((...)))',
    'if LISTS[name] then return ordered(r,LISTS[name]) end',
    "if SCANS[name] and type(r)=='table' and not r.err then return {r[1],ordered(r[2],SCANS[name])} end",
    'return r end end',
    `return {call=listing('call'),pcall=listing('pcall'),${REST}}`,
    'end)(function() return redis end) local server=redis ',
  ].join(' ');

/** The script, with what it lists in order number `order`. A first line with `#!` stays the first. */
export function scriptInOrder(body: string, order: number): string {
  const shebang = /^#![^\n]*\n?/.exec(body)?.[0] ?? '';
  return shebang + preamble(order) + body.slice(shebang.length);
}

/**
 * The command, with what its script lists in that order.
 * @param bodyOf the text of a script that is loaded, by its digest
 */
export function commandInOrder(
  command: string,
  order: number,
  bodyOf: (digest: string) => string | undefined,
): string {
  const [name, first = '', ...others] = decodeCommand(command);
  const called = name!.toUpperCase();
  const isDigest = called.startsWith('EVALSHA');
  if (!isDigest && called !== 'EVAL' && called !== 'EVAL_RO') return command;
  const body = isDigest ? bodyOf(first.toLowerCase()) : first;
  if (body === undefined) return command;
  return encodeCommand([called.replace('SHA', ''), scriptInOrder(body, order), ...others]);
}

/** An error of a script names the script by its digest, which is not that of the one that was run in its place. */
export const withoutDigests = (reply: string): string =>
  /^-|\r\n-/.test(reply) ? reply.replaceAll(/script: [0-9a-f]{40}/g, 'script: ?') : reply;
