import { readFile } from 'node:fs/promises';
import { UsageError } from '../ground/errors.ts';
import { placeOf } from '../ground/places.ts';
import { lineThat } from '../loader/lines.ts';
import type { LoadedStrategy } from '../loader/strategies.ts';

/** What a strategy is asked, and never answers. @param what such as "seller()" */
export const neverSettled = (what: string, graceMs: number): UsageError =>
  new UsageError(
    'NEVER_SETTLED',
    `${what} has not settled for ${graceMs / 1_000} s`,
    'find out what it awaits: what Redis does not answer, or nobody resolves; --patience waits longer',
  );

/** The same, with the line on which the file makes that function, as far as its text tells. */
export async function neverSettledIn(
  { strategy, path }: Pick<LoadedStrategy, 'strategy' | 'path'>,
  method: 'open' | 'purchase',
  graceMs: number,
): Promise<UsageError> {
  const text = path === undefined ? '' : await readFile(path, 'utf8').catch(() => '');
  const line = lineThat(text, new RegExp(`\\b${method}\\s*[:(=]`));
  const place = path === undefined ? '' : `${placeOf(path, line)}: `;
  return neverSettled(`${place}${strategy.name}: ${method}()`, graceMs);
}
