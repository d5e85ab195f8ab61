import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import type { Verdict } from '../documents/vocabulary.ts';
import { worst, type Judgement } from '../checkers/checker.ts';
import { Failures } from '../load/failures.ts';
import { addTimes, noTimes } from '../load/response-time.ts';
import type { BenchRow, Ended, Interval } from '../documents/figures.ts';
import { median, medianInterval, pairedRatio } from './statistics.ts';
import type { LoadRun } from '../load/summary.ts';

/** A run without its history, which is judged and let go before the next one. */
export type Trial = Omit<LoadRun, 'history'>;

/** What there is to compare with, round by round. */
export interface References {
  ceiling: { name: string; opsPerSecond: readonly (number | null)[] } | undefined;
  baseline: readonly (number | null)[] | undefined;
}

const NOTHING: Interval = { median: null, low: null, high: null };
/** From this share of what comes on, what is served counts as all. */
const KEPT_UP = 0.95;

/** @param trials at least one */
export function rowOf(
  trials: readonly Trial[],
  judgements: readonly Judgement[],
  { ceiling, baseline }: References,
  arrivals: BenchRow['arrivals'],
): BenchRow {
  const [first] = trials as [Trial, ...Trial[]];
  const sales = trials.map(({ salesPerSecond }) => salesPerSecond);
  const known = (of: (trial: Trial) => number | null | undefined): number | null =>
    median(trials.map(of).filter((value) => value !== null && value !== undefined));
  const total = (of: (trial: Trial) => number): number => trials.reduce((sum, trial) => sum + of(trial), 0);
  const times = noTimes();
  const failures = new Failures();
  for (const trial of trials) {
    addTimes(times, trial.times);
    for (const failure of trial.errors) failures.add(failure);
  }
  const properties = together(judgements);
  return {
    strategy: first.strategy,
    mode: first.mode,
    arrivals,
    inFlight: first.inFlight,
    connections: first.connections,
    trials: trials.length,
    ended: WORST_FIRST.find((ended) => trials.some((trial) => trial.ended === ended))!,
    salesPerSecond: medianInterval(sales),
    salesPerSecondOfTrials: sales,
    warmUpMs: known(({ warmUpNs }) => (warmUpNs === undefined ? null : warmUpNs / 1e6)),
    unsteady: total(({ warmUpNs }) => Number(warmUpNs === undefined)),
    refusalsPerSecond: medianInterval(trials.map(({ refusalsPerSecond }) => refusalsPerSecond)),
    ratioToCeiling: ceiling ? pairedRatio(sales, ceiling.opsPerSecond) : NOTHING,
    ceiling: ceiling?.name ?? null,
    ratioToBaseline: baseline ? pairedRatio(sales, baseline) : NOTHING,
    responseMs: times.response.percentiles(),
    responseCurve: times.response.curve(),
    serviceMs: times.service.percentiles(),
    lagMs: times.lag.percentiles(),
    unsent: total(({ unsent }) => unsent),
    saturated: trials.some(isSaturated),
    commandsPerSale: known(({ commandsPerSale }) => commandsPerSale),
    roundTripsPerSale: known(({ roundTripsPerSale }) => roundTripsPerSale),
    retriesPerSale: known(({ retriesPerSale }) => retriesPerSale),
    gaveUp: total(({ outcomes }) => outcomes['gave-up']),
    unknown: total(({ outcomes }) => outcomes.unknown),
    errors: failures.list(),
    clientCpu: known(({ clientCpu }) => clientCpu)!,
    serverCpu: known(({ serverCpu }) => serverCpu),
    clientBusy: known(({ clientBusy }) => clientBusy)!,
    bottleneck: mostFrequent(trials.map(({ bottleneck }) => bottleneck)) ?? null,
    verdict: worst(Object.values(properties)),
    properties,
  };
}

const WORST_FIRST: readonly Ended[] = ['stalled', 'aborted', 'time-up', 'served'];

/** Whether arrivals of an open loop came faster than they were served. */
export const isSaturated = ({ mode, unsent, operations, hung }: Trial): boolean =>
  mode === 'open' && unsent + hung > (1 - KEPT_UP) * (operations + unsent);

function mostFrequent<T>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}

/** A property in several runs: n/a only if it is so in all of them. */
function together(judgements: readonly Judgement[]): Record<Property, Verdict> {
  return Object.fromEntries(
    PROPERTIES.map((property) => {
      const verdicts = judgements.map((judgement) => judgement[property].verdict);
      return [property, verdicts.every((verdict) => verdict === 'n/a') ? 'n/a' : worst(verdicts)];
    }),
  ) as Record<Property, Verdict>;
}
