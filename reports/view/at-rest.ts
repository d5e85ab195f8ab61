import type { ToldAtRest } from '../../harness/documents/counterexample.ts';
import { list, plural } from './figures.ts';

/** What an interleaving came to in the end, in a sentence. */
export function atRestText({ expired, worked, drained, users = [], recorded, mute }: ToldAtRest): string {
  const shut = users.filter(({ bought }) => bought === 0);
  const told = [
    ...(expired.length > 0 ? [list(expired.map((key) => `${key} expires`))] : []),
    ...(worked > 0
      ? [`background work finds something to do ${worked === 1 ? 'once' : `${worked} times`}`]
      : []),
    ...(recorded ? [`the ledger has ${ledger(recorded)}`] : []),
    drained === 0 ? 'nothing can be bought any more' : `${plural(drained, 'unit')} can still be bought`,
    ...shut.map(
      ({ userId, refusal }) => `${userId} can buy none${refusal === undefined ? '' : ` (${refusal})`}`,
    ),
    ...(mute === undefined ? [] : [`a process answers everybody with an error: ${mute.replace(/\.$/, '')}`]),
  ];
  return `At rest: ${told.join('; ')}.`;
}

const ledger = (recorded: NonNullable<ToldAtRest['recorded']>): string =>
  recorded.length === 0
    ? 'nothing'
    : list(recorded.map(({ requestId, userId, quantity }) => `${quantity} for ${requestId ?? userId}`));
