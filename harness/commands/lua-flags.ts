import { Option } from 'commander';
import type { LuaCall } from '../documents/lua.ts';
import { UsageError } from '../ground/errors.ts';
import { isLua } from '../ground/lua-file.ts';
import { ignoredFlag } from '../terminal/options.ts';

/** How a Lua script is called, as it is typed. */
export interface LuaFlags {
  keys?: string;
  args?: string;
  sold?: string;
  soldOut?: string;
  open?: string;
  left?: string;
}

export const luaOptions: readonly Option[] = [
  new Option(
    '--keys <list>',
    'of a Lua script: its KEYS, the stock first, as stock:{sku},bought:{user}. Placeholders: {sku} {user} {request} {quantity} {stock}',
  ),
  new Option('--args <list>', 'of a Lua script: its ARGV, as quantity,user,60 (default: none)'),
  new Option(
    '--sold <list>',
    "of a Lua script: answers that mean sold, as 1 or '>=0' or OK (default: a number from 1 on)",
  ),
  new Option(
    '--sold-out <list>',
    'of a Lua script: answers that mean sold-out (default: -1,nil; with --sold 0,-1,nil)',
  ),
  new Option(
    '--open <commands>',
    "of a Lua script: what creates the sale, separated by semicolons, as 'HSET product:{sku} stock {stock}' (default: SET <first key> {stock})",
  ),
  new Option(
    '--left <command>',
    "of a Lua script: what reads how many units are left, as 'HGET product:{sku} stock' (default: GET <first key>)",
  ),
];

/**
 * @param named the argument of the command
 * @param given flags that were typed
 * @returns undefined if it names no script
 * @throws UsageError if it is not said how a script is called, or of anything else it is
 */
export function luaCallOf(
  named: string,
  { keys, args, sold, soldOut, open, left }: LuaFlags,
  given: ReadonlySet<string>,
): LuaCall | undefined {
  if (!isLua(named)) {
    const flag = luaOptions.find(({ long }) => given.has(long!))?.long;
    if (flag == null) return undefined;
    throw ignoredFlag(flag, `it says how a Lua script is called, and ${named} is none`);
  }
  if (keys === undefined) {
    throw new UsageError(
      'BAD_LUA_CALL',
      `${named}: it is not said which keys the script gets`,
      `give them with --keys, the stock first, and what else it gets with --args: --keys 'stock:{sku}' --args quantity,user`,
    );
  }
  return {
    keys: listed(keys),
    args: args === undefined ? [] : listed(args),
    ...(sold !== undefined && { sold: listed(sold) }),
    ...(soldOut !== undefined && { soldOut: listed(soldOut) }),
    ...(open !== undefined && { open }),
    ...(left !== undefined && { left }),
  };
}

/** Parts between commas, of which one in double quotes may have some. */
const listed = (text: string): string[] =>
  text.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((one) => one.trim());
