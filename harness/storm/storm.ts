/**
 * A large sale over HTTP while what sells is killed. Read this file first: it starts a service with a Redis and consumers of
 * its own, has buyers who ask again with the same token until they are answered, and inflicts one nemesis after the other
 * (`nemesis.ts`). It says no more than what it has proof of: a fault that was not seen makes it inconclusive.
 */
import { PROPERTIES } from '../../strategies/contract.ts';
import { shownEvidence, worst } from '../checkers/checker.ts';
import { judge } from '../checkers/judge.ts';
import type { Keeper } from '../documents/write-file.ts';
import { describeMachine } from '../documents/machine.ts';
import type { Inflicted, Storm } from '../documents/storm.ts';
import type { OverallVerdict } from '../documents/vocabulary.ts';
import { systemClock as clock } from '../ground/ambient.ts';
import { within } from '../ground/waiting.ts';
import { writeHistory } from '../history/jsonl.ts';
import type { LoadRun } from '../load/summary.ts';
import type { ProvisionOptions } from '../redis/find/find-server.ts';
import type { LossListener } from '../redis/server-watch.ts';
import { redisFor } from '../service/redis-for-service.ts';
import { startService } from '../service/running-service.ts';
import type { Begun } from '../load/together.ts';
import { planServiceSale, sellOverHttp, type ServiceSaleOptions } from '../service/sale.ts';
import type { ServiceFile } from '../service/service-file.ts';
import { totalsOf } from '../service/totals.ts';
import { chosenNemeses } from './nemeses.ts';
import type { Nemesis, Victims } from './nemesis.ts';

export interface StormOptions
  extends Pick<ServiceSaleOptions, 'inFlight' | 'workers' | 'users' | 'seed' | 'signal'>, ProvisionOptions {
  file: ServiceFile;
  /** Names of nemeses. Default: all that the service's file allows. */
  faults?: readonly string[];
  /** Units. Default: more than can be sold meanwhile, as consumers have to have something to do until the last fault. */
  stock?: number;
  /** How long a step of a nemesis may take, in milliseconds. Default: a minute, as entries are claimed after seconds. */
  stepMs?: number;
  /** Told when the Redis of the service ends or stands still without our doing. */
  loss?: LossListener;
  /** Where the history goes. */
  historyFile?: string;
  /** Knows whether it could not be written. Default: the storm fails. */
  keeper?: Keeper;
  onProgress: (line: string) => void;
  /** Told which fault comes next. */
  onFault: (name: string) => void;
}

const PLENTY = 10_000_000;
/** The sale ends with the last fault; this is for one that hangs. */
const LONGEST_S = 3_600;
/** Longer than anything needs to come back. */
const PATIENCE_MS = 60_000;
const STEP_MS = 60_000;
/** The sale goes on between two faults. */
const BETWEEN_MS = 500;
const POLL_MS = 5;
const JUDGE_MS = 60_000;

/** @throws UsageError if options or file make no sense; EnvironmentError if the service, Redis or a worker fails at the start */
export async function storm(options: StormOptions): Promise<Storm> {
  const { file, signal, onProgress } = options;
  const nemeses = chosenNemeses(options.faults, file);
  const sale = saleOf(options);
  const { inFlight } = planServiceSale(file, sale); // before anything is started
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const redis = await redisFor(file, options);
    if (redis) closers.push(redis.close);
    const service = await startService({
      file,
      ...(redis && { redisPort: redis.port }),
      onProgress,
      ...(signal && { signal }),
    });
    closers.push(service.close);
    const victims: Victims = { service, ...(redis && { redis }) };
    const faults: Inflicted[] = [];
    const onStart = (begun: Begun): Promise<void> =>
      inflictAll(nemeses, victims, { options, begun, inFlight, faults });
    const run = await sellOverHttp(service, sale, { onStart });
    await kept(options, run);
    return documentOf({ options, victims, run, faults, expected: nemeses.length });
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

async function kept({ historyFile, keeper }: StormOptions, { history }: LoadRun): Promise<void> {
  if (historyFile === undefined) return;
  const write = (): Promise<void> => writeHistory(historyFile, history);
  await (keeper ? keeper.keepSoon(write) : write());
}

const saleOf = ({
  inFlight,
  workers,
  users,
  seed,
  stock = PLENTY,
  signal,
}: StormOptions): ServiceSaleOptions => ({
  seed,
  stock,
  seconds: LONGEST_S,
  patienceMs: PATIENCE_MS,
  asksAgain: true,
  ...(inFlight !== undefined && { inFlight }),
  ...(workers !== undefined && { workers }),
  ...(users !== undefined && { users }),
  ...(signal && { signal }),
});

interface Scene {
  options: StormOptions;
  begun: Begun;
  inFlight: number;
  faults: Inflicted[];
}

/**
 * One after the other, the first once something was sold. Settles when somebody who came after the last one was sold
 * something; where one leaves no proof, the next one comes all the same.
 */
async function inflictAll(nemeses: readonly Nemesis[], victims: Victims, scene: Scene): Promise<void> {
  const { options, faults, begun, inFlight } = scene;
  // Whoever was sold something and buys again: of one sale at least both ends are in the history by then.
  await sold(inFlight + 1, scene);
  for (const nemesis of nemeses) {
    if (options.signal?.aborted) return;
    options.onFault(nemesis.name);
    faults.push(await inflict(nemesis, victims, scene));
    await clock.sleep(BETWEEN_MS);
  }
  // Each buyer in flight may be one who came before.
  await sold(begun.sales() + inFlight + 1, scene);
}

/** Waits until so much was sold, and no longer than for a step: what is missing then, the history tells. */
async function sold(sales: number, { begun, options }: Scene): Promise<void> {
  const untilNs = clock.monotonicNs() + (options.stepMs ?? STEP_MS) * 1e6;
  const most = Math.min(sales, options.stock ?? PLENTY);
  while (begun.sales() < most && !options.signal?.aborted && clock.monotonicNs() < untilNs)
    await clock.sleep(POLL_MS);
}

async function inflict(nemesis: Nemesis, victims: Victims, { begun, options }: Scene): Promise<Inflicted> {
  const sinceStartMs = (): number => (clock.monotonicNs() - begun.startNs) / 1e6;
  const proof: string[] = [];
  const step = async (name: 'start' | 'act' | 'undo'): Promise<string | null> => {
    try {
      proof.push(await within(options.stepMs ?? STEP_MS, nemesis.name, nemesis[name](victims)));
      return null;
    } catch (error) {
      return `${name}: ${(error as Error).message}`;
    }
  };
  const notThere = await step('start');
  const atMs = sinceStartMs();
  const notDone = notThere ?? (await step('act'));
  // Also of one that was not seen: it may have happened.
  const notUndone = await step('undo');
  return { nemesis: nemesis.name, atMs, untilMs: sinceStartMs(), proof, missing: notDone ?? notUndone };
}

interface Over {
  options: StormOptions;
  victims: Victims;
  run: LoadRun;
  faults: Inflicted[];
  /** How many faults there were to be. */
  expected: number;
}

function documentOf({ options, victims, run, faults, expected }: Over): Storm {
  const judgement = judge(run.history, { timeoutMs: JUDGE_MS });
  const properties = Object.fromEntries(
    PROPERTIES.map((property) => [property, judgement[property].verdict]),
  );
  const seen = faults.map((fault) => ({ ...fault, missing: fault.missing ?? outsideOf(run, fault) }));
  const { file, seed, stock = PLENTY } = options;
  return {
    service: { name: file.name, url: victims.service.url },
    coverage: 'sampled',
    environment: describeMachine(victims.redis?.description ?? "the service's own"),
    seed,
    stock,
    inFlight: run.inFlight,
    faults: seen,
    totals: totalsOf(run),
    errors: run.errors,
    askedAgain: Math.round((run.retriesPerSale ?? 0) * run.outcomes.sold),
    verdict: verdictOf(worst(Object.values(properties)), seen, expected),
    properties: properties as Storm['properties'],
    evidence: PROPERTIES.flatMap((property) => judgement[property].evidence.map(shownEvidence)),
  };
}

/** A fault before the first sale or after the last one hit nothing. */
function outsideOf({ history }: LoadRun, { atMs, untilMs }: Inflicted): string | null {
  let [before, after] = [false, false];
  for (const { outcome, invoked, completed } of history.operations) {
    if (outcome !== 'sold') continue;
    before ||= completed < atMs * 1e6;
    after ||= invoked > untilMs * 1e6;
    if (before && after) return null;
  }
  return before ? 'nothing was sold after it' : 'nothing was sold before it';
}

function verdictOf(judged: OverallVerdict, faults: readonly Inflicted[], expected: number): OverallVerdict {
  if (judged !== 'holds') return judged;
  return faults.length === expected && faults.every(({ missing }) => missing === null)
    ? 'holds'
    : 'inconclusive';
}
