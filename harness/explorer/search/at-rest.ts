import { PROPERTIES, type Property, type RecordedSale } from '../../../strategies/contract.ts';
import { judgeAtRest } from '../../checkers/accounting.ts';
import { outcomeOfAttempts, type RequestFacts } from '../../checkers/facts.ts';
import { drain } from '../../checkers/at-rest-steps.ts';
import { falseRefusals, type OrderedOperation } from '../../checkers/false-refusals.ts';
import type { Evidence, Judgement } from '../../checkers/checker.ts';
import type { Outcome } from '../../documents/vocabulary.ts';
import { Budgets } from '../scope/budgets.ts';
import { Cursor } from '../space/cursor.ts';
import { drive } from '../space/drive.ts';
import { boot } from '../space/perform.ts';
import { CannotExplore, SellerFailed } from '../errors.ts';
import type { Settled } from '../process/instance.ts';
import type { Scope } from '../../documents/scope.ts';
import { freshRequest, isNonsense, requestOf, saleOf } from '../scope/scope.ts';
import type { Space } from '../space/space.ts';
import { interval } from '../space/spans.ts';
import { isIdle, isSale, mostUnits, workOff } from './settling.ts';

/** What the store says once nothing moves any more. */
export interface StoreAtRest {
  drained: number;
  recorded?: readonly RecordedSale[];
}

/** What became of an operation. `hung`: its process lives, and can never go on. */
export type Fate = Outcome | 'hung';

/** One operation at rest; the interval is in steps of the real-time order (see `spans.ts`). */
export interface Finish {
  kind: 'purchase' | 'release' | 'restock';
  buyer: number;
  /** Which operation of the scope it is: later attempts have higher numbers. */
  operation: number;
  fate: Fate;
  resent: boolean;
  invoked: number;
  completed: number;
}

/** Judges the ends of interleavings, each distinct one once. */
export class Rest {
  readonly #space: Space;
  readonly #quiet = new Map<number, Promise<number>>();
  readonly #stores = new Map<number, Promise<StoreAtRest>>();
  readonly #stocks = new Map<number, Promise<number | null>>();
  readonly #judgements = new Map<string, Promise<Judgement>>();

  constructor(space: Space) {
    this.#space = space;
  }

  /** Sellers that live are closed, every deadline passes, and jobs run until nothing changes. @returns the server then */
  async quiesce(server: number, locals: readonly number[]): Promise<number> {
    let at = server;
    const { abilities, memo } = this.#space;
    if (abilities.close) {
      for (const [slot, id] of locals.entries()) {
        const local = this.#space.locals.values[id]!;
        if (local.phase !== 'live') continue;
        const cursor = new Cursor(this.#space.ground(slot), at, local);
        await cursor.invoke({ method: 'close' });
        await drive(cursor);
        at = cursor.server;
      }
    }
    for (const { key, volatile } of memo.keys(at)) {
      if (volatile) at = (await memo.befall(at, { kind: 'expire', key })).next;
    }
    return abilities.runJob ? remembered(this.#quiet, at, () => this.#work(at)) : at;
  }

  async #work(server: number): Promise<number> {
    const cursor = await this.#fresh(this.#space.lateOperator, server);
    if (!cursor) return server;
    await workOff(async () => {
      const before = cursor.server;
      const settled = await pass(cursor);
      return isIdle(settled) && cursor.server === before;
    });
    return cursor.server;
  }

  /**
   * Drains a sale: fresh users on a fresh instance buy single units until one is refused, and the background work goes
   * on while they wait. The state stays.
   */
  store(server: number): Promise<StoreAtRest> {
    return remembered(this.#stores, server, async () => {
      const cursor = await this.#fresh(this.#space.lateOperator, server);
      // A process that finds no product to sell sells nothing.
      if (!cursor) return { drained: 0 };
      const { scope, abilities } = this.#space;
      const recorded = abilities.recorded ? await this.#ledger(cursor) : undefined;
      const work = async (): Promise<void> => {
        const office = await boot(this.#space, this.#space.lateOperator, cursor.server);
        await pass(office);
        cursor.server = office.server;
      };
      const buy = async (n: number): Promise<boolean> => {
        const index = await cursor.invoke({ method: 'purchase', request: freshRequest(n) });
        await drive(cursor, abilities.runJob ? work : undefined);
        return isSale(cursor.settled(index));
      };
      const drained = await drain(buy, mostUnits(scope));
      return recorded ? { drained, recorded } : { drained };
    });
  }

  /** What `remaining()` says, for people; null where it fails. */
  stock(server: number): Promise<number | null> {
    return remembered(this.#stocks, server, async () => {
      const cursor = await this.#fresh(this.#space.operator, server);
      if (!cursor) return null;
      const index = await cursor.invoke({ method: 'remaining' });
      await drive(cursor);
      const settled = cursor.settled(index);
      return settled?.kind === 'returned' && typeof settled.value === 'number' ? settled.value : null;
    });
  }

  /** All seven properties of one end. `restarted`: the server lost its data on the way. */
  judge(server: number, finishes: readonly Finish[], restarted: boolean): Promise<Judgement> {
    const key = `${server} ${restarted ? 'restarted ' : ''}${JSON.stringify(finishes)}`;
    return remembered(this.#judgements, key, async () =>
      judgeEnd(this.#space.scope, await this.store(server), finishes, restarted),
    );
  }

  /** A process that starts now; undefined if it can make no seller, as when the product is gone. */
  #fresh(role: number, server: number): Promise<Cursor | undefined> {
    return boot(this.#space, role, server).catch((error: unknown) => {
      if (error instanceof SellerFailed) return undefined;
      throw error;
    });
  }

  async #ledger(cursor: Cursor): Promise<readonly RecordedSale[]> {
    const index = await cursor.invoke({ method: 'recorded' });
    await drive(cursor);
    const settled = cursor.settled(index);
    if (settled?.kind === 'returned' && Array.isArray(settled.value)) return settled.value as RecordedSale[];
    throw new CannotExplore(
      `recorded() ${settled?.kind === 'threw' ? `failed: ${settled.message}` : 'returned no list'}`,
      'return an array of { requestId, userId, quantity }, or leave recorded out',
    );
  }
}

/** One pass of background work. @returns how it ended */
async function pass(cursor: Cursor): Promise<Settled | undefined> {
  const index = await cursor.invoke({ method: 'runJob' });
  await drive(cursor);
  return cursor.settled(index);
}

/** All seven properties of one end. */
export function judgeEnd(
  scope: Scope,
  store: StoreAtRest,
  finishes: readonly Finish[],
  restarted: boolean,
): Judgement {
  const sale = saleOf(scope);
  const accounts = judgeAtRest({
    sale,
    ...restocks(finishes),
    ...store,
    restarted,
    requests: requestsOf(scope, finishes),
  });
  const operations = finishes.filter(inTheModel(scope)).map((finish): OrderedOperation => {
    const { requestId, userId, quantity } = requestOf(scope, Math.max(0, finish.buyer));
    const isRestock = finish.kind === 'restock';
    return {
      request: isRestock ? '' : requestId,
      user: isRestock ? '' : userId,
      op: finish.kind,
      quantity: isRestock ? 1 : quantity,
      invoked: finish.invoked,
      completed: finish.completed,
      outcome: outcomeOf(finish.fate),
    };
  });
  const refused = falseRefusals(sale, operations);
  const refusals: Evidence[] = [
    ...phantoms(scope, store, finishes),
    ...refused.map(({ request, outcome }): Evidence => ({
      property: 'false-refusal',
      message: `${request} was told ${outcome}, and no order of the purchases explains it`,
      operations: [],
    })),
  ];
  const judgement: Judgement = { ...accounts, 'false-refusal': { verdict: 'holds', evidence: [] } };
  for (const evidence of [...refusals, ...notRefusedAsNonsense(scope, finishes)]) {
    const others = judgement[evidence.property].evidence;
    judgement[evidence.property] = { verdict: 'violated', evidence: [...others, evidence] };
  }
  return judgement;
}

/** The model sells whole units to requests that have a name; of nonsense it knows nothing. */
const inTheModel =
  (scope: Scope) =>
  ({ kind, buyer }: Finish): boolean =>
    kind !== 'purchase' || !isNonsense(scope, buyer) || requestOf(scope, buyer).quantity === 1;

/**
 * A request that makes no sense must be refused as such, by a DefiniteError. One that was sold is a sale too many;
 * one that was told "sold out" or "limit reached" was told what no order explains; anything else leaves a buyer who
 * lives without an answer to rely on.
 */
function notRefusedAsNonsense(scope: Scope, finishes: readonly Finish[]): Evidence[] {
  return finishes.flatMap(({ kind, buyer, fate }): Evidence[] => {
    if (kind !== 'purchase' || !isNonsense(scope, buyer) || fate === 'rejected') return [];
    const refused = fate === 'sold-out' || fate === 'limit-reached';
    const property = fate === 'sold' ? 'oversell' : refused ? 'false-refusal' : 'progress';
    const message = `a request that makes no sense (${scope.nonsense}) ended as ${fate}, not by a DefiniteError`;
    return [{ property, message, operations: [] }];
  });
}

/** Requests that were refused, and hold units by the ledger: refusing those is never right. */
function phantoms(scope: Scope, { recorded }: StoreAtRest, finishes: readonly Finish[]): Evidence[] {
  const held = new Set(recorded?.filter(({ quantity }) => quantity > 0).map(({ requestId }) => requestId));
  return requestsOf(scope, finishes).flatMap(({ requestId, outcome }): Evidence[] => {
    if ((outcome !== 'sold-out' && outcome !== 'limit-reached') || !held.has(requestId)) return [];
    const message = `${requestId} was told ${outcome}, and holds units in the ledger`;
    return [{ property: 'false-refusal', message, operations: [] }];
  });
}

/** Restocks add one unit each. */
function restocks(finishes: readonly Finish[]): { restocked: number; restockedUnknown: number } {
  const ended = (outcome: Outcome): number =>
    finishes.filter(({ kind, fate }) => kind === 'restock' && outcomeOf(fate) === outcome).length;
  return { restocked: ended('done'), restockedUnknown: ended('unknown') };
}

/** All attempts of a request together, with what was released of it. */
function requestsOf(scope: Scope, finishes: readonly Finish[]): RequestFacts[] {
  const facts: RequestFacts[] = [];
  // Where no process dies and no message is lost, the strategy itself must answer for an error that proves nothing.
  const unanswered = new Set<Fate>(['gave-up', 'hung', ...(isDisturbed(scope) ? [] : ['unknown' as const])]);
  for (let buyer = 0; buyer < scope.buyers; buyer++) {
    const mine = finishes
      .filter((finish) => finish.buyer === buyer)
      .toSorted((a, b) => a.operation - b.operation);
    const attempts = mine.filter(({ kind }) => kind === 'purchase');
    const last = attempts.at(-1);
    if (!last) continue;
    const released = (outcome: Outcome): number =>
      mine.some(({ kind, fate }) => kind === 'release' && outcomeOf(fate) === outcome)
        ? scope.quantities[buyer]!
        : 0;
    facts.push({
      ...requestOf(scope, buyer),
      outcome: outcomeOfAttempts(attempts.map(({ fate }) => outcomeOf(fate))),
      resent: attempts.length > 1 || attempts.some(({ resent }) => resent),
      released: released('done'),
      releasedUnknown: released('unknown'),
      stuck: unanswered.has(last.fate),
    });
  }
  return facts;
}

const isDisturbed = (scope: Scope): boolean => {
  const budgets = new Budgets(scope);
  return budgets.disturbing(budgets.whole);
};

const outcomeOf = (fate: Fate): Outcome => (fate === 'hung' ? 'unknown' : fate);

/** What became of every operation that started, in this state. */
export function finishesOf(
  space: Space,
  locals: readonly number[],
  spanOf: (operation: number) => number,
): Finish[] {
  const finishes: Finish[] = [];
  for (const [slot, id] of locals.entries()) {
    const { phase, calls } = space.locals.values[id]!;
    for (const call of calls) {
      if (call.kind === 'other' || !call.begun) continue;
      const operation = space.operationHere(slot, call.operation);
      finishes.push({
        kind: call.kind,
        buyer: call.kind === 'restock' ? -1 : space.buyerHere(slot, call.buyer),
        operation,
        // A process that died owes nobody an answer, but may have sold; one that lives and cannot go on hangs.
        fate: call.outcome ?? (phase === 'live' ? 'hung' : 'unknown'),
        resent: call.resent,
        ...interval(spanOf(operation)),
      });
    }
  }
  return finishes.toSorted((a, b) => a.operation - b.operation);
}

/**
 * Units that buyers were told they have and did not ask to give back, less what was put on sale meanwhile. A request
 * that was told so twice has its units once.
 */
export function netAcknowledged(space: Space, locals: readonly number[]): number {
  let units = 0;
  for (const local of locals) units += netOf(space, local);
  return space.scope.faults.repeat > 0 ? units - toldAgain(space, locals) : units;
}

/** The same of one slot alone. */
export function netOf(space: Space, local: number): number {
  let units = 0;
  for (const { kind, buyer, outcome } of space.locals.values[local]!.calls) {
    // Buyers recorded under another's name ask for the same quantity.
    if (kind === 'purchase' && outcome === 'sold') units += space.scope.quantities[buyer]!;
    if (kind === 'release') units -= space.scope.quantities[buyer]!;
    if (kind === 'restock') units -= 1;
  }
  return units;
}

/** Units of acknowledgements after a request's first, wherever it was served. With repeats, buyers keep their names. */
function toldAgain(space: Space, locals: readonly number[]): number {
  const told = locals.flatMap((local) =>
    space.locals.values[local]!.calls.flatMap(({ kind, buyer, outcome }) =>
      kind === 'purchase' && outcome === 'sold' ? [buyer] : [],
    ),
  );
  const again = told.filter((buyer, i) => told.indexOf(buyer) < i);
  return again.reduce((units, buyer) => units + space.scope.quantities[buyer]!, 0);
}

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
