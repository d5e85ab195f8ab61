import type { Allowance, SaleAtRest } from './facts.ts';
import { units, type Sums } from './sums.ts';

/**
 * What is left at rest decides what is in doubt: each unit that can be bought is nobody's, and each that cannot be is
 * somebody's. That says nothing where units are stranded or sold twice, which is told as such; nor where buyers confirm, as
 * a hold may be somebody's for a while only.
 */
export interface Bounds {
  /** Units that the user surely holds, as nobody else can. */
  least(user: string): number;
  /** Units that the user can hold, as the others surely hold the rest. */
  most(user: string): number;
}

/** @param sums with what each user holds. @param agrees what they say on the whole */
export function boundsOf(
  facts: SaleAtRest,
  sums: Sums,
  agrees: { oversold: boolean; stranded: boolean },
): Bounds {
  const { drained, confirmed, recorded } = facts;
  const own = (user: string) => sums.heldByUser?.get(user) ?? NOTHING;
  const surely = (user: string): number => (recorded ? own(user).recorded : own(user).acknowledged);
  let [least, most] = [0, 0];
  for (const [user, held] of sums.heldByUser ?? []) {
    least += surely(user);
    most += held.most;
  }
  const isTold = drained !== undefined && !confirmed;
  const [fewest, greatest] = [sums.onSaleLeast - units(drained ?? 0), sums.onSaleMost - units(drained ?? 0)];
  return {
    least: (user) =>
      Math.max(
        own(user).recorded,
        own(user).acknowledged,
        isTold && !agrees.stranded ? fewest - (most - own(user).most) : 0,
      ),
    most: (user) =>
      isTold && !agrees.oversold
        ? Math.min(own(user).most, units(greatest - (least - surely(user))))
        : own(user).most,
  };
}

const NOTHING = { recorded: 0, acknowledged: 0, most: 0 };

/** A user who is refused at rest, while units are left, for what they do not hold. */
export interface Wronged {
  user: string;
  holds: number;
  refusal: NonNullable<Allowance['refusal']>;
}

/**
 * While a sale goes on, a purchase of unknown outcome may explain a refusal; at rest it is known what became of it, and so
 * whatever it used up of a limit is used up for nothing, and a mark that it left behind keeps its user out for ever.
 */
export function wrongedAtRest({ sale, allowances, drained }: SaleAtRest, bounds: Bounds): Wronged[] {
  return [...(allowances ?? [])].flatMap(([user, { bought, refusal }]) => {
    if (refusal === undefined || bought >= units(drained ?? 0)) return [];
    const holds = bounds.most(user) + bought;
    // Code that remembers users tells so whoever has something; and where no limit is given, it may have one of its own.
    const enough = refusal === 'already-yours' ? 1 : (sale.perUserLimit ?? 1);
    const isRight = holds >= enough;
    return isRight ? [] : [{ user, holds, refusal }];
  });
}

/** "user-A holds 0 of at most 2 and is told sold-out"; what is no answer in words, as what it is. */
export const wrongedText = ({ user, holds, refusal }: Wronged, limit: number | undefined): string =>
  `${user} holds ${holds}${limit === undefined ? '' : ` of at most ${limit}`} and is ` +
  (UNTOLD[refusal] ?? `told ${refusal}`);

const UNTOLD: Partial<Record<Wronged['refusal'], string>> = {
  unknown: 'given an error, or no answer',
  rejected: 'refused by a DefiniteError',
  'gave-up': 'given up on',
};
