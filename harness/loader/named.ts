import type { Strategy } from '../../strategies/contract.ts';
import { UsageError } from '../ground/errors.ts';
import { loadStrategies, loadStrategy } from './strategies.ts';

/** A built-in strategy, or the one of that name in a file. @throws UsageError if there is none */
export async function strategyNamed(name: string, path?: string): Promise<Strategy> {
  if (path === undefined) return loadStrategy({ name });
  const found = (await loadStrategies({ path })).find(({ strategy }) => strategy.name === name);
  if (found) return found.strategy;
  throw new UsageError('UNKNOWN_STRATEGY', `${path} has no strategy "${name}" any more`, 'explore it again');
}
