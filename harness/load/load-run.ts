import type { Strategy } from '../../strategies/contract.ts';
import type { History } from '../history/operation.ts';
import { mergeRecordings } from '../history/recording.ts';
import { crowdRequest } from './buyers.ts';
import type { Failures } from './failures.ts';
import type { SaleAtRest } from './final-count.ts';
import type { LoadPlan } from './run-options.ts';
import { figuresOf, type LoadRun } from './summary.ts';
import type { InstanceRun } from './task.ts';
import type { Sold } from './together.ts';

/** A run of which everything is known. */
export interface Finished {
  /** Who sold. */
  strategy: Pick<Strategy, 'name' | 'reserves'>;
  seed: number;
  plan: LoadPlan;
  sold: Sold;
  /** Commands of the background work. */
  jobCommands: number;
  rest: SaleAtRest;
  failures: Failures;
}

/** Its history and its figures. */
export function loadRunOf({ strategy, seed, plan, sold, jobCommands, rest, failures }: Finished): LoadRun {
  const { instances, ended, usage } = sold;
  const { drained, drainedBy, recorded } = rest;
  const recordings = instances.map(({ recording }) => recording);
  const operations = mergeRecordings(recordings, (buyer) => crowdRequest(plan.crowd, buyer));
  const mode = plan.arrivals ? 'open' : 'closed';
  const figures = figuresOf(operations, recordings, mode);
  const history: History = {
    sale: plan.sale,
    operations,
    ...(instances.some(({ confirms }) => confirms) && { confirms: true }),
    ...(strategy.reserves && { reserves: true }),
    ...(drained !== undefined && { drained }),
    ...(recorded !== undefined && { recorded }),
  };
  const sum = (of: (instance: InstanceRun) => number): number =>
    instances.reduce((total, instance) => total + of(instance), 0);
  const perSale = (amount: number): number | null =>
    figures.outcomes.sold === 0 ? null : amount / figures.outcomes.sold;
  return {
    strategy: strategy.name,
    mode,
    seed,
    workers: plan.workers,
    inFlight: plan.inFlight,
    connections: sum((instance) => instance.connections),
    ended,
    history,
    ...figures,
    commandsPerSale: perSale(sum(({ commands }) => commands) + jobCommands),
    roundTripsPerSale: perSale(sum(({ roundTrips }) => roundTrips)),
    retriesPerSale: perSale(sum(({ pauses }) => pauses)),
    unsent: sum(({ unsent }) => unsent),
    memoryBytes: sum(({ memoryBytes }) => memoryBytes),
    ...(instances.some(({ sentBefore }) => sentBefore) && { sentBefore: true }),
    ...usage,
    ...(drained !== undefined && { drained }),
    ...(drainedBy !== undefined && { drainedBy }),
    errors: failures.list(),
  };
}
