import * as fc from 'fast-check';
import type { Sale } from '../../strategies/contract.ts';
import type { Outcome } from '../../harness/documents/vocabulary.ts';
import type { History, Operation } from '../../harness/history/operation.ts';
import type { Random } from '../../harness/ground/random.ts';

/** The plainest store that could be: the tests' own reading of the model, apart from the checkers'. */
class Store {
  available: number;
  readonly held = new Map<string, Operation>();
  readonly heldBy = new Map<string, number>();
  readonly #limit: number;

  constructor(sale: Sale) {
    this.available = sale.stock;
    this.#limit = sale.perUserLimit ?? Infinity;
  }

  overLimit({ user, quantity }: Operation): boolean {
    return (this.heldBy.get(user) ?? 0) + quantity > this.#limit;
  }

  take(purchase: Operation): void {
    const { request, user, quantity } = purchase;
    if (this.held.has(request)) return;
    this.held.set(request, purchase);
    this.heldBy.set(user, (this.heldBy.get(user) ?? 0) + quantity);
    this.available -= quantity;
  }

  /** Whoever releases it, perhaps unnamed: the units were the buyer's. */
  giveBack({ request }: Operation): void {
    const held = this.held.get(request);
    if (held === undefined) return;
    this.held.delete(request);
    this.heldBy.set(held.user, this.heldBy.get(held.user)! - held.quantity);
    this.available += held.quantity;
  }

  /** Does it, as a correct store would, and answers. */
  perform(operation: Operation): Outcome {
    const { op, request, quantity } = operation;
    if (op === 'restock') this.available += quantity;
    if (op === 'release') this.giveBack(operation);
    if (op !== 'purchase') return 'done';
    if (this.held.has(request)) return 'sold';
    if (this.overLimit(operation)) return 'limit-reached';
    if (quantity > this.available) return 'sold-out';
    this.take(operation);
    return 'sold';
  }

  /** Does it and says whether the recorded outcome was right; with `letThrough`, a recorded sale always is. */
  accepts(operation: Operation, letThrough: boolean): boolean {
    const { op, outcome, request, quantity } = operation;
    if (op === 'purchase') {
      const refused = !this.held.has(request);
      if (outcome === 'sold-out') return refused && quantity > this.available;
      if (outcome === 'limit-reached') return refused && this.overLimit(operation);
      if (outcome === 'sold' && letThrough) {
        this.take(operation);
        return true;
      }
    }
    return this.perform(operation) === outcome || outcome === 'unknown';
  }
}

/** Whether some order of all operations, with any of the unknown ones left out, is accepted: every order is tried. */
export function someOrderExplains(sale: Sale, operations: Operation[], letThrough: boolean): boolean {
  const effective = operations.filter(({ outcome }) => outcome !== 'gave-up' && outcome !== 'rejected');
  return orders(effective).some((order) => {
    const store = new Store(sale);
    return order.every((operation) => store.accepts(operation, letThrough));
  });
}

/** Every order of the operations that respects real time. An open end may stand anywhere or nowhere. */
export function orders<T extends Pick<Operation, 'invoked' | 'completed' | 'outcome'>>(
  operations: T[],
): T[][] {
  const definite = operations.filter(({ outcome }) => outcome !== 'unknown');
  if (definite.length === 0) return [[]];
  const firstEnd = Math.min(...definite.map(({ completed }) => completed));
  return operations
    .filter(({ invoked }) => invoked <= firstEnd)
    .flatMap((first) =>
      orders(operations.filter((other) => other !== first)).map((rest) => [first, ...rest]),
    );
}

/** Small histories of any outcome, likely or not; few requests and little time, so that they get in each other's way. */
export function smallHistory(size: number): fc.Arbitrary<{ sale: Sale; operations: Operation[] }> {
  const quantities = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 4, maxLength: 4 });
  const sale = fc.record(
    {
      sku: fc.constant('tea'),
      stock: fc.integer({ min: 0, max: 4 }),
      perUserLimit: fc.integer({ min: 1, max: 3 }),
    },
    { requiredKeys: ['sku', 'stock'] },
  );
  const step = fc.record({
    request: fc.integer({ min: 0, max: 3 }),
    op: fc.constantFrom('purchase', 'purchase', 'purchase', 'purchase', 'release', 'restock'),
    outcome: fc.constantFrom('sold', 'sold', 'sold-out', 'sold-out', 'limit-reached', 'unknown', 'gave-up'),
    invoked: fc.integer({ min: 0, max: 12 }),
    duration: fc.integer({ min: 0, max: 6 }),
    units: fc.integer({ min: 1, max: 2 }),
    nameless: fc.boolean(),
  });
  return fc
    .record({ sale, quantities, steps: fc.array(step, { minLength: 1, maxLength: size }) })
    .map(({ sale: generated, quantities: perRequest, steps }) => ({
      sale: generated as Sale,
      operations: steps.map(({ request, op, outcome, invoked, duration, units, nameless }, i): Operation => {
        const other = outcome === 'unknown' ? 'unknown' : 'done';
        return {
          process: i,
          request: op === 'restock' ? '' : `r${request}`,
          attempt: 1,
          user: op === 'restock' || (op === 'release' && nameless) ? '' : `u${request % 2}`,
          op,
          quantity: op === 'restock' ? units : perRequest[request]!,
          invoked,
          completed: invoked + duration,
          outcome: op === 'purchase' ? outcome : other,
        };
      }),
    }));
}

export interface Load {
  operations: number;
  processes: number;
  sale: Sale;
  /** Units per purchase are 1 … this. */
  maxQuantity: number;
  /** Users; fewer of them meet the limit more often. */
  users: number;
  /** Shares of all operations, 0 … 1. */
  releases: number;
  restocks: number;
  unknown: number;
}

/**
 * What a correct store would record under this load: each operation takes effect somewhere between its invocation
 * and its completion; an unknown one before, after, or never, and half of those are asked again.
 */
export function simulate(load: Load, random: Random): History & { operations: Operation[]; drained: number } {
  const store = new Store(load.sale);
  const operations: Operation[] = [];
  const sold: Operation[] = [];
  const again: Operation[] = [];
  /** What happens next to each process, and late effects, by time. */
  const agenda: { time: number; run: () => void }[] = [];
  let now = 0;
  const units = (): number => 1 + random.below(load.maxQuantity);
  const after = (run: () => void): void => {
    agenda.push({ time: now + random.below(20), run });
  };

  const invoke = (process: number): void => {
    if (operations.length === load.operations) return;
    const operation = choose(process);
    operations.push(operation);
    const lost = operation.outcome === 'unknown';
    const late = lost && random.next() < 0.5;
    after(() => {
      if (!late) operation.outcome = lost ? keepUnknown(store, operation) : store.perform(operation);
      after(() => {
        operation.completed = now;
        if (late && random.next() < 0.5) after(() => store.perform(operation));
        if (operation.op === 'purchase' && operation.outcome === 'sold') sold.push(operation);
        if (operation.op === 'purchase' && lost && random.next() < 0.5) again.push(operation);
        after(() => invoke(process));
      });
    });
  };

  const choose = (process: number): Operation => {
    const dice = random.next();
    const outcome: Outcome = random.next() < load.unknown ? 'unknown' : 'done';
    const common = { process, attempt: 1, invoked: now, completed: Infinity, outcome };
    if (dice < load.restocks) {
      return { ...common, op: 'restock', request: '', user: '', quantity: units() };
    }
    if (dice < load.restocks + load.releases && sold.length > 0) {
      const [{ request, user, quantity }] = sold.splice(random.below(sold.length), 1) as [Operation];
      return { ...common, op: 'release', request, user, quantity };
    }
    const earlier = again.pop();
    if (earlier) return { ...earlier, ...common, attempt: earlier.attempt + 1 };
    const user = `u${random.below(load.users)}`;
    return { ...common, op: 'purchase', request: `r${operations.length}`, user, quantity: units() };
  };

  for (let process = 0; process < load.processes; process++) after(() => invoke(process));
  for (let next = soonest(agenda); next; next = soonest(agenda)) {
    now = next.time;
    next.run();
  }
  return { sale: load.sale, operations, drained: store.available };
}

function keepUnknown(store: Store, operation: Operation): Outcome {
  store.perform(operation);
  return 'unknown';
}

function soonest<T extends { time: number }>(agenda: T[]): T | undefined {
  let best = 0;
  for (let i = 1; i < agenda.length; i++) if (agenda[i]!.time < agenda[best]!.time) best = i;
  return agenda.splice(best, 1)[0];
}
