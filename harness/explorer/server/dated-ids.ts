import { createHash } from 'node:crypto';
import { decodeCommand, encodeCommand } from '../../wire/resp.ts';

/**
 * `XADD key *` takes the id from the server's clock. Here that is the clock of the explored world, so the entry is added with
 * `<now>-*`: of the same time, the next id, and of a later one `<now>-0`, just as Redis does it. (Where the clock were behind
 * what the stream has, `*` would go on from there, and this is an error: who sees it refuses the stream.)
 */

/** Where XADD is given its id: behind NOMKSTREAM, what deletes, and MAXLEN or MINID with a threshold and a LIMIT. */
export function placeOfId(args: readonly string[]): number {
  let at = 2;
  for (;;) {
    const option = args[at]?.toUpperCase();
    if (option === 'NOMKSTREAM' || option === 'KEEPREF' || option === 'DELREF' || option === 'ACKED') at += 1;
    else if (option === 'MAXLEN' || option === 'MINID') at += /^[=~]$/.test(args[at + 1] ?? '') ? 3 : 2;
    else if (option === 'LIMIT') at += 2;
    else return at;
  }
}

/** Whether the command takes an id from the server's clock. */
export const drawsId = (args: readonly string[]): boolean =>
  args[0]!.toUpperCase() === 'XADD' && args[placeOfId(args)] === '*';

/** Whether it adds an entry with an id of that time. */
export const hasIdOf = (args: readonly string[], nowMs: number): boolean =>
  args[0]!.toUpperCase() === 'XADD' && args[placeOfId(args)] === `${nowMs}-*`;

/** What a script says where its stream is ahead of the clock, for MONITOR to show. */
export const AHEAD = 'oversell:ahead';

/** The same in Lua, in one line: errors name the line they come from. `redis` is looked up at each call, as in `script-orders`. */
const preamble = (nowMs: number): string =>
  [
    'local redis=(function(real)',
    'local function dated(n,...) local a={...}',
    "if string.upper(tostring(a[1]))~='XADD' then return a,false end local at=3",
    'while true do local option=string.upper(tostring(a[at]))',
    "if option=='NOMKSTREAM' or option=='KEEPREF' or option=='DELREF' or option=='ACKED' then at=at+1",
    "elseif option=='MAXLEN' or option=='MINID' then local sign=tostring(a[at+1])",
    "if sign=='=' or sign=='~' then at=at+3 else at=at+2 end",
    "elseif option=='LIMIT' then at=at+2 else break end if at>n then break end end",
    `if a[at]~='*' then return a,false end a[at]='${nowMs}-*' return a,true end`,
    "local function calling(how) return function(...) local n=select('#',...) local a,is=dated(n,...)",
    'if not is then return real()[how](...) end',
    'local r=real().pcall(unpack(a,1,n))',
    `if type(r)=='table' and r.err and string.find(r.err,'equal or smaller',1,true) then real().call('ECHO','${AHEAD}') end`,
    "if how=='call' and type(r)=='table' and r.err then error(r) end",
    'return r end end',
    'local own={call=calling("call"),pcall=calling("pcall")}',
    'return setmetatable(own,{__index=function(_,k) return real()[k] end})',
    'end)(function() return redis end) local server=redis ',
  ].join(' ');

/** The script with that clock. A first line with `#!` stays the first. */
function scriptAt(body: string, nowMs: number): string {
  const shebang = /^#![^\n]*\n?/.exec(body)?.[0] ?? '';
  return shebang + preamble(nowMs) + body.slice(shebang.length);
}

export const digestOf = (body: string): string => createHash('sha1').update(body, 'latin1').digest('hex');

/** What is known of scripts. */
export interface Scripts {
  /** Whether a script draws ids, or may. */
  draws(digest: string, body: string): boolean;
  /** Text of the script with this digest. */
  body(digest: string): string | undefined;
  /** Whether it is loaded where the command runs. */
  isLoaded(digest: string): boolean;
}

/** A command as it is sent. */
export interface Dated {
  command: string;
  /** A script that the command would have loaded. */
  loads?: string;
  /** Digest of the script that runs, and of the one that was asked for: errors name them. */
  renamed?: readonly [instead: string, asked: string];
}

/** The command with its ids from that clock; undefined where it draws none. */
export function commandAt(command: string, nowMs: number, scripts: Scripts): Dated | undefined {
  const args = decodeCommand(command);
  if (drawsId(args)) return { command: encodeCommand(args.with(placeOfId(args), `${nowMs}-*`)) };
  const name = args[0]!.toUpperCase();
  const isDigest = name.startsWith('EVALSHA');
  if (!isDigest && name !== 'EVAL' && name !== 'EVAL_RO') return undefined;
  const body = isDigest ? scripts.body(args[1]?.toLowerCase() ?? '') : args[1];
  if (body === undefined) return undefined;
  const digest = digestOf(body);
  if (!scripts.draws(digest, body) || (isDigest && !scripts.isLoaded(digest))) return undefined;
  const instead = scriptAt(body, nowMs);
  return {
    command: encodeCommand([name.replace('SHA', ''), instead, ...args.slice(2)]),
    ...(!isDigest && { loads: body }),
    renamed: [digestOf(instead), digest],
  };
}

/** The reply as the script would have answered that was asked for. */
export const toldOf = (reply: string, renamed: readonly (readonly [string, string])[]): string =>
  /^-|\r\n-/.test(reply)
    ? renamed.reduce((text, [instead, asked]) => text.replaceAll(instead, asked), reply)
    : reply;
