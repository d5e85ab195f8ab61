import { afterAll } from 'vitest';
import { runLoad } from '../../harness/load/driver.ts';
import type { LoadOptions } from '../../harness/load/run-options.ts';
import { SessionPool } from '../../harness/load/pool.ts';
import type { LoadRun } from '../../harness/load/summary.ts';
import { loadStrategy, type StrategyRef } from '../../harness/loader/strategies.ts';
import type { RedisTarget } from '../../harness/redis/target.ts';
import { seed } from './seed.ts';

/** What a test says of a sale; its strategy by name, or by file and export. */
export type GivenLoad = Omit<LoadOptions, 'target' | 'seed' | 'strategy'> & { strategy: StrategyRef };

/** One sale after the other, on threads that the tests of a file share, as the sales of a session do. */
export function loading(redis: { target: RedisTarget }): (options: GivenLoad) => Promise<LoadRun> {
  const pool = new SessionPool();
  afterAll(() => pool[Symbol.asyncDispose]());
  return async (options) => {
    const { inFlight = 64, arrivals, workers = Math.min(arrivals ? 1 : 2, inFlight) } = options;
    const strategy = await loadStrategy(options.strategy);
    const load = { ...options, strategy, workers, target: redis.target, seed };
    return pool.lend(workers, (threads) => runLoad(load, threads));
  };
}
