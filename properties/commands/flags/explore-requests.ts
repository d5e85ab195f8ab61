import { expect } from 'vitest';
import { refusedBy, type FlagRow, type FlagTable } from './table.ts';

export const verdictOf = (property: string, verdict: string): object => ({
  properties: { [property]: { verdict } },
});

/** A run whose verdict on a property the flag changes. */
export const changes = (
  typed: string,
  of: string,
  { property, verdicts: [before, after] }: { property: string; verdicts: readonly [string, string] },
  reaches?: FlagRow['reaches'],
): FlagRow => ({
  typed,
  ...(reaches && { reaches }),
  shows: {
    of: `${of} --json`,
    without: { document: verdictOf(property, before) },
    with: { document: verdictOf(property, after) },
  },
});

/** A scope that there is none of, refused by the name of its flag. */
export const refused = (...typed: readonly string[]): FlagRow[] =>
  typed.map((one) => ({
    typed: one,
    shows: {
      of: 'explore lua-decrement --buyers 1 --json',
      without: { exitCode: 0 },
      with: {
        exitCode: 2,
        document: { error: { message: expect.stringContaining(one.split(' ')[0]!) } },
      },
    },
  }));

/** Of a strategy that does nothing but sell, judged without a fault. */
export const NO_EXTRAS = 'explore ./slow.mjs --buyers 1 --stock 1';

export const FAILS = ['holds', 'violated'] as const;

/** What is asked of the sale besides purchases. */
export const REQUEST_FLAGS: FlagTable['flags'] = {
  '--jobs': [
    ...refused('--jobs 4'),
    refusedBy('--jobs 1', NO_EXTRAS),
    changes(
      '--jobs 1',
      'explore ./careless.mjs --buyers 2',
      { property: 'oversell', verdicts: FAILS },
      {
        jobs: 1,
        workers: 'everywhere',
      },
    ),
  ],
  '--confirms': [
    ...refused('--confirms 7'),
    refusedBy('--confirms 1', NO_EXTRAS),
    changes(
      '--confirms 1',
      'explore ./paying.mjs --buyers 1 --stock 2',
      { property: 'double-sale', verdicts: ['violated', 'holds'] },
      {
        confirms: 1,
      },
    ),
  ],
  '--offices': [
    ...refused('--offices 0', '--offices 5'),
    refusedBy('--offices 2', 'explore lua-decrement --buyers 1'),
    { typed: '--offices 2 --jobs 1', reaches: { jobs: 1, offices: 2, workers: 'everywhere' } },
    changes('--offices 2', 'explore ./sweeping.mjs --buyers 2 --stock 1 --jobs 2 --workers offices', {
      property: 'oversell',
      verdicts: FAILS,
    }),
  ],
  '--workers': [
    ...refused('--workers nobody'),
    refusedBy('--workers offices', 'explore lua-decrement --buyers 1'),
    refusedBy('--workers everywhere', 'explore lua-decrement --buyers 1'),
    { typed: '--workers offices --jobs 1', reaches: { jobs: 1, workers: 'offices' } },
    changes('--workers offices', 'explore ./sweeping.mjs --buyers 2 --stock 1 --jobs 2', {
      property: 'oversell',
      verdicts: ['violated', 'holds'],
    }),
  ],
};
