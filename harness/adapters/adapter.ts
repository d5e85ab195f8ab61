import type { Strategy } from '../../strategies/contract.ts';
import type { AdapterOptions, Shop } from './shop.ts';

/** From what a strategy was made, so that the explorer can make it anew for each process. */
export type Adapter = { options: AdapterOptions } & (
  | { kind: 'module'; file: string; build: (module: never) => AnyShop | Promise<AnyShop> }
  | { kind: 'function'; shop: AnyShop; /** Where it was made, if that is known. */ file?: string }
);

/** The client that it takes is its own affair. */
export type AnyShop = Shop;

/** The same in each copy of this package that a process may have loaded. */
const ADAPTER = Symbol.for('oversell.adapter');

export const marked = (strategy: Strategy, adapter: Adapter): Strategy =>
  Object.assign(strategy, { [ADAPTER]: adapter });

/** Undefined: the strategy was written as one. */
export const adapterOf = (strategy: unknown): Adapter | undefined =>
  typeof strategy === 'object' && strategy !== null
    ? (strategy as { [ADAPTER]?: Adapter })[ADAPTER]
    : undefined;
