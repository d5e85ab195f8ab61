import type { Seller } from '../../../strategies/contract.ts';

/** Which optional parts of the contract a seller has; what the call of `seller` returns. */
export type Abilities = Record<'recorded' | 'release' | 'restock' | 'confirm' | 'runJob' | 'close', boolean>;

/** What a process's first call, that of `seller`, answered; undefined while it has none. */
export const abilitiesIn = (settled: { kind: string; value?: unknown } | undefined): Abilities | undefined =>
  settled?.kind === 'returned' ? (settled.value as Abilities) : undefined;

export const abilitiesOfSeller = (seller: Seller): Abilities => ({
  recorded: seller.recorded !== undefined,
  release: seller.release !== undefined,
  restock: seller.restock !== undefined,
  confirm: seller.confirm !== undefined,
  runJob: seller.runJob !== undefined,
  close: seller.close !== undefined,
});
