import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PROPERTIES } from '../../strategies/contract.ts';
import { shownEvidence, worst, type Judgement } from '../checkers/checker.ts';
import { judge } from '../checkers/judge.ts';
import type { Keeper } from '../documents/write-file.ts';
import { describeMachine } from '../documents/machine.ts';
import type { ServiceBench, ServiceTotals } from '../documents/service-figures.ts';
import { writeHistory } from '../history/jsonl.ts';
import type { ProvisionOptions } from '../redis/find/find-server.ts';
import type { LossListener } from '../redis/server-watch.ts';
import { redisFor, type ServiceRedis } from '../service/redis-for-service.ts';
import { startService, type RunningService } from '../service/running-service.ts';
import { buyersPool, planServiceSale, sellOverHttp, type ServiceSaleOptions } from '../service/sale.ts';
import type { ServiceFile } from '../service/service-file.ts';
import { totalsOf } from '../service/totals.ts';
import { rowOf, type Trial } from './row.ts';
import { untilAborted } from './trials.ts';

export interface ServiceBenchOptions
  extends Omit<ServiceSaleOptions, 'stock' | 'quantities'>, ProvisionOptions {
  file: ServiceFile;
  /** Sales, one after the other, each of another product. */
  trials: number;
  /** Units. Default: half as many as there are buyers, so that the sale comes to its end; without buyers, plenty. */
  stock?: number;
  /** Told when the Redis of the service ends or stands still without our doing. */
  loss?: LossListener;
  /** Folder for the history of the last sale, `<service>.jsonl`. */
  historyFolder?: string;
  /** Knows whether it could not be written. Default: the session fails. */
  keeper?: Keeper;
  /** Told what is done next; sale 0: before the first. */
  onSale: (what: string, sale: number) => void;
  onProgress: (line: string) => void;
}

const PLENTY = 10_000_000;
const SECONDS = 10;
const JUDGE_MS = 60_000;

/** What the sales so far came to. */
interface Sales {
  trials: Trial[];
  judgements: Judgement[];
  last: ServiceTotals | undefined;
}

/**
 * Starts a service, sells large sales over HTTP, and judges each.
 *
 * @throws UsageError if options or file make no sense; EnvironmentError if the service, Redis or a worker fails
 */
export async function benchService(options: ServiceBenchOptions): Promise<ServiceBench> {
  const { file, signal, historyFolder, keeper, onSale, onProgress } = options;
  const sale = saleOf(options);
  const { workers } = planServiceSale(file, sale); // before anything is started
  if (historyFolder !== undefined) await mkdir(historyFolder, { recursive: true });
  onSale(`starting ${file.name}`, 0);
  const redis = await redisFor(file, options);
  const sales: Sales = { trials: [], judgements: [], last: undefined };
  let running: RunningService | undefined;
  try {
    running = await startService({
      file,
      ...(redis && { redisPort: redis.port }),
      onProgress,
      ...(signal && { signal }),
    });
    const pool = buyersPool(workers);
    try {
      for (let trial = 1; trial <= options.trials; trial++) {
        if (signal?.aborted) break;
        onSale(file.name, trial);
        await untilAborted(signal, () =>
          sellAndJudge(running!, { sale, sales, pool, historyFolder, keeper }),
        );
      }
    } finally {
      await pool.close();
    }
    return documentOf(options, sale, { running, redis, sales });
  } finally {
    await running?.close();
    await redis?.close();
  }
}

/** A load that is told nothing ends by itself. */
function saleOf(options: ServiceBenchOptions): ServiceSaleOptions {
  const { seconds = options.buyers === undefined ? SECONDS : undefined, buyers, stock } = options;
  const plenty = buyers === undefined ? PLENTY : Math.ceil(buyers / 2);
  const { inFlight, workers, users, perUserLimit, arrivals, seed, signal } = options;
  return {
    seed,
    stock: stock ?? plenty,
    ...(buyers !== undefined && { buyers }),
    ...(seconds !== undefined && { seconds }),
    ...(inFlight !== undefined && { inFlight }),
    ...(workers !== undefined && { workers }),
    ...(users !== undefined && { users }),
    ...(perUserLimit !== undefined && { perUserLimit }),
    ...(arrivals && { arrivals }),
    ...(signal && { signal }),
  };
}

interface Around {
  sale: ServiceSaleOptions;
  sales: Sales;
  pool: ReturnType<typeof buyersPool>;
  historyFolder: string | undefined;
  keeper: Keeper | undefined;
}

async function sellAndJudge(
  running: RunningService,
  { sale, sales, pool, historyFolder, keeper }: Around,
): Promise<void> {
  const { history, ...trial } = await sellOverHttp(running, sale, { pool });
  sales.trials.push(trial);
  sales.judgements.push(judge(history, { timeoutMs: JUDGE_MS }));
  sales.last = totalsOf({ history, ...trial });
  if (historyFolder === undefined) return;
  const write = (): Promise<void> =>
    writeHistory(join(historyFolder, `${fileNameOf(running)}.jsonl`), history);
  await (keeper ? keeper.keepSoon(write) : write());
}

const fileNameOf = ({ file }: RunningService): string => file.name.replaceAll(/[^\w.-]+/g, '-');

interface Known {
  running: RunningService;
  redis: ServiceRedis | undefined;
  sales: Sales;
}

function documentOf(
  { file, arrivals }: ServiceBenchOptions,
  { seed, stock, buyers, users, perUserLimit }: ServiceSaleOptions,
  { running, redis, sales: { trials, judgements, last } }: Known,
): ServiceBench {
  const row = trials.length === 0 ? undefined : rowOf(trials, judgements, NO_REFERENCES, arrivals ?? null);
  const shown = judgements.find((one) => verdictOf(one) === 'violated') ?? judgements.at(-1);
  return {
    service: { name: file.name, url: running.url, startedHere: file.service.start !== undefined },
    coverage: 'sampled',
    environment: describeMachine(redis?.description ?? "the service's own"),
    seed,
    sale: { stock, buyers: buyers ?? null, users: users ?? null, perUserLimit: perUserLimit ?? null },
    strategies: row ? [row] : [],
    last: last ?? null,
    verdict: row?.verdict ?? 'inconclusive',
    evidence: shown ? PROPERTIES.flatMap((property) => shown[property].evidence.map(shownEvidence)) : [],
  };
}

const NO_REFERENCES = { ceiling: undefined, baseline: undefined };
const verdictOf = (judgement: Judgement): string =>
  worst(PROPERTIES.map((property) => judgement[property].verdict));
