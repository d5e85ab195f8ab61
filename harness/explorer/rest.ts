import {
  PROPERTIES,
  type Property,
  type PurchaseOutcome,
  type RecordedSale,
} from '../../strategies/contract.ts';
import { judgeAtRest } from '../checkers/accounting.ts';
import { falseRefusals, type OrderedOperation } from '../checkers/false-refusals.ts';
import type { Evidence, Judgement } from '../checkers/checker.ts';
import type { Outcome } from '../history/operation.ts';
import { Cursor } from './cursor.ts';
import { CannotExplore } from './errors.ts';
import { freshRequest, requestOf, saleOf, type Scope } from './scope.ts';
import type { Space } from './space.ts';

/** What the store says once nothing moves any more. */
export interface StoreAtRest {
  drained: number;
  recorded?: readonly RecordedSale[];
}

/** What became of one buyer. `hung`: alive, and can never go on. `absent`: never asked. */
export type Fate = Outcome | 'hung' | 'absent';

/** One buyer's purchase at rest; the interval is in steps of the real-time order (see `Spans`). */
export interface Finish {
  fate: Fate;
  invoked: number;
  completed: number;
}

const MOST_JOBS = 100;

/** Judges the ends of interleavings, each distinct one once. */
export class Rest {
  readonly #space: Space;
  readonly #stores = new Map<number, Promise<StoreAtRest>>();
  readonly #stocks = new Map<number, Promise<number | null>>();
  readonly #judgements = new Map<string, Promise<Judgement>>();

  constructor(space: Space) {
    this.#space = space;
  }

  /** Sellers that live are closed, and jobs run until nothing changes. @returns the server then */
  async quiesce(server: number, locals: readonly number[]): Promise<number> {
    let at = server;
    const { abilities } = this.#space;
    if (abilities.close) {
      for (const [instance, id] of locals.entries()) {
        const local = this.#space.locals.values[id]!;
        if (local.phase !== 'live') continue;
        const cursor = new Cursor(this.#space.ground(instance), at, local);
        await cursor.invoke({ method: 'close' });
        await cursor.drive();
        at = cursor.server;
      }
    }
    if (!abilities.runJob) return at;
    const cursor = await this.#space.boot(this.#space.operator, at);
    for (let round = 0; round < MOST_JOBS; round++) {
      const before = cursor.server;
      const index = await cursor.invoke({ method: 'runJob' });
      await cursor.drive();
      const settled = cursor.settled(index);
      if (settled?.kind === 'returned' && settled.value === 'idle' && cursor.server === before) return before;
    }
    throw new CannotExplore(
      `runJob found work ${MOST_JOBS} times in a row on a sale at rest`,
      "runJob must answer 'idle' and change nothing once there is nothing to do",
    );
  }

  /** Drains a sale: fresh users on a fresh instance buy single units until one is refused. The state stays. */
  store(server: number): Promise<StoreAtRest> {
    return remembered(this.#stores, server, async () => {
      const cursor = await this.#space.boot(this.#space.operator, server);
      const recorded = this.#space.abilities.recorded ? await this.#ledger(cursor) : undefined;
      const { scope } = this.#space;
      const most = scope.stock + scope.quantities.reduce((sum, quantity) => sum + quantity, 0) + 1;
      let drained = 0;
      while (drained < most) {
        const index = await cursor.invoke({ method: 'purchase', request: freshRequest(drained + 1) });
        await cursor.drive();
        const settled = cursor.settled(index);
        if (settled?.kind !== 'returned' || (settled.value as PurchaseOutcome).kind !== 'sold') break;
        drained++;
      }
      return recorded ? { drained, recorded } : { drained };
    });
  }

  /** What `remaining()` says, for people; null where it fails. */
  stock(server: number): Promise<number | null> {
    return remembered(this.#stocks, server, async () => {
      const cursor = await this.#space.boot(this.#space.operator, server);
      const index = await cursor.invoke({ method: 'remaining' });
      await cursor.drive();
      const settled = cursor.settled(index);
      return settled?.kind === 'returned' && typeof settled.value === 'number' ? settled.value : null;
    });
  }

  /** All seven properties of one end. */
  judge(server: number, finishes: readonly Finish[]): Promise<Judgement> {
    const key = `${server} ${finishes.map((f) => `${f.fate} ${f.invoked} ${f.completed}`).join()}`;
    return remembered(this.#judgements, key, async () =>
      judgeEnd(this.#space.scope, await this.store(server), finishes),
    );
  }

  async #ledger(cursor: Cursor): Promise<readonly RecordedSale[]> {
    const index = await cursor.invoke({ method: 'recorded' });
    await cursor.drive();
    const settled = cursor.settled(index);
    if (settled?.kind === 'returned' && Array.isArray(settled.value)) return settled.value as RecordedSale[];
    throw new CannotExplore(
      `recorded() ${settled?.kind === 'threw' ? `failed: ${settled.message}` : 'returned no list'}`,
      'return an array of { requestId, userId, quantity }, or leave recorded out',
    );
  }
}

/** All seven properties of one end. */
export function judgeEnd(scope: Scope, store: StoreAtRest, finishes: readonly Finish[]): Judgement {
  const sale = saleOf(scope);
  const asked = finishes.flatMap((finish, buyer) =>
    finish.fate === 'absent' ? [] : [{ ...finish, ...requestOf(scope, buyer) }],
  );
  const accounts = judgeAtRest({
    sale,
    restocked: 0,
    ...store,
    requests: asked.map(({ requestId, userId, quantity, fate }) => ({
      requestId,
      userId,
      quantity,
      outcome: outcomeOf(fate),
      resent: false,
      released: 0,
      stuck: fate === 'gave-up' || fate === 'hung',
    })),
  });
  const operations = asked.map((finish): OrderedOperation => ({
    request: finish.requestId,
    user: finish.userId,
    op: 'purchase',
    quantity: finish.quantity,
    invoked: finish.invoked,
    completed: finish.completed,
    outcome: outcomeOf(finish.fate),
  }));
  const refused = falseRefusals(sale, operations);
  const evidence: Evidence[] = refused.map(({ request, outcome }) => ({
    property: 'false-refusal',
    message: `${request} was told ${outcome}, and no order of the purchases explains it`,
    operations: [],
  }));
  return { ...accounts, 'false-refusal': { verdict: refused.length > 0 ? 'violated' : 'holds', evidence } };
}

const outcomeOf = (fate: Fate): Outcome => (fate === 'hung' || fate === 'absent' ? 'unknown' : fate);

/** The properties that a judgement finds violated. */
export const violatedIn = (judgement: Judgement): Property[] =>
  PROPERTIES.filter((property) => judgement[property].verdict === 'violated');

function remembered<K, V>(map: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  const known = map.get(key);
  if (known) return known;
  const made = make();
  map.set(key, made);
  return made;
}
