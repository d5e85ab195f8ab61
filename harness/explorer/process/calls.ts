import type { Sale, Seller, SellerEnv, Strategy } from '../../../strategies/contract.ts';
import { abilitiesOfSeller } from './seller-abilities.ts';
import type { Call } from './instance-events.ts';
import type { Clients } from './instance-clients.ts';

/** What is sold by whom, in one process. */
interface Selling {
  strategy: Strategy;
  sale: Sale;
  clients: Clients;
  env: () => SellerEnv;
}

/** Asks the strategy and its seller, which the first call that needs one makes. */
export class Calls {
  readonly #selling: Selling;
  #seller: Promise<Seller> | undefined;

  constructor(selling: Selling) {
    this.#selling = selling;
  }

  async perform(call: Call): Promise<unknown> {
    const { strategy, sale, clients, env } = this.#selling;
    if (call.method === 'open') return strategy.open(clients.shared, sale);
    this.#seller ??= Promise.resolve(strategy.seller(clients.shared, sale, env()));
    const seller = await this.#seller;
    switch (call.method) {
      case 'seller':
        return abilitiesOfSeller(seller);
      case 'purchase':
        return strategy.connection === 'shared'
          ? seller.purchase(call.request, clients.shared)
          : clients.lend((lent) => seller.purchase(call.request, lent));
      case 'release':
      case 'confirm':
        return seller[call.method]?.(call.request);
      case 'restock':
        return seller.restock?.(call.quantity);
      default:
        return seller[call.method]?.();
    }
  }
}
