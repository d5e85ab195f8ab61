import type { LuaCall } from '../documents/lua.ts';
import { UsageError } from '../ground/errors.ts';
import { checkFile } from './file.ts';
import { fromLua } from '../lua/from-lua.ts';
import type { Strategy } from '../../strategies/contract.ts';

/**
 * The strategy of a script that is named by its path.
 * @param call how it is called; absent where nobody could say
 * @throws UsageError
 */
export function luaStrategy(path: string, call: LuaCall | undefined): Strategy {
  checkFile(path, ['.lua']);
  if (call) return fromLua(path, call);
  throw new UsageError(
    'LUA_ALONE',
    `${path} is a Lua script, and here nobody says how it is called`,
    `export fromLua(new URL('./…', import.meta.url), { keys, args }) of oversell/lua from a .ts file, and name that; explore and watch take the script itself, with --keys and --args`,
  );
}
