import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Strategy } from '../strategies/contract.ts';
import { registry } from '../strategies/registry.ts';
import { UsageError } from './errors.ts';

/** Where a strategy comes from; plain data, so that every worker can load it for itself. */
export type StrategyRef = { name: string } | { path: string; export?: string };

/** @throws UsageError if there is no such strategy. */
export async function loadStrategy(ref: StrategyRef): Promise<Strategy> {
  return 'name' in ref ? builtIn(ref.name) : fromFile(ref.path, ref.export);
}

function builtIn(name: string): Strategy {
  const found = registry.find(({ strategy }) => strategy.name === name);
  if (found) return found.strategy;
  throw new UsageError(
    'UNKNOWN_STRATEGY',
    `there is no strategy "${name}"`,
    `choose one of ${registry.map(({ strategy }) => strategy.name).join(', ')}, or give a path to your own`,
  );
}

async function fromFile(path: string, wanted?: string): Promise<Strategy> {
  const url = pathToFileURL(resolve(path)).href;
  const module = (await import(url)) as Record<string, unknown>;
  const exported = Object.entries(module).filter(([, value]) => isStrategy(value));
  const chosen = wanted === undefined ? exported : exported.filter(([name]) => name === wanted);
  if (chosen.length === 1) return chosen[0]![1] as Strategy;
  const names = exported.map(([name]) => name).join(', ') || 'none';
  throw new UsageError(
    'UNKNOWN_STRATEGY',
    `${path} exports ${chosen.length} strategies${wanted === undefined ? '' : ` named "${wanted}"`}, not one`,
    `export an object with name, connection, open and seller (found: ${names})`,
  );
}

function isStrategy(value: unknown): boolean {
  const strategy = value as Partial<Strategy> | null;
  return (
    typeof strategy === 'object' &&
    typeof strategy?.open === 'function' &&
    typeof strategy.seller === 'function'
  );
}
