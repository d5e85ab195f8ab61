import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PROPERTIES, type Environment, type Guarantees, type Property } from '../../strategies/contract.ts';
import { cannotWrite, type Keeper } from '../documents/write-file.ts';
import { worst, type Judgement } from '../checkers/checker.ts';
import { judge } from '../checkers/judge.ts';
import { writeHistory } from '../history/jsonl.ts';
import { OUTCOMES } from '../documents/vocabulary.ts';
import type { Operation } from '../history/operation.ts';
import { isLoss } from '../ground/errors.ts';
import type { LoadOptions } from '../load/run-options.ts';
import { runLoad } from '../load/driver.ts';
import { Failures } from '../load/failures.ts';
import type { SessionPool } from '../load/pool.ts';
import type { LoadRun } from '../load/summary.ts';
import { seededRandom } from '../ground/random.ts';
import type { RedisTarget } from '../redis/target.ts';
import type { Cell, EnvironmentResult, SampledScope } from '../documents/result.ts';
import type { SampledSale } from './environment-scopes.ts';
import type { LoadedStrategy } from '../loader/strategies.ts';

/** For the checker's search, where a history has unknown outcomes. */
const SEARCH_MS = 5_000;

export interface SampleOptions {
  target: RedisTarget;
  pool: SessionPool;
  /** How often the sale is sold. */
  histories: number;
  /** Where every recorded operation is kept, and who knows of it where it cannot be. */
  folder?: string;
  keeper?: Keeper;
  seed: number;
  signal: AbortSignal;
}

/** Sells the same sale several times, and judges each history. @returns undefined if it was interrupted in the first */
export async function sampleSale(
  loaded: LoadedStrategy,
  { environment, scope, limit }: SampledSale,
  { target, pool, histories, folder, keeper, seed, signal }: SampleOptions,
): Promise<EnvironmentResult | undefined> {
  const { strategy } = loaded;
  const limited = strategy.supports?.includes('limit') ? { ...scope, ...limit } : scope;
  const { instances: workers, ...load } = limited;
  const random = seededRandom(seed).fork(`${strategy.name} ${environment}`);
  const sales: JudgedSale[] = [];
  for (let i = 1; i <= histories; i++) {
    const options = { target, strategy: loaded, ...load, workers, seed: random.below(2 ** 31), signal };
    const sold = await soldOnce(pool, options, workers);
    if (sold === undefined) break;
    if (folder !== undefined) {
      const file = join(folder, `${strategy.name}-${environment}-${i}.jsonl`);
      await keeper?.keepSoon(async () => {
        await mkdir(folder, { recursive: true }).catch((error: unknown) => {
          throw cannotWrite(folder, error);
        });
        await writeHistory(file, sold.history);
      });
    }
    sales.push({ run: sold, judgement: judge(sold.history, { timeoutMs: SEARCH_MS }) });
  }
  return sales.length === 0 ? undefined : summarise(environment, limited, strategy.guarantees ?? {}, sales);
}

/** @returns undefined if the run was interrupted meanwhile */
async function soldOnce(
  pool: SessionPool,
  options: LoadOptions & { signal: AbortSignal },
  workers: number,
): Promise<LoadRun | undefined> {
  try {
    const sold = await pool.lend(workers, (threads) => runLoad(options, threads));
    return options.signal.aborted ? undefined : sold;
  } catch (error) {
    if (!isLoss(options.signal.reason)) throw error;
    return undefined;
  }
}

/** One recorded sale, and what the checkers say of it. */
interface JudgedSale {
  run: Pick<LoadRun, 'outcomes' | 'errors'>;
  judgement: Judgement;
}

/** Evidence kept per cell, the worst first; the histories have the rest. */
const KEPT = 3;

/** What recorded sales of one scope say together. They are a sample of its orderings, however many there are. */
function summarise(
  environment: Environment,
  scope: SampledScope,
  guarantees: Guarantees,
  sales: readonly JudgedSale[],
): EnvironmentResult {
  const failures = new Failures();
  for (const failure of sales.flatMap(({ run }) => run.errors)) failures.add(failure);
  const judgements = sales.map(({ judgement }) => judgement);
  return {
    environment,
    coverage: 'sampled',
    scope,
    histories: sales.length,
    outcomes: recordOf(OUTCOMES, (outcome) => sales.reduce((sum, { run }) => sum + run.outcomes[outcome], 0)),
    failures: failures.list(),
    properties: recordOf(PROPERTIES, (property) =>
      cellOf(judgements, property, guarantees[property]?.[environment]),
    ),
  };
}

function cellOf(judgements: readonly Judgement[], property: Property, declared: Cell['declared']): Cell {
  const told = judgements.map((judgement) => judgement[property]).filter(({ verdict }) => verdict !== 'n/a');
  const verdict = told.length === 0 ? 'n/a' : worst(told.map((one) => one.verdict));
  const evidence = told
    .filter((one) => one.verdict === verdict)
    .flatMap((one) => one.evidence)
    .toSorted((a, b) => (b.units ?? 0) - (a.units ?? 0));
  return {
    verdict,
    ...(declared !== undefined && { declared }),
    evidence: evidence.slice(0, KEPT).map(({ message, units, requests, operations }) => ({
      message,
      ...(units !== undefined && { units }),
      ...(requests !== undefined && { requests: [...requests] }),
      operations: operations.map(closed),
    })),
  };
}

/** JSON knows no infinity: an operation that never completed has no completion there. */
function closed({ completed, ...operation }: Operation): Cell['evidence'][number]['operations'][number] {
  return completed === Infinity ? operation : { ...operation, completed };
}

function recordOf<K extends string, V>(keys: readonly K[], value: (key: K) => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, V>;
}
