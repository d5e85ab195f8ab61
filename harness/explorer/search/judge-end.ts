import { PROPERTIES, type Property, type RecordedSale } from '../../../strategies/contract.ts';
import { judgeAtRest } from '../../checkers/accounting.ts';
import { outcomeOfAttempts, type RequestFacts } from '../../checkers/facts.ts';
import { falseRefusals, type OrderedOperation } from '../../checkers/false-refusals.ts';
import type { Evidence, Judgement } from '../../checkers/checker.ts';
import type { Scope } from '../../documents/scope.ts';
import type { Outcome } from '../../documents/vocabulary.ts';
import { Budgets } from '../scope/budgets.ts';
import { isNonsense, requestOf, saleOf } from '../scope/ids.ts';

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
  const refusals = refused.map(({ request, outcome }): Evidence => ({
    property: 'false-refusal',
    message: `${request} was told ${outcome}, and no order of the operations explains that`,
    operations: [],
  }));
  const judgement: Judgement = { ...accounts };
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
    const message = `an invalid request (${scope.nonsense}) ended as ${fate}, not with a DefiniteError`;
    return [{ property, message, operations: [] }];
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

/** The properties that a judgement finds violated. */
export const violatedIn = (judgement: Judgement): Property[] =>
  PROPERTIES.filter((property) => judgement[property].verdict === 'violated');
