import type { ArrivalProfile } from '../documents/vocabulary.ts';
import { seededRandom, type Random } from '../ground/random.ts';

/** When buyers come, whatever becomes of those before them. Plain data: every instance works out its own share. */
export interface Arrivals {
  profile: ArrivalProfile;
  /** Arrivals per second over all instances; of a flash sale, at its peak. */
  ratePerSecond: number;
  seconds: number;
}

/** A flash sale waits for its opening at this share of its peak, and falls back to it in the end. */
const QUIET = 0.1;
/** Shares of the time: until the opening, and until the rush begins to fade. */
const OPENING = 0.25;
const FADING = 0.5;

/**
 * Intended starts of one instance, ascending, in nanoseconds since the run's start; Infinity after the last one.
 * Poisson arrivals split over instances are Poisson again; constant ones take turns.
 *
 * Source: Schroeder et al., NSDI 2006 (open against closed); Çinlar, Introduction to Stochastic Processes, 1975
 * (arrivals of any profile from those of rate 1).
 */
export function arrivalTimes(
  { profile, ratePerSecond, seconds }: Arrivals,
  { instance, instances, seed }: { instance: number; instances: number; seed: number },
): () => number {
  const random = seededRandom(seed).fork(`arrivals ${instance}`);
  let count = 0;
  let expected = 0;
  const timeOf = profile === 'flash-sale' ? (arrivals: number) => rushed(arrivals, seconds) : asTheyAre;
  return () => {
    expected =
      profile === 'constant'
        ? (instance + instances * count++) / ratePerSecond
        : expected + (exponential(random) * instances) / ratePerSecond;
    const at = timeOf(expected);
    return at < seconds ? at * 1e9 : Infinity;
  };
}

const exponential = (random: Random): number => -Math.log(1 - random.next());

const asTheyAre = (seconds: number): number => seconds;

/**
 * When so many arrivals have come, in seconds, if one a second came at the peak: quiet, then all at once, then a
 * straight fall back to quiet.
 */
function rushed(arrivals: number, seconds: number): number {
  const beforeOpening = QUIET * OPENING * seconds;
  if (arrivals < beforeOpening) return arrivals / QUIET;
  const beforeFading = beforeOpening + (FADING - OPENING) * seconds;
  if (arrivals < beforeFading) return OPENING * seconds + (arrivals - beforeOpening);
  // In the tail t seconds bring t − slope·t²/2 of them.
  const slope = (1 - QUIET) / ((1 - FADING) * seconds);
  const root = 1 - 2 * slope * (arrivals - beforeFading);
  return root < 0 ? Infinity : FADING * seconds + (1 - Math.sqrt(root)) / slope;
}
