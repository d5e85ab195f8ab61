import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A seeded stream of random numbers. */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  next(): number;
  /** Uniform integer in 0 … n−1; the bias is below n / 2^32. */
  below(n: number): number;
  /** An independent stream that depends on this seed and the label only, not on what was drawn before. */
  fork(label: string | number): Random;
}

export function seededRandom(seed: number): Random {
  const generator = xoroshiro128plus(scrambled(seed));
  const next = (): number => (generator.next() >>> 0) / 2 ** 32;
  return {
    next,
    below: (n) => Math.floor(next() * n),
    fork: (label) => seededRandom(mix(seed, String(label))),
  };
}

/**
 * MurmurHash3's finalizer: each bit of the seed changes half of all bits. The generator begins with the seed as it is, and
 * then its first draws are near each other for seeds that are, as those of 1, 2, 3 or of two labels that end otherwise.
 */
function scrambled(seed: number): number {
  let hash = seed | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** FNV-1a over the label, started from the seed. */
function mix(seed: number, label: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

const MOST_CHOICES = 1_000;

/** @throws RangeError if `env.pick` cannot choose one of so many */
export function requireChoices(n: number): number {
  if (Number.isSafeInteger(n) && n >= 1 && n <= MOST_CHOICES) return n;
  throw new RangeError(`env.pick(${String(n)}): give a whole number from 1 to ${MOST_CHOICES}`);
}
