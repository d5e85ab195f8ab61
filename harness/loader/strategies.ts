import { resolve } from 'node:path';
import type { Strategy } from '../../strategies/contract.ts';
import { registry } from '../../strategies/registry.ts';
import { adapterOf } from '../adapters/adapter.ts';
import type { LuaCall } from '../documents/lua.ts';
import { UsageError } from '../ground/errors.ts';
import { chooseOne } from '../ground/similar.ts';
import { isLua } from '../ground/lua-file.ts';
import type { Loading as FileLoading } from './file.ts';

/** Where a strategy comes from; plain data, so that every worker can load it for itself. */
export type StrategyRef = { name: string } | { path: string; export?: string };

/** A strategy that was chosen: resolved once, and handed on. `ref` is how a worker finds it again. */
export interface LoadedStrategy {
  ref: StrategyRef;
  strategy: Strategy;
  /** The user's file, absolute; absent for a built-in. */
  path?: string;
  /** If that is a Lua script: how it is called. */
  lua?: LuaCall;
  /** A package that it imports opened connections then, which were held. */
  packagesConnect?: boolean;
}

interface Loading extends FileLoading {
  /** How a Lua script that is named is called. */
  lua?: LuaCall | undefined;
}

/** What a command-line argument means: a path if it looks like one, else the name of a built-in. */
const strategyRef = (argument: string): StrategyRef =>
  /[/\\.]/.test(argument) ? { path: argument } : { name: argument };

/** The strategy of that name; or those that a file exports: all of them, or the one export that is named. */
async function loadStrategies(ref: StrategyRef, options: Loading = {}): Promise<LoadedStrategy[]> {
  if ('name' in ref) return [{ ref, strategy: builtIn(ref.name) }];
  const path = resolve(ref.path);
  if (isLua(path)) return [await loadScript(path, options.lua)];
  // Only now: what compiles and checks a user's file is as much to load as the rest of a worker.
  const { importModule, importStrategies } = await import('./file.ts');
  const { strategies: exported, packagesConnect } = await importStrategies(path, options);
  const chosen = exported.filter(({ exportName }) => ref.export === undefined || exportName === ref.export);
  if (chosen.length === 0) {
    throw new UsageError(
      'UNKNOWN_STRATEGY',
      `${path} exports no strategy as "${ref.export}"`,
      `choose one of ${exported.map(({ exportName }) => exportName).join(', ')}`,
    );
  }
  const loaded: LoadedStrategy[] = [];
  for (const { exportName, strategy } of chosen) {
    const adapter = adapterOf(strategy);
    // Looked at as the file itself is: whatever is wrong with it is told now.
    const shop = adapter?.kind === 'module' ? await importModule(adapter.file, options) : undefined;
    const connects = packagesConnect || shop?.packagesConnect;
    loaded.push({
      ref: { path, export: exportName },
      strategy,
      path,
      ...(connects && { packagesConnect: connects }),
    });
  }
  return loaded;
}

async function loadScript(path: string, lua: LuaCall | undefined): Promise<LoadedStrategy> {
  const { luaStrategy } = await import('./lua.ts');
  return { ref: { path }, strategy: luaStrategy(path, lua), path, ...(lua && { lua }) };
}

/**
 * What arguments of the command line mean together: names, and paths of files of which all strategies count; none:
 * every built-in.
 * @throws UsageError if there is none of that name, two are of one name, or a file cannot be loaded: it names file, line and
 * remedy
 */
export async function chosenStrategies(
  chosen: readonly string[],
  options: Loading = {},
): Promise<LoadedStrategy[]> {
  const names = chosen.length > 0 ? chosen : registry.map(({ strategy }) => strategy.name);
  const loaded: LoadedStrategy[] = [];
  for (const argument of names) {
    for (const one of await loadStrategies(strategyRef(argument), options)) {
      const { name } = one.strategy;
      if (loaded.some(({ strategy }) => strategy.name === name)) throw namedTwice(name);
      loaded.push(one);
    }
  }
  return loaded;
}

/** The one strategy that the reference means. @throws UsageError as `chosenStrategies`, and if there are several */
export async function loadStrategy(ref: StrategyRef, options: Loading = {}): Promise<LoadedStrategy> {
  const loaded = await loadStrategies(ref, options);
  if (loaded.length === 1) return loaded[0]!;
  throw new UsageError(
    'UNKNOWN_STRATEGY',
    `${loaded[0]!.path} exports ${loaded.length} strategies, not one`,
    `choose one of ${loaded.map(({ strategy }) => strategy.name).join(', ')}`,
  );
}

/**
 * The strategy of that name, as a counterexample tells: a built-in, one of those that a file exports, or a script.
 * @throws UsageError as `chosenStrategies`, and if the file has none of that name
 */
export async function strategyNamed(
  name: string,
  path?: string,
  options: Loading = {},
): Promise<LoadedStrategy> {
  if (path === undefined) return loadStrategy({ name });
  const found = (await loadStrategies({ path }, options)).find(({ strategy }) => strategy.name === name);
  if (found) return found;
  throw new UsageError(
    'UNKNOWN_STRATEGY',
    `${path} no longer exports a strategy "${name}"`,
    'explore it again',
  );
}

/** Results, files and comparisons go by the name. */
const namedTwice = (name: string): UsageError =>
  new UsageError(
    'DUPLICATE_NAME',
    `two of the strategies are named "${name}"`,
    'name each once, and give a copy a name of its own',
  );

function builtIn(name: string): Strategy {
  const found = registry.find(({ strategy }) => strategy.name === name);
  if (found) return found.strategy;
  const names = registry.map(({ strategy }) => strategy.name);
  throw new UsageError(
    'UNKNOWN_STRATEGY',
    `there is no strategy "${name}"`,
    `${chooseOne(name, names, 'oversell list names all')}, or give a path to your own`,
  );
}
