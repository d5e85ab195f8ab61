import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Property } from '../../strategies/contract.ts';
import type { Verdict } from '../../harness/documents/vocabulary.ts';
import { contextOf } from '../../harness/checkers/context.ts';
import { judge } from '../../harness/checkers/judge.ts';
import { OperationColumns } from '../../harness/history/columns.ts';
import type { History, Operation } from '../../harness/history/operation.ts';
import { seededRandom } from '../../harness/ground/random.ts';
import { simulate, smallHistory } from '../helpers/histories.ts';
import { verdicts } from '../helpers/judgements.ts';
import { seed } from '../helpers/seed.ts';

const search = { timeoutMs: 20_000 };

/** What a correct store records of a large sale: sold out half-way, one unit a purchase, with its ledger. */
const large = simulate(
  {
    operations: 20_000,
    processes: 64,
    sale: { sku: 'tea', stock: 10_000, perUserLimit: 40 },
    maxQuantity: 1,
    users: 500,
    releases: 0,
    restocks: 0,
    unknown: 0,
  },
  seededRandom(seed).fork('large'),
);

const sound: Record<Property, Verdict> = {
  oversell: 'holds',
  stranded: 'holds',
  'false-refusal': 'holds',
  'double-sale': 'holds',
  'user-limit': 'holds',
  'lost-sale': 'holds',
  progress: 'holds',
};

type Recorded = Operation[];
interface Plantable extends History {
  operations: Recorded;
  drained: number;
  recorded: { requestId: string; userId: string; quantity: number }[];
}

const fresh = (): Plantable => ({
  sale: large.sale,
  drained: large.drained,
  operations: large.operations.map((operation) => ({ ...operation })),
  recorded: large.operations
    .filter(({ outcome }) => outcome === 'sold')
    .map(({ request, user, quantity }) => ({ requestId: request, userId: user, quantity })),
});

const find = (history: Plantable, from: number, outcome: Operation['outcome']): Operation =>
  history.operations.find((operation, i) => i >= from && operation.outcome === outcome)!;

/** The time of the first refusal for want of units: everything is sold then, or just about to be. */
const soldOutAt = large.operations.find(({ outcome }) => outcome === 'sold-out')!.completed;

describe('one planted fault among twenty thousand operations is found and named', () => {
  test('their sound original holds throughout', () => {
    expect(verdicts(judge(fresh(), search))).toEqual(sound);
  });

  /** `also`: what the same fault violates besides: a unit that is left over makes later refusals false. */
  interface Fault {
    property: Property;
    also?: Property;
    plant: (history: Plantable) => Operation;
  }
  const faults: Record<string, Fault> = {
    'a false refusal': {
      property: 'false-refusal',
      plant(history) {
        const victim = find(history, 5_000, 'sold');
        const heir = find(history, 0, 'sold-out');
        victim.outcome = 'sold-out';
        heir.outcome = 'sold';
        const entry = history.recorded.find(({ requestId }) => requestId === victim.request)!;
        Object.assign(entry, { requestId: heir.request, userId: heir.user });
        return victim;
      },
    },
    'a limit that was not reached': {
      property: 'false-refusal',
      plant(history) {
        const victim = find(history, 19_000, 'sold-out');
        const calm = { ...victim, user: 'a newcomer', outcome: 'limit-reached' as const };
        history.operations[history.operations.indexOf(victim)] = calm;
        return calm;
      },
    },
    'an oversold unit': {
      property: 'oversell',
      plant(history) {
        const winner = find(history, 19_000, 'sold-out');
        winner.outcome = 'sold';
        winner.user = 'a newcomer';
        history.recorded.push({ requestId: winner.request, userId: winner.user, quantity: 1 });
        return winner;
      },
    },
    'a late effect': {
      property: 'false-refusal',
      plant(history) {
        // Restocked and acknowledged at once, but nobody can buy it before it is bought much later.
        const common = { process: 64, attempt: 1, quantity: 1, request: '', user: '' };
        const at = soldOutAt + 500;
        history.operations.push(
          { ...common, op: 'restock', invoked: at, completed: at + 1, outcome: 'done' },
          {
            ...common,
            op: 'purchase',
            request: 'late',
            user: 'a newcomer',
            invoked: at + 200,
            completed: at + 201,
            outcome: 'sold',
          },
        );
        history.recorded.push({ requestId: 'late', userId: 'a newcomer', quantity: 1 });
        return history.operations
          .filter(({ invoked, completed }) => invoked > at + 1 && completed < at + 200)
          .toSorted((a, b) => a.completed - b.completed)[0]!;
      },
    },
    'a double grant': {
      property: 'double-sale',
      also: 'false-refusal',
      plant(history) {
        const winner = find(history, 5_000, 'sold');
        const spared = history.operations.findLast(({ outcome }) => outcome === 'sold')!;
        spared.outcome = 'rejected';
        history.recorded = history.recorded.filter(({ requestId }) => requestId !== spared.request);
        history.recorded.push({ requestId: winner.request, userId: winner.user, quantity: 1 });
        return winner;
      },
    },
    'a lost sale': {
      property: 'lost-sale',
      plant(history) {
        const loser = find(history, 5_000, 'sold');
        history.recorded = history.recorded.filter(({ requestId }) => requestId !== loser.request);
        history.drained++;
        return loser;
      },
    },
    'a user over the limit for a while': {
      property: 'user-limit',
      plant(history) {
        const winner = history.operations.findLast(({ outcome }) => outcome === 'sold')!;
        const rich = { ...winner, user: 'a newcomer', quantity: 1 };
        history.operations[history.operations.indexOf(winner)] = rich;
        for (const entry of history.recorded)
          if (entry.requestId === winner.request) entry.userId = rich.user;
        // Forty more sold to the same user in the calm after the end, all given back at the end.
        const end = Math.max(...history.operations.map(({ completed }) => completed));
        for (let i = 0; i < 40; i++) {
          const common = { process: 65, attempt: 1, quantity: 1, user: rich.user };
          const [bought, back] = [end + 10 * i, end + 1_000 + 10 * i];
          history.operations.push(
            {
              ...common,
              op: 'restock',
              request: '',
              user: '',
              invoked: bought + 1,
              completed: bought + 2,
              outcome: 'done',
            },
            {
              ...common,
              op: 'purchase',
              request: `rich ${i}`,
              invoked: bought + 3,
              completed: bought + 4,
              outcome: 'sold',
            },
            {
              ...common,
              op: 'release',
              request: `rich ${i}`,
              invoked: back,
              completed: back + 1,
              outcome: 'done',
            },
          );
          history.drained++;
        }
        return history.operations.find(({ request, op }) => request === 'rich 39' && op === 'purchase')!;
      },
    },
    'a buyer who gave up beside an unsold unit': {
      property: 'progress',
      also: 'false-refusal',
      plant(history) {
        const loser = history.operations.findLast(({ outcome }) => outcome === 'sold')!;
        loser.outcome = 'gave-up';
        history.recorded = history.recorded.filter(({ requestId }) => requestId !== loser.request);
        history.drained++;
        return loser;
      },
    },
  };

  for (const [name, { property, also = property, plant }] of Object.entries(faults)) {
    test(`${name} is found and named`, () => {
      const history = fresh();
      const culprit = plant(history);
      const judgement = judge(history, search);
      expect(verdicts(judgement)).toEqual({ ...sound, [property]: 'violated', [also]: 'violated' });
      const [evidence] = judgement[property].evidence;
      expect(evidence!.message).toContain(culprit.request);
      expect(evidence!.operations).toContainEqual(culprit);
    });
  }
});

const effective = ({ outcome }: Operation): boolean => outcome === 'done' || outcome === 'unknown';
const total = (units: number[]): number => units.reduce((sum, count) => sum + count, 0);

test('the context of an operation is those invoked next to it, however the history is ordered', () => {
  fc.assert(
    fc.property(smallHistory(9), fc.nat(), fc.nat(1), ({ operations }, pick, own) => {
      const row = pick % operations.length;
      const columns = OperationColumns.from(operations);
      const user = own === 1 ? operations[row]!.user : undefined;
      const context = contextOf(columns, row, own === 1 ? columns.user[row] : undefined);
      const inOrder = operations
        .filter((one) => user === undefined || one.user === user)
        .toSorted((a, b) => a.invoked - b.invoked);
      const place = inOrder.indexOf(operations[row]!);
      expect(context).toEqual(inOrder.slice(Math.max(0, place - 2), place + 3));
    }),
    { numRuns: 500 },
  );
});

/** The worst excess over all instants, added up from the definition; of a user over the limit, else over the stock. */
function worstExcess({ sale, operations }: History, user?: string): number {
  const all = [...operations];
  const limit = user === undefined ? sale.stock : sale.perUserLimit!;
  const excesses = all.map(({ completed: now }) => {
    const held = new Set(
      all
        .filter((one) => one.outcome === 'sold' && one.completed <= now)
        .filter((one) => user === undefined || one.user === user)
        .map(({ request }) => request),
    );
    for (const one of all) {
      // A request that was being released before this instant counts no more.
      if (one.op === 'release' && effective(one) && one.invoked <= now) held.delete(one.request);
    }
    const acknowledged = [...held].map((request) => all.find((one) => one.request === request)!.quantity);
    const restocked = all
      .filter((one) => user === undefined && one.op === 'restock' && effective(one) && one.invoked <= now)
      .map(({ quantity }) => quantity);
    return total(acknowledged) - limit - total(restocked);
  });
  return Math.max(...excesses);
}

test('a unit too many at any instant is seen, and only then', () => {
  const seen = { oversold: 0, overLimit: 0 };
  fc.assert(
    fc.property(smallHistory(8), ({ sale, operations }) => {
      const judgement = judge({ sale, operations, recorded: null }, search);
      const excess = worstExcess({ sale, operations });
      const [first] = judgement.oversell.evidence;
      expect(first?.message.includes('acknowledged when') ?? false).toBe(excess > 0);
      if (excess > 0) {
        seen.oversold++;
        expect(first!.units).toBe(excess);
        const named = expect.objectContaining({ request: first!.requests![0], outcome: 'sold' }) as Operation;
        expect(first!.operations).toContainEqual(named);
      }
      if (sale.perUserLimit === undefined) return;
      const users = new Set(operations.map(({ user }) => user).filter((user) => user !== ''));
      const over = [...users].some((user) => worstExcess({ sale, operations }, user) > 0);
      if (over) seen.overLimit++;
      expect(judgement['user-limit'].verdict).toBe(over ? 'violated' : 'holds');
    }),
    { numRuns: 2000 },
  );
  expect(Math.min(seen.oversold, seen.overLimit)).toBeGreaterThan(50);
});
