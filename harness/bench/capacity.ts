import { capacityOf, sellOnce, type Candidate } from './candidate.ts';
import { isSaturated } from './row.ts';
import type { ArrivalProfile } from '../documents/vocabulary.ts';
import { courseOf } from './course.ts';
import type { LoadOptions } from '../load/run-options.ts';
import type { SessionPool } from '../load/pool.ts';
import type { ResponseTarget } from '../documents/figures.ts';
import { offered, sweep, type Attempt } from './sweep.ts';

/** What the trials' closed loop is the measure of: rates to try, and how much can be sold in a time. */

export interface AtCapacity {
  signal?: AbortSignal;
  onTrial?: (name: string, round: number) => void;
}

const SECONDS = 1;
/** Of what could be sold in the time: the rest of it is the drain phase. */
const SOLD_OUT_AFTER = 0.6;

/** Looks for the highest rate that meets the target. */
export async function findRate(
  candidate: Candidate,
  { target, profile }: { target: ResponseTarget; profile: ArrivalProfile },
  options: AtCapacity,
  pool: SessionPool,
): Promise<void> {
  const capacity = capacityOf(candidate);
  if (capacity === null) return;
  candidate.sweep = await sweep(target, capacity, openLoop(candidate, profile, options, pool));
}

/** What the response time is while less comes than could be served. */
export async function offerLoad(
  candidate: Candidate,
  profile: ArrivalProfile,
  options: AtCapacity,
  pool: SessionPool,
): Promise<void> {
  const capacity = capacityOf(candidate);
  if (capacity === null) return;
  candidate.offered = await offered(capacity, openLoop(candidate, profile, options, pool));
}

function openLoop(
  candidate: Candidate,
  profile: ArrivalProfile,
  { signal, onTrial }: AtCapacity,
  pool: SessionPool,
): Attempt {
  return async (ratePerSecond) => {
    signal?.throwIfAborted();
    onTrial?.(`${candidate.strategy.name}: ${Math.round(ratePerSecond)} arrivals/s`, 0);
    // How many are in flight is up to the buyers now.
    const { inFlight: _, buyers: __, ...rest } = candidate.load;
    const seconds = rest.seconds ?? SECONDS;
    const load: LoadOptions = { ...rest, seconds, arrivals: { profile, ratePerSecond } };
    const run = await sellOnce(candidate, load, pool);
    const { salesPerSecond, unsent, times } = run;
    return {
      salesPerSecond,
      unsent,
      saturated: isSaturated(run),
      responseMs: times.response.percentiles(),
    };
  };
}

/** Sells a sale from its first unit to well after its last, to see both phases and what lies between them. */
export async function sellOut(
  candidate: Candidate,
  seconds: number,
  { signal, onTrial }: AtCapacity,
  pool: SessionPool,
): Promise<void> {
  const capacity = capacityOf(candidate);
  if (capacity === null) return;
  onTrial?.(`${candidate.strategy.name}: a sale until it is sold out`, 0);
  const stock = Math.max(1, Math.round(SOLD_OUT_AFTER * seconds * capacity));
  const { buyers: _, arrivals: __, ...rest } = candidate.load;
  const run = await sellOnce(candidate, { ...rest, stock, seconds }, pool);
  if (!signal?.aborted) candidate.course = courseOf(run);
}
