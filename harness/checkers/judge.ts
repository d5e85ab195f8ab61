import type { Property } from '../../strategies/contract.ts';
import { OperationColumns } from '../history/columns.ts';
import type { History, Operation } from '../history/operation.ts';
import { judgeJoined, type Accounts } from './accounting.ts';
import type { SaleAtRest } from './facts.ts';
import type { Evidence, Judgement, PropertyVerdict } from './checker.ts';
import { overLimitAtSomeInstant, oversoldAtSomeInstant } from './instants.ts';
import { deceivedClaims, refusedThoughPaid, refusedThoughSold } from './claims.ts';
import { joinLedger } from './ledger-join.ts';
import {
  DONE,
  foldRequests,
  GAVE_UP,
  had,
  PURCHASE,
  REJECTED,
  RESTOCK,
  SOLD,
  UNKNOWN,
  type Requests,
} from './requests.ts';
import { judgeRefusals, type RefusalOptions } from './refusals.ts';
import { unitsText } from './words.ts';

/** Operations that evidence shows. */
const SHOWN = 10;

/**
 * What a history says of all seven properties.
 *
 * @throws UsageError if the history contradicts itself
 */
export function judge(history: History, options: RefusalOptions): Judgement {
  const operations = OperationColumns.from(history.operations);
  const requests = foldRequests(operations, history.confirms);
  const accounts = judgeAccounts(history, operations, requests);
  return {
    ...accounts,
    'false-refusal': together(
      accounts['false-refusal'],
      unlessReserved(history, operations, judgeRefusals(history.sale, operations, requests, options)),
    ),
  };
}

/** What sums decide: at rest, and for `oversell` and `user-limit` at every instant before. */
function judgeAccounts(history: History, operations: OperationColumns, requests: Requests): Accounts {
  const facts: SaleAtRest = {
    sale: history.sale,
    restocked: restocked(operations, DONE),
    restockedUnknown: restocked(operations, UNKNOWN),
    confirmed: requests.confirmed,
  };
  if (history.drained !== undefined) facts.drained = history.drained;
  if (history.recorded) facts.recorded = history.recorded;
  const atRest = judgeJoined(facts, joinLedger(requests, operations, facts.recorded ?? []));
  const show = (property: Property): PropertyVerdict => withOperations(atRest[property], operations);
  const ledgerUnread = history.recorded === undefined;
  return {
    oversell: alsoViolated(show('oversell'), oversoldAtSomeInstant(history.sale, operations, requests)),
    stranded: ledgerUnread ? unlessRecorded(show('stranded'), requests) : show('stranded'),
    'double-sale': show('double-sale'),
    'user-limit': alsoViolated(
      show('user-limit'),
      overLimitAtSomeInstant(history.sale, operations, requests),
    ),
    'lost-sale': deceivedClaims(operations, requests, history.recorded ?? []).reduceRight(
      alsoViolated,
      ledgerUnread ? inconclusive('lost-sale', LEDGER_UNREAD) : show('lost-sale'),
    ),
    progress: show('progress'),
    'false-refusal': [
      ...refusedThoughPaid(operations, requests),
      ...refusedThoughSold(operations, requests),
    ].reduceRight(alsoViolated, show('false-refusal')),
  };
}

/**
 * A refusal that no order explains may have met units that a purchase held for a moment, where the strategy says that it
 * reserves them and some purchase was neither sold nor refused.
 */
function unlessReserved(
  { reserves = false }: History,
  { length, op, outcome }: OperationColumns,
  found: PropertyVerdict,
): PropertyVerdict {
  if (!reserves || found.verdict !== 'violated') return found;
  for (let row = 0; row < length; row++) {
    const failed = outcome[row] === REJECTED || outcome[row] === GAVE_UP || outcome[row] === UNKNOWN;
    if (op[row] === PURCHASE && failed) return inconclusive('false-refusal', RESERVED);
  }
  return found;
}

const RESERVED =
  'somebody was refused while units were left, and a purchase that failed may have reserved them at that moment';

/** What the ledger belies, and what no order explains. */
const together = (found: PropertyVerdict, other: PropertyVerdict): PropertyVerdict =>
  found.verdict !== 'violated'
    ? other
    : {
        verdict: 'violated',
        evidence: [...found.evidence, ...(other.verdict === 'violated' ? other.evidence : [])],
      };

const LEDGER_UNREAD = 'nobody read the ledger, or said that the strategy keeps none';

const inconclusive = (property: Property, message: string): PropertyVerdict => ({
  verdict: 'inconclusive',
  evidence: [{ property, message, operations: [] }],
});

/** What is missing may stand in a ledger that nobody read, as sold to requests whose outcome is unknown. */
function unlessRecorded(stranded: PropertyVerdict, requests: Requests): PropertyVerdict {
  const missing = stranded.evidence[0]?.units ?? 0;
  const unknown = requests.quantity.reduce(
    (sum, quantity, r) => (isUnknown(requests.outcomes[r]!) ? sum + quantity : sum),
    0,
  );
  if (stranded.verdict !== 'violated' || missing > unknown) return stranded;
  const message = `${unitsText(missing)} may be stranded, or sold to requests whose outcome is unknown: ${LEDGER_UNREAD}`;
  return inconclusive('stranded', message);
}

const isUnknown = (outcomes: number): boolean => had(outcomes, UNKNOWN) && !had(outcomes, SOLD);

/** Units of restocks that ended so. */
function restocked({ length, op, outcome, quantity }: OperationColumns, ending: number): number {
  let units = 0;
  for (let row = 0; row < length; row++) {
    if (op[row] === RESTOCK && outcome[row] === ending) units += quantity[row]!;
  }
  return units;
}

/** Sums name requests; a reader of the evidence wants to see what they did. */
function withOperations(found: PropertyVerdict, operations: OperationColumns): PropertyVerdict {
  const evidence = found.evidence.map((item) => ({ ...item, operations: operationsOf(item, operations) }));
  return { ...found, evidence };
}

function operationsOf({ requests = [] }: Evidence, operations: OperationColumns): Operation[] {
  if (requests.length === 0) return [];
  const wanted = new Set(requests.map((request) => operations.strings.intern(request)));
  const found: Operation[] = [];
  for (let row = 0; row < operations.length && found.length < SHOWN; row++) {
    if (wanted.has(operations.request[row]!)) found.push(operations.at(row));
  }
  return found.toSorted((a, b) => a.invoked - b.invoked);
}

const alsoViolated = (found: PropertyVerdict, evidence: Evidence | undefined): PropertyVerdict =>
  evidence === undefined
    ? found
    : { verdict: 'violated', evidence: [evidence, ...(found.verdict === 'violated' ? found.evidence : [])] };
