import type { Property } from '../../strategies/contract.ts';
import type { Outcome } from '../documents/vocabulary.ts';
import type { Evidence, PropertyVerdict } from './checker.ts';
import { boundsOf, wrongedAtRest, wrongedText, type Bounds, type Wronged } from './allowances.ts';
import { joinByName, type FactsAtRest, type Joined, type SaleAtRest } from './facts.ts';
import { sumUp, units, type Excess, type Sums } from './sums.ts';
import { unitsText } from './words.ts';

/** What sums can judge: all properties, but of refusals no more than whether the ledger belies them. */
export type Accounts = Record<Property, PropertyVerdict>;

/** Requests named in evidence. */
const NAMED = 5;

/**
 * Judges what sums at rest can show. *Held*: ledger units, whoever was told what; without a ledger, acknowledged
 * units; less what was released. A release or restock whose outcome is unknown, and a hold that no confirm
 * acknowledged, may or may not have taken effect, so it counts in favour of the property in question.
 */
export function judgeAtRest(facts: FactsAtRest): Accounts {
  return judgeJoined(facts, joinByName(facts.requests, facts.recorded ?? []));
}

/** The same, where somebody can join requests and ledger faster than by name. */
export function judgeJoined(facts: SaleAtRest, joined: Joined): Accounts {
  const sums = sumUp(facts, joined);
  const [oversell, stranded] = [judgeOversell(facts, sums), judgeStranded(facts, sums)];
  const bounds = boundsOf(facts, sums, {
    oversold: oversell.verdict === 'violated',
    stranded: stranded.verdict === 'violated',
  });
  const wronged = wrongedAtRest(facts, bounds);
  return {
    oversell,
    stranded,
    'double-sale': judgeDoubleSale(facts, sums),
    'user-limit': judgeUserLimit(facts, { sums, bounds }),
    'lost-sale': judgeLostSale(facts, { sums, wronged }),
    progress: judgeProgress(facts, { sums, wronged }),
    'false-refusal': judgeRefusals(facts, { sums, wronged }),
  };
}

/** What sums come to, and whom they show to be refused wrongly at rest. */
interface Told {
  sums: Sums;
  bounds: Bounds;
  wronged: readonly Wronged[];
}

const HOLDS: PropertyVerdict = { verdict: 'holds', evidence: [] };
const NOT_APPLICABLE: PropertyVerdict = { verdict: 'n/a', evidence: [] };

const finding = (
  verdict: 'violated' | 'inconclusive',
  property: Property,
  message: string,
  concerned: Pick<Evidence, 'units' | 'requests'> = {},
): PropertyVerdict => {
  const evidence: Evidence = { property, message, ...concerned, operations: [] };
  return { verdict, evidence: [evidence] };
};

const NOT_DRAINED = 'nobody measured how many units could still be bought at rest';

function judgeOversell({ drained }: SaleAtRest, sums: Sums): PropertyVerdict {
  const rest = units(drained ?? 0);
  const taken = Math.max(sums.heldLeast + rest, sums.acknowledged);
  const excess = taken - sums.onSaleMost;
  if (excess > 0) {
    const how =
      taken === sums.acknowledged
        ? `${sums.acknowledged} acknowledged`
        : `${sums.heldLeast} held and ${rest} still to be bought`;
    return finding('violated', 'oversell', `${how}, of ${sums.onSaleMost} put on sale`, { units: excess });
  }
  return drained === undefined ? finding('inconclusive', 'oversell', NOT_DRAINED) : HOLDS;
}

function judgeStranded(facts: SaleAtRest, sums: Sums): PropertyVerdict {
  const missing = sums.onSaleLeast - sums.heldMost - units(facts.drained ?? 0);
  if (missing <= 0) return HOLDS;
  if (facts.drained === undefined) return finding('inconclusive', 'stranded', NOT_DRAINED);
  const stranded = missing - doubleSaleWithoutLedger(facts, sums);
  if (stranded <= 0) return HOLDS;
  const message =
    `${sums.heldMost} held and ${facts.drained} still to be bought, of ${sums.onSaleLeast} put on sale: ` +
    `nobody is known to hold ${unitsText(stranded)}, and nobody can buy ${stranded === 1 ? 'it' : 'them'}`;
  return finding('violated', 'stranded', message, { units: stranded });
}

/**
 * Units that left the store beyond everything that was sold or unknown. Without a ledger they are a double sale
 * only where some purchase was sent or asked twice, and the store did not lose them itself; otherwise they are
 * stranded.
 */
function doubleSaleWithoutLedger({ recorded, drained, restarted }: SaleAtRest, sums: Sums): number {
  if (recorded !== undefined || drained === undefined || !sums.anyResent || restarted) return 0;
  return units(sums.onSaleLeast - units(drained) - sums.possiblySold);
}

function judgeDoubleSale(facts: SaleAtRest, sums: Sums): PropertyVerdict {
  if (facts.recorded !== undefined) {
    if (sums.doubled.length === 0) return HOLDS;
    const message = `in the ledger beyond what was asked for: ${listed(sums.doubled)}`;
    return finding('violated', 'double-sale', message, about(sums.doubled));
  }
  if (facts.drained === undefined) {
    const sure = !sums.anyResent || sums.onSaleLeast <= sums.possiblySold;
    return sure ? HOLDS : finding('inconclusive', 'double-sale', NOT_DRAINED);
  }
  const excess = doubleSaleWithoutLedger(facts, sums);
  if (excess === 0) return HOLDS;
  const message =
    `${unitsText(sums.onSaleLeast - units(facts.drained))} left the store for ${sums.possiblySold} that ` +
    `${sums.possiblySold === 1 ? 'was' : 'were'} sold or may have been, and a purchase was sent twice`;
  return finding('violated', 'double-sale', message, { units: excess });
}

function judgeUserLimit(
  { sale, allowances, confirmed }: SaleAtRest,
  { sums, bounds }: Pick<Told, 'sums' | 'bounds'>,
): PropertyVerdict {
  const limit = sale.perUserLimit;
  if (limit === undefined) return NOT_APPLICABLE;
  const over: string[] = [];
  let excess = 0;
  for (const user of new Set([...(sums.heldByUser?.keys() ?? []), ...(allowances?.keys() ?? [])])) {
    const held = bounds.least(user);
    // Where buyers confirm, what they buy is a hold, and the limit may be kept later.
    const more = confirmed ? 0 : (allowances?.get(user)?.bought ?? 0);
    if (held + more <= limit) continue;
    over.push(`${user} holds ${held}${held > limit ? '' : ` and can buy ${more} more`}`);
    excess += held > limit ? held - limit : held + more - limit;
  }
  if (over.length === 0) return HOLDS;
  return finding('violated', 'user-limit', `${atMost(over)}; the limit is ${limit}`, { units: excess });
}

/** Without a ledger a sale is known to be lost only where its units are for sale again after a restart. */
function judgeLostSale(
  facts: SaleAtRest,
  { sums, wronged }: Pick<Told, 'sums' | 'wronged'>,
): PropertyVerdict {
  const { lost, heldLeast, onSaleMost } = sums;
  const told = wronged.flatMap(({ user, refusal }) => (refusal === 'already-yours' ? [user] : []));
  const claimed = [...sums.claims].flatMap(([user, holds]) => (holds ? [] : [user]));
  const deceived = facts.confirmed ? [] : [...new Set([...claimed, ...told])];
  if (deceived.length > 0) {
    const message = `${atMost(deceived)} was told already-yours and holds nothing at rest`;
    return finding('violated', 'lost-sale', message, { units: deceived.length });
  }
  const again = facts.restarted ? heldLeast + units(facts.drained ?? 0) - onSaleMost : 0;
  if (lost.length > 0) {
    const message = `acknowledged but not in the ledger: ${listed(lost)}`;
    return finding('violated', 'lost-sale', message, about(lost));
  }
  if (again > 0) {
    const message = `${unitsText(again)} of those that were sold can be bought again after a restart`;
    return finding('violated', 'lost-sale', message, { units: again });
  }
  return facts.recorded === undefined ? NOT_APPLICABLE : HOLDS;
}

function judgeProgress(
  { sale, drained }: SaleAtRest,
  { sums: { stuck }, wronged }: Pick<Told, 'sums' | 'wronged'>,
): PropertyVerdict {
  const left = drained === undefined ? [] : stuck.filter((request) => request.quantity <= drained);
  if (left.length > 0) {
    const asked = left.map(({ requestId, quantity }) => ({ request: requestId, units: quantity }));
    const message = `gave up, never ended or failed while ${unitsText(drained ?? 0)} could still be bought: ${listed(asked)}`;
    return finding('violated', 'progress', message, about(asked));
  }
  const kept = wronged.filter(({ refusal }) => !ANSWERS.has(refusal));
  if (kept.length > 0) {
    const message = `${atMost(kept.map((one) => wrongedText(one, sale.perUserLimit)))} at rest, while ${unitsText(drained ?? 0)} could still be bought`;
    return finding('violated', 'progress', message, { units: kept.length });
  }
  if (stuck.length === 0 || drained !== undefined) return HOLDS;
  return finding(
    'inconclusive',
    'progress',
    `${stuck.length === 1 ? 'a request' : `${stuck.length} requests`} gave up, and ${NOT_DRAINED}`,
  );
}

/** Refusals that other properties judge. */
const ANSWERS: ReadonlySet<Outcome> = new Set(['sold-out', 'limit-reached', 'already-yours']);

/** Refusing a request that holds units is never right; nor is to say that it surely had no effect. */
function judgeRefusals(
  { sale }: SaleAtRest,
  { sums: { refusedThoughHeld }, wronged }: Pick<Told, 'sums' | 'wronged'>,
): PropertyVerdict {
  const kept = wronged.filter(({ refusal }) => refusal === 'sold-out' || refusal === 'limit-reached');
  if (kept.length > 0) {
    const message = `${atMost(kept.map((one) => wrongedText(one, sale.perUserLimit)))} at rest, while units are left`;
    return finding('violated', 'false-refusal', message, { units: kept.length });
  }
  if (refusedThoughHeld.length === 0) return HOLDS;
  const told = refusedThoughHeld.map(({ request, outcome }) => `${request} was told ${outcome}`);
  const message = `${atMost(told)}, and the ledger has units for it`;
  return finding('violated', 'false-refusal', message, about(refusedThoughHeld));
}

const about = (items: readonly Excess[]): Pick<Evidence, 'units' | 'requests'> => ({
  units: items.reduce((sum, item) => sum + item.units, 0),
  requests: items.slice(0, NAMED).map((item) => item.request),
});

const listed = (items: readonly Excess[]): string =>
  atMost(items.map((item) => `${item.request} (${item.units})`));

const atMost = (items: readonly string[]): string =>
  items.slice(0, NAMED).join(', ') + (items.length > NAMED ? ` and ${items.length - NAMED} more` : '');
