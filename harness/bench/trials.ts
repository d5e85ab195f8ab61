import { unlessLost } from '../ground/waiting.ts';
import type { Random } from '../ground/random.ts';

/** Something that is measured once a round. */
export interface Measured {
  /** For people. */
  name: string;
  measure: () => Promise<void>;
}

/** Work that fails because the session is cut short is no failure: what was measured before counts. */
export async function untilAborted(
  signal: AbortSignal | undefined,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await unlessLost(signal, work());
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}

/**
 * Measures everything once a round, each round in an order of its own, so that neither a machine that slows down
 * nor a neighbour's after-effects favour anybody.
 */
export async function runRounds(
  measured: readonly Measured[],
  rounds: number,
  random: Random,
  options: { signal?: AbortSignal; onTrial?: (name: string, round: number) => void } = {},
): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    for (const one of shuffled(measured, random)) {
      if (options.signal?.aborted) return;
      options.onTrial?.(one.name, round);
      await untilAborted(options.signal, one.measure);
    }
  }
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
