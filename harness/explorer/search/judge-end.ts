import { PROPERTIES, type Property, type RecordedSale, type Strategy } from '../../../strategies/contract.ts';
import { judgeAtRest } from '../../checkers/accounting.ts';
import { claimed, outcomeOfAttempts, paid, type Allowance, type RequestFacts } from '../../checkers/facts.ts';
import { falseRefusals, isRefusal, lapseOf, type OrderedOperation } from '../../checkers/false-refusals.ts';
import type { Evidence, Judgement } from '../../checkers/checker.ts';
import type { Scope } from '../../documents/scope.ts';
import type { Suffered } from '../space/happened.ts';
import { INVALID_REQUEST } from '../../documents/nonsense.ts';
import type { Outcome } from '../../documents/vocabulary.ts';
import { unitsText } from '../../checkers/words.ts';
import { isNonsense, requestOf, saleOf, userNamed } from '../scope/ids.ts';

/** What the store says once nothing moves any more. */
export interface StoreAtRest {
  drained: number;
  recorded?: readonly RecordedSale[];
  /** Buyers who had not confirmed, and could still do so when nothing else was left to be bought. */
  held?: readonly number[];
  /** What each user could still buy, where there is a limit; empty where no process could start. */
  allowances?: readonly Allowance[];
  /** With what error a process that lives answers everybody. */
  mute?: string;
}

/**
 * Buyers who were sold units, and neither confirmed nor gave them back. Of a confirm without an answer the ledger says whether
 * it counts, if there is one: if not, the units are on hold still, or nobody's.
 */
export function unpaid({ confirms = 0 }: Scope, finishes: readonly Finish[], hasLedger: boolean): number[] {
  if (confirms === 0) return [];
  const did = (what: Finish['kind']): Set<number> =>
    new Set(
      finishes.flatMap(({ kind, buyer, fate }) =>
        kind === what && !(hasLedger && kind === 'confirm' && outcomeOf(fate) === 'unknown') ? [buyer] : [],
      ),
    );
  const [paying, releasing] = [did('confirm'), did('release')];
  const sold = finishes.flatMap(({ kind, buyer, fate }) =>
    kind === 'purchase' && fate === 'sold' ? [buyer] : [],
  );
  return [...new Set(sold)].filter((buyer) => !paying.has(buyer) && !releasing.has(buyer));
}

/** What became of an operation. `hung`: its process lives, and can never go on. */
export type Fate = Outcome | 'hung';

/** One operation at rest; the interval is in steps of the real-time order (see `spans.ts`). */
export interface Finish {
  kind: 'purchase' | 'release' | 'restock' | 'confirm';
  buyer: number;
  /** Which operation of the scope it is: later attempts have higher numbers. */
  operation: number;
  fate: Fate;
  resent: boolean;
  /** The clock has moved since it began; of a confirm, since its purchase did. */
  late?: boolean;
  /** Of a confirm: an earlier one had been acknowledged when it was asked. */
  paid?: boolean;
  /** Of a release: a purchase or confirm of its buyer had no certain answer yet when it was asked. */
  uncertain?: boolean;
  invoked: number;
  completed: number;
}

/** All seven properties of one end. */
export function judgeEnd(
  scope: Scope,
  store: StoreAtRest,
  finishes: readonly Finish[],
  { restarted, struck, reserves = false }: Suffered & Pick<Strategy, 'reserves'>,
): Judgement {
  const sale = saleOf(scope);
  const accounts = judgeAtRest({
    sale,
    ...restocks(finishes),
    drained: store.drained,
    ...(store.recorded && { recorded: store.recorded }),
    ...(store.allowances && { allowances: new Map(store.allowances.map((one, u) => [userNamed(u), one])) }),
    restarted,
    confirmed: (scope.confirms ?? 0) > 0,
    requests: requestsOf({ scope, finishes, struck }, store),
  });
  const judgement: Judgement = { ...accounts };
  for (const evidence of [
    ...unexplained(scope, finishes, reserves),
    ...notRefusedAsNonsense(scope, finishes),
    ...wrongedPayers({ scope, finishes, struck }),
    ...answeredByNobody(store),
    ...(struck ? [] : failedRequests(finishes)),
  ]) {
    const others = judgement[evidence.property].evidence;
    judgement[evidence.property] = { verdict: 'violated', evidence: [...others, evidence] };
  }
  return judgement;
}

/** Refusals that no order of the operations explains. */
function unexplained(scope: Scope, finishes: readonly Finish[], reserves: boolean): Evidence[] {
  const sale = saleOf(scope);
  const ordered = finishes.filter(inTheModel(scope)).map((finish) => orderedIn(scope, finish));
  const operations = [...ordered, ...lapses(finishes, ordered), ...firstSendings(finishes, ordered)];
  const reserving = reserves ? finishes.filter(mayHaveReserved(scope)) : [];
  const refused = falseRefusals(
    sale,
    operations,
    reserving.map((finish) => orderedIn(scope, finish)),
  );
  return refused.map(({ request, quantity, outcome }): Evidence => ({
    // Who is told of units that are not there has lost them, as far as they know.
    property: outcome === 'already-yours' ? 'lost-sale' : 'false-refusal',
    message: `${request} asked for ${quantity} and was told ${outcome}${limitText(outcome, sale.perUserLimit)}, and no order of the operations explains that`,
    operations: [],
  }));
}

function orderedIn(scope: Scope, finish: Finish): OrderedOperation {
  const { requestId, userId, quantity } = requestOf(scope, Math.max(0, finish.buyer));
  const isRestock = finish.kind === 'restock';
  return {
    request: isRestock ? '' : requestId,
    user: isRestock ? '' : userId,
    op: finish.kind,
    quantity: isRestock ? 1 : quantity,
    invoked: finish.invoked,
    completed: finish.completed,
    outcome: outcomeOf(finish.fate, finish.uncertain),
  };
}

const limitText = (outcome: Outcome, limit: number | undefined): string =>
  outcome === 'limit-reached' && limit !== undefined ? ` (the limit is ${limit})` : '';

/** Neither sold nor refused; what makes no sense reserves nothing. */
const mayHaveReserved =
  (scope: Scope) =>
  ({ kind, buyer, fate }: Finish): boolean =>
    kind === 'purchase' && fate !== 'sold' && !isRefusal(outcomeOf(fate)) && !isNonsense(scope, buyer);

/** The model sells whole units to requests that have a name; of nonsense it knows nothing. */
const inTheModel =
  (scope: Scope) =>
  ({ kind, buyer }: Finish): boolean =>
    kind !== 'confirm' &&
    (kind !== 'purchase' || !isNonsense(scope, buyer) || requestOf(scope, buyer).quantity === 1);

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
    const message = `${INVALID_REQUEST} (${scope.nonsense}) ended as ${fate}, not with a DefiniteError`;
    return [{ property, message, operations: [] }];
  });
}

/**
 * Who is told `already-yours` after the client has sent again may have what the first sending took, of which nobody was
 * told: a purchase of unknown outcome.
 */
const firstSendings = (
  finishes: readonly Finish[],
  operations: readonly OrderedOperation[],
): OrderedOperation[] => {
  const resent = finishes.some(({ fate, resent: again }) => again && fate === 'already-yours');
  if (!resent) return [];
  return operations.flatMap((operation) =>
    operation.outcome === 'already-yours' ? [{ ...operation, outcome: 'unknown' as const }] : [],
  );
};

/**
 * What buyers held and did not pay once the clock moved, as releases of unknown outcome. The order of the operations needs
 * them only for a request that is refused as well, or for another that may have been sold for them: any other refusal
 * is explained best by units that are held.
 */
function lapses(finishes: readonly Finish[], operations: readonly OrderedOperation[]): OrderedOperation[] {
  const holders = new Set(
    finishes.flatMap(({ kind, late, buyer }) => (kind === 'purchase' && late ? [buyer] : [])),
  );
  if (holders.size === 0) return [];
  const uncertain = operations.some(({ op, outcome }) => op === 'purchase' && outcome === 'unknown');
  const requests = new Set(
    operations.flatMap(({ request, outcome }) => (isRefusal(outcome) ? [request] : [])),
  );
  return operations
    .filter(({ op, request }) => op === 'purchase' && (uncertain || requests.has(request)))
    .map(lapseOf);
}

/**
 * Who pays in time is told so: a confirm is refused only once what was held may be gone, and never what was paid. One that
 * never ends, or that fails in time with nobody but the code to blame, leaves a buyer who lives without an answer to rely on.
 */
function wrongedPayers({ scope, finishes, struck }: Ended): Evidence[] {
  const isReleased = (buyer: number): boolean =>
    finishes.some((other) => other.kind === 'release' && other.buyer === buyer);
  return finishes.flatMap(({ kind, buyer, fate, late, paid: isPaid }): Evidence[] => {
    if (kind !== 'confirm' || isReleased(buyer)) return [];
    const { requestId } = requestOf(scope, buyer);
    const wronged = (property: Property, what: string): Evidence[] => [
      { property, message: `a confirm of ${requestId} ${what}`, operations: [] },
    ];
    if (fate === 'rejected' && isPaid)
      return wronged('false-refusal', 'was rejected as too late, and an earlier one had been acknowledged');
    if (fate === 'rejected' && !late)
      return wronged('false-refusal', 'was rejected as too late, and no time had passed');
    if (fate === 'hung') return wronged('progress', 'never ended');
    if (fate !== 'unknown' || late || struck) return [];
    return wronged('progress', 'failed in time, and not with a DefiniteError');
  });
}

/** Where nothing happened that could explain it, a release or a restock ends, or is refused for sure. */
function failedRequests(finishes: readonly Finish[]): Evidence[] {
  return finishes.flatMap(({ kind, fate }): Evidence[] => {
    if ((kind !== 'release' && kind !== 'restock') || (fate !== 'unknown' && fate !== 'hung')) return [];
    const message = `a ${kind} ${fate === 'hung' ? 'never ended' : 'failed, and not with a DefiniteError'}`;
    return [{ property: 'progress', message, operations: [] }];
  });
}

function answeredByNobody({ mute, drained }: StoreAtRest): Evidence[] {
  if (mute === undefined || drained === 0) return [];
  const message = `a process answers everybody with an error, hours later and while ${unitsText(drained)} could still be bought: ${mute}`;
  return [{ property: 'progress', message, operations: [] }];
}

/** Restocks add one unit each. */
function restocks(finishes: readonly Finish[]): { restocked: number; restockedUnknown: number } {
  const ended = (outcome: Outcome): number =>
    finishes.filter(({ kind, fate }) => kind === 'restock' && outcomeOf(fate) === outcome).length;
  return { restocked: ended('done'), restockedUnknown: ended('unknown') };
}

/** All attempts of a request together, with what was released of it. */
function requestsOf(ended: Ended, { held = [], recorded }: StoreAtRest): RequestFacts[] {
  const { scope, finishes } = ended;
  const gone = new Set(
    unpaid(scope, finishes, recorded !== undefined).filter((buyer) => !held.includes(buyer)),
  );
  const asked = Array.from({ length: scope.buyers }, (_, buyer) =>
    factsOf(ended, buyer).map((facts) => ({ ...facts, gone: gone.has(buyer) })),
  ).flat();
  for (const user of new Set(asked.map(({ userId }) => userId))) {
    const own = asked.filter(({ userId }) => userId === user);
    const request = own[claimed(own)];
    if (request) request.outcome = 'sold';
  }
  return asked;
}

interface Ended extends Pick<Suffered, 'struck'> {
  scope: Scope;
  finishes: readonly Finish[];
}

/** @returns nothing of a buyer who never asked */
function factsOf({ scope, finishes, struck }: Ended, buyer: number): (RequestFacts & { claims: boolean })[] {
  // As long as no process died and no message was lost, the strategy itself must answer for an error, whatever it proves.
  const unanswered = new Set<Fate>([
    'gave-up',
    'hung',
    ...(struck ? [] : (['unknown', 'rejected'] as const)),
  ]);
  const mine = finishes
    .filter((finish) => finish.buyer === buyer)
    .toSorted((a, b) => a.operation - b.operation);
  const of = (wanted: Finish['kind']): Finish[] => mine.filter(({ kind }) => kind === wanted);
  const [attempts, confirms] = [of('purchase'), of('confirm')];
  const last = attempts.at(-1);
  if (!last) return [];
  // Of several, one that surely gave back leaves nothing to the others; and another attempt may come after any of them.
  const releases = of('release').map(({ fate, uncertain }) =>
    outcomeOf(fate, uncertain || attempts.length > 1),
  );
  const gaveBack = releases.includes('done') ? 'done' : releases.find((outcome) => outcome === 'unknown');
  const told = attempts.map(({ fate }) => outcomeOf(fate));
  return [
    {
      ...requestOf(scope, buyer),
      ...((scope.confirms ?? 0) > 0
        ? paid(
            told,
            confirms.map(({ fate }) => outcomeOf(fate)),
          )
        : { outcome: outcomeOfAttempts(told) }),
      claims: told.includes('already-yours'),
      resent:
        Math.max(attempts.length, confirms.length) > 1 ||
        [...attempts, ...confirms].some(({ resent }) => resent),
      released: gaveBack === 'done' ? scope.quantities[buyer]! : 0,
      releasedUnknown: gaveBack === 'unknown' ? scope.quantities[buyer]! : 0,
      // Who gave it back may be told so for sure, and who asked for nonsense must be.
      stuck:
        unanswered.has(last.fate) &&
        !(last.fate === 'rejected' && (releases.length > 0 || isNonsense(scope, buyer))),
    },
  ];
}

/** @param uncertain of a release: what it freed may have been taken again, by what ran after it */
const outcomeOf = (fate: Fate, uncertain = false): Outcome =>
  fate === 'hung' || (uncertain && fate === 'done') ? 'unknown' : fate;

/** The properties that a judgement finds violated. */
export const violatedIn = (judgement: Judgement): Property[] =>
  PROPERTIES.filter((property) => judgement[property].verdict === 'violated');
