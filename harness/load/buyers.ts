import type { PurchaseRequest } from '../../strategies/contract.ts';

/** Who buys in a run, as plain data: every request can be worked out from its buyer's number, 1, 2, 3 … */
export interface Crowd {
  /** Makes request ids unique among runs on one server, also for a strategy whose keys leave out the sku. */
  tag: string;
  /** Purchases in all, each by its own buyer; absent: as many as there is time for. */
  buyers?: number;
  /** Users in all, dealt out cyclically; absent: each buyer is a user. */
  users?: number;
  /** Units per purchase, dealt out cyclically. */
  quantities: readonly number[];
}

export function crowdRequest(crowd: Crowd, buyer: number): PurchaseRequest {
  const user = crowd.users === undefined ? buyer : ((buyer - 1) % crowd.users) + 1;
  return {
    requestId: `r${buyer}-${crowd.tag}`,
    userId: `u${user}`,
    quantity: crowd.quantities[(buyer - 1) % crowd.quantities.length]!,
  };
}

/** How often a buyer who was sold units confirms: most of them once, some twice, and some never. */
export const confirmsOfBuyer = (buyer: number): number => (buyer % 16 === 0 ? 0 : buyer % 8 === 1 ? 2 : 1);

/** Deals the buyers out to one of several instances; its tasks take the next in turn. */
export class Queue {
  #next: number;
  readonly #step: number;
  readonly #last: number;

  constructor(crowd: Crowd, instance: number, instances: number) {
    this.#next = instance + 1;
    this.#step = instances;
    this.#last = crowd.buyers ?? Infinity;
  }

  /** The next buyer's number; 0 when all are served. */
  take(): number {
    const buyer = this.#next;
    if (buyer > this.#last) return 0;
    this.#next += this.#step;
    return buyer;
  }
}
