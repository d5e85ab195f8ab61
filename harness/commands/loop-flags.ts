import type { BenchOptions } from '../bench/session.ts';
import type { ArrivalProfile, Mode } from '../documents/vocabulary.ts';
import { UsageError } from '../ground/errors.ts';

/** Whether buyers wait for one another, as it is typed. */
export interface LoopFlags {
  /** Default: open where a rate or a target is given. */
  mode?: Mode;
  rate?: number;
  arrivals?: ArrivalProfile;
  /** "p99=5ms" */
  slo?: string;
}

/** @throws UsageError if the flags of open and closed loop are mixed up */
export async function loopOf({
  mode,
  rate,
  arrivals,
  slo,
}: LoopFlags): Promise<Pick<BenchOptions, 'arrivals' | 'slo'>> {
  const profile = arrivals ?? 'poisson';
  if (slo !== undefined) {
    if (mode === 'closed' || rate !== undefined) {
      throw contradiction(
        '--slo searches for the rate of an open loop',
        'leave out --rate and --mode closed',
      );
    }
    const { parseTarget } = await import('../bench/sweep.ts');
    return { slo: { target: parseTarget(slo), profile } };
  }
  if (mode === 'open' && rate === undefined) {
    throw contradiction('--mode open needs a rate of arrivals', 'give --rate <arrivals per second>');
  }
  if (mode === 'closed' && (rate ?? arrivals) !== undefined) {
    throw contradiction(
      'a closed loop has no arrivals: the next request waits for the last response',
      'leave out --rate and --arrivals, or --mode closed',
    );
  }
  if (rate === undefined) {
    if (arrivals === undefined) return {};
    throw contradiction('--arrivals needs a rate', 'give --rate <arrivals per second>');
  }
  return { arrivals: { profile, ratePerSecond: rate } };
}

export const contradiction = (message: string, remedy: string): UsageError =>
  new UsageError('CONTRADICTION', message, remedy);
