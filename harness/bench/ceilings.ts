import { fileURLToPath } from 'node:url';
import { luaReserveOnce } from '../../strategies/lua-reserve-once.ts';
import type { Candidate } from './candidate.ts';
import type { Ceiling } from '../documents/figures.ts';
import { benchmark, canBenchmark, DECR, ownCommand, PIPELINED } from './redis-benchmark.ts';
import { runLoad } from '../load/driver.ts';
import { planLoad, type LoadOptions } from '../load/run-options.ts';
import type { SessionPool } from '../load/pool.ts';
import type { Measured } from './trials.ts';
import type { RedisTarget } from '../redis/target.ts';
import { loadStrategy, type StrategyRef } from '../loader/strategies.ts';

/** `decr`: one hot key at best, one command at a time and in pipelines; `all`: also each strategy's own command and the reference's. */
export type BenchCeilings = 'all' | 'decr';

/** One column of the session's rounds that is no strategy: a ceiling, or the baseline once more. */
export interface Column {
  ceiling: Omit<Ceiling, 'opsPerSecond'>;
  opsPerSecond: (number | null)[];
}

/** Sells one at a time and keeps every guarantee: who sells many at a time is compared with its script. */
const REFERENCE = luaReserveOnce;

type MeasuredColumn = Column & { measured: Measured };

/** DECR, each candidate's own command and the reference's, by redis-benchmark; and a PING by our own engine. */
export async function ceilingsOf(
  candidates: readonly Candidate[],
  options: { target: RedisTarget; ceiling?: BenchCeilings; signal?: AbortSignal },
  pool: SessionPool,
): Promise<MeasuredColumn[]> {
  const columns: MeasuredColumn[] = [];
  const { target, signal } = options;
  const [first] = candidates;
  if (!first) return columns;
  const { inFlight } = planLoad(first.load);
  if (canBenchmark(target)) {
    const commands = [DECR];
    for (const candidate of candidates) {
      const own =
        options.ceiling === 'all' ? await ownCommand(target, candidate.strategy, signal) : undefined;
      candidate.ceiling = own?.command ?? DECR.command;
      if (own) commands.push(own);
    }
    if (options.ceiling === 'all' && !candidates.some(({ strategy }) => strategy.name === REFERENCE.name)) {
      const own = await ownCommand(target, REFERENCE, signal);
      if (own) commands.push(own);
    }
    for (const repeatable of commands) {
      const alone = { clients: inFlight, pipeline: 1 };
      for (const load of [alone, PIPELINED]) {
        const ceiling = {
          tool: 'redis-benchmark',
          command: repeatable.command,
          inFlight: load.clients * load.pipeline,
          pipeline: load.pipeline,
        } as const;
        const opsPerSecond: (number | null)[] = [];
        const measure = async (): Promise<void> =>
          void opsPerSecond.push(await benchmark(target, repeatable, load, opsPerSecond.at(-1) ?? null));
        const name = `redis-benchmark ${repeatable.command}, pipeline of ${load.pipeline}`;
        columns.push({ ceiling, opsPerSecond, measured: { name, measure } });
      }
    }
  }
  columns.push(await enginesOwn(first, inFlight, pool));
  return columns;
}

/** What our own engine does at best, in a closed loop. */
async function enginesOwn({ load }: Candidate, inFlight: number, pool: SessionPool): Promise<MeasuredColumn> {
  const opsPerSecond: (number | null)[] = [];
  const { arrivals: _, ...closed } = load;
  const { workers } = planLoad(load);
  const ping: LoadOptions = { ...closed, strategy: await loadStrategy(NO_OP), inFlight, workers };
  const measure = async (): Promise<void> => {
    const { salesPerSecond } = await pool.lend(workers, (threads) => runLoad(ping, threads));
    opsPerSecond.push(salesPerSecond);
  };
  const ceiling = { tool: 'oversell', command: 'PING', inFlight, pipeline: 1 } as const;
  return { ceiling, opsPerSecond, measured: { name: 'oversell PING', measure } };
}

const NO_OP: StrategyRef = { path: fileURLToPath(import.meta.resolve('#no-op')), export: 'noOp' };
