import { EXPLORED, QUICK, type ExploredEnvironment } from '../documents/environments.ts';
import type { Measuring } from './measured.ts';

/** What is explored, how often large sales are sampled, and how each strategy is measured. */
export const PROFILES = {
  quick: {
    strategies: [
      'read-then-write',
      'watch-retry',
      'decrement-then-check',
      'lua-decrement',
      'lua-reserve-once',
      'lua-coalesced',
      'function-decrement',
    ],
    explored: QUICK,
    maxStates: 200_000,
    auditSamples: 8,
    histories: 2,
    bench: { trials: 1, seconds: 1 },
  },
  full: {
    explored: EXPLORED,
    maxStates: 2_000_000,
    auditSamples: 16,
    histories: 10,
    bench: { trials: 6, seconds: 1, beyond: { sellOutSeconds: 2, offered: 5 } },
  },
} as const satisfies Record<string, ProfileContent>;

export interface ProfileContent {
  /** Built-in strategies that are run where none is named; absent: all of them. */
  strategies?: readonly string[];
  /** Environments of which every interleaving is run. */
  explored: readonly ExploredEnvironment[];
  maxStates: number;
  auditSamples: number;
  /** Large sales recorded of each sampled environment. */
  histories: number;
  bench: Measuring;
}

export type Profile = keyof typeof PROFILES;
