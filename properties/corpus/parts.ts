import type { ExploredEnvironment } from '../../harness/documents/environments.ts';
import type { Scope } from '../../harness/documents/scope.ts';
import type { Faults } from '../../harness/documents/faults.ts';
import type { Client, Property, Sale, Seller, SellerEnv, Strategy } from '../../strategies/contract.ts';
import { stockKey } from '../../strategies/keys.ts';

/** A strategy with one mistake that people make. */
export interface Mutant extends Strategy {
  /** What is wrong, in one sentence. */
  mistake: string;
  /** Where somebody met it, or taught it. */
  source?: string;
  caught: Caught;
  /** The same without the mistake: in the very scope that shows the mistake, it keeps the property. */
  fixed: Strategy;
}

export interface Caught {
  property: Property;
  /** One of its fixed scopes shows it. */
  environment: ExploredEnvironment;
  /** The smallest scope that does. */
  scope: Smallest;
  /** Why no fixed scope of the environment shows it, where that is so; the scope then says all that it adds. */
  beyond?: string;
}

/** What is smaller than the environment's scope. No fault, release, restock or job happens unless it is named. */
export interface Smallest extends Partial<Omit<Scope, 'faults' | 'buyers' | 'stock'>> {
  buyers: number;
  stock: number;
  faults?: Partial<Faults>;
}

/** Another way to write a right strategy. */
export interface Variant extends Strategy {
  /** What is unlike the built-in strategies. */
  unlike: string;
  /** Where all seven properties hold. */
  holdsIn: readonly ExploredEnvironment[];
  /** Properties that are not claimed anywhere. */
  butFor?: readonly Property[];
}

/** A strategy with a mistake that exploring does not show. */
export interface BlindSpot extends Strategy {
  mistake: string;
  /** Why it is not seen. */
  unseen: string;
  /** Where one would look for it, in vain. */
  environment: ExploredEnvironment;
}

type Selling = Partial<Seller> & Pick<Seller, 'purchase'>;
type Given<S extends Strategy> = Omit<S, 'summary' | 'connection' | 'open' | 'seller'> &
  Partial<Pick<S, 'connection' | 'open'>> & {
    seller: (redis: Client, sale: Sale, env: SellerEnv) => Selling | Promise<Selling>;
  };

export const mutant = (given: Given<Mutant>): Mutant => ({ ...given, ...completed(given, given.mistake) });
export const blindSpot = (given: Given<BlindSpot>): BlindSpot => ({
  ...given,
  ...completed(given, given.mistake),
});
export const variant = (given: Given<Variant>): Variant => ({ ...given, ...completed(given, given.unlike) });

/** Unless it says otherwise, its stock is a number at the sale's stock key, which a release and a restock add to. */
function completed(given: Given<Strategy>, summary: string): Strategy {
  return {
    connection: 'shared',
    supports: ['several-units'],
    async open(redis, { sku, stock }) {
      await redis.set(stockKey(sku), stock);
    },
    ...given,
    summary,
    async seller(redis, sale, env) {
      const key = stockKey(sale.sku);
      return {
        remaining: async () => Number(await redis.get(key)),
        release: async ({ quantity }) => void (await redis.incrby(key, quantity)),
        restock: async (quantity) => void (await redis.incrby(key, quantity)),
        ...(await given.seller(redis, sale, env)),
      };
    },
  };
}

/** A text with one change, which is there to be seen. @throws if `from` does not stand in it exactly once */
export function changed(text: string, from: string, to: string): string {
  const [before, after, ...more] = text.split(from);
  if (after === undefined || more.length > 0) throw new Error(`"${from}" must stand there exactly once`);
  return before + to + after;
}
