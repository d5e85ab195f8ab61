import type { Result, StrategyResult } from '../../harness/documents/result.ts';

/**
 * Why a strategy has nothing in an environment: `not supported`, as the strategy cannot do what happens there; or
 * `not run`, as the run ended before, or the server, or the code, did not allow it.
 *
 * @param parts what was found of the strategy in the same way
 */
export function absentWord(
  { status, strategies }: Result,
  strategy: StrategyResult,
  parts: StrategyResult['explored'] | StrategyResult['environments'],
): 'not supported' | 'not run' {
  const { skipped, notExplored, notSold, explored } = strategy;
  const why = parts === explored ? notExplored : notSold;
  if ((skipped ?? why) !== undefined || parts.length === 0) return 'not run';
  const kind = parts === explored ? 'explored' : 'environments';
  const last = strategies.findLast((one) => one[kind].length > 0);
  // Strategies come one after the other, so only the last one can have been interrupted.
  const isWhole = status === 'complete' || status === 'running' || strategy !== last;
  return isWhole ? 'not supported' : 'not run';
}
