import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  checkLinearizable,
  type Model,
  type ModelOperation,
} from '../../harness/checkers/linearizability.ts';
import { falseRefusals, timed } from '../../harness/checkers/false-refusals.ts';
import { saleModel } from '../../harness/checkers/sale-model.ts';
import type { Operation as SaleOperation } from '../../harness/history/operation.ts';
import { LinearizationSearch } from '../../harness/checkers/linearization-search.ts';
import { systemClock } from '../../harness/ground/ambient.ts';
import { seededRandom } from '../../harness/ground/random.ts';
import { orders, simulate, smallHistory, someOrderExplains, type Load } from '../helpers/histories.ts';

type Call = { write: number } | { read: true };
type Register = ModelOperation<Call, number | undefined>;

const register: Model<number, Call, number | undefined> = {
  init: () => 0,
  step: (state, call, output) =>
    'write' in call ? { ok: true, state: call.write } : { ok: output === state, state },
};

const write = (value: number, invoked: number, completed: number): Register => ({
  process: 0,
  input: { write: value },
  output: undefined,
  invoked,
  completed,
});
const read = (value: number, invoked: number, completed: number): Register => ({
  process: 0,
  input: { read: true },
  output: value,
  invoked,
  completed,
});

const small: fc.Arbitrary<Register[]> = fc.array(
  fc
    .record({
      writes: fc.boolean(),
      value: fc.integer({ min: 0, max: 2 }),
      invoked: fc.integer({ min: 0, max: 10 }),
      duration: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 5 }) }, fc.constant(Infinity)),
    })
    .map(({ writes, value, invoked, duration }) =>
      (writes ? write : read)(value, invoked, invoked + duration),
    ),
  { maxLength: 6 },
);

/** Replays the order and says whether the register accepts it. */
const accepted = (order: readonly Register[]): boolean => {
  let state = register.init();
  return order.every(({ input, output }) => {
    const next = register.step(state, input, output);
    state = next.state;
    return next.ok;
  });
};

const withoutLimit = { timeoutMs: Infinity };

test('the general checker agrees with the trial of every order on any small register history', () => {
  const seen = { holds: 0, violated: 0, inconclusive: 0 };
  fc.assert(
    fc.property(small, (history) => {
      const result = checkLinearizable(register, history, withoutLimit);
      const open = history.map((operation) => ({
        ...operation,
        outcome: operation.completed === Infinity ? ('unknown' as const) : ('done' as const),
      }));
      expect(result.verdict).toBe(orders(open).some(accepted) ? 'holds' : 'violated');
      seen[result.verdict]++;
    }),
    { numRuns: 2000 },
  );
  // Neither verdict is a rare accident of the generator.
  expect(Math.min(seen.holds, seen.violated)).toBeGreaterThan(200);
});

test('its evidence is an order that the model accepts, and operations that cannot follow it', () => {
  fc.assert(
    fc.property(small, (history) => {
      const { verdict, longestPrefix, unplaced } = checkLinearizable(register, history, withoutLimit);
      expect(accepted(longestPrefix)).toBe(true);
      for (const [i, earlier] of longestPrefix.entries()) {
        for (const later of longestPrefix.slice(i)) expect(later.completed < earlier.invoked).toBe(false);
      }
      const left = history.filter((operation) => !longestPrefix.includes(operation));
      if (verdict === 'holds') {
        expect(left.every(({ completed }) => completed === Infinity)).toBe(true);
        expect(unplaced).toEqual([]);
      } else {
        const soonest = Math.min(...left.map(({ completed }) => completed));
        expect(new Set(unplaced)).toEqual(new Set(left.filter(({ invoked }) => invoked <= soonest)));
      }
    }),
    { numRuns: 1000 },
  );
});

test('an operation that comes too late is named, with the order that leads up to it', () => {
  const history = [write(1, 0, 1), write(2, 2, 3), read(1, 4, 5), read(2, 6, 7)];
  const { verdict, longestPrefix, unplaced } = checkLinearizable(register, history, withoutLimit);
  expect(verdict).toBe('violated');
  expect(longestPrefix).toEqual(history.slice(0, 2));
  expect(unplaced).toEqual([history[2]]);
  // Its sound twin: the same read while the write was still open.
  history[1] = write(2, 2, 5);
  expect(checkLinearizable(register, history, withoutLimit).verdict).toBe('holds');
});

/** Here the process is the key. */
const at = (process: number, operation: Register): Register => ({ ...operation, process });

test('parts are checked one by one, and one bad part is enough', () => {
  const byKey: typeof register = {
    ...register,
    partition: (operations) => [1, 2].map((key) => operations.filter(({ process }) => process === key)),
  };
  const good = [at(1, write(1, 0, 1)), at(2, read(0, 2, 3)), at(1, read(1, 4, 5))];
  expect(checkLinearizable(byKey, good, withoutLimit)).toMatchObject({ verdict: 'holds', unplaced: [] });
  // As one register the same history is wrong: 0 is read after 1 was written.
  expect(checkLinearizable(register, good, withoutLimit).verdict).toBe('violated');
  const bad = [...good, at(2, read(1, 6, 7))];
  expect(checkLinearizable(byKey, bad, withoutLimit)).toMatchObject({
    verdict: 'violated',
    unplaced: [bad[3]],
  });
});

/** A read that nothing explains, beside so many concurrent writes that 2^60 sets of them would have to be tried. */
const endless = [...Array.from({ length: 60 }, (_, i) => write(i + 1, 0, 1000)), read(99, 500, 1000)];

test('a search that runs out of time or memory never reads as an answer', () => {
  expect(checkLinearizable(register, endless, { timeoutMs: 0 }).verdict).toBe('inconclusive');
  expect(checkLinearizable(register, endless, { timeoutMs: 50 }).verdict).toBe('inconclusive');
  const gauges = { clock: systemClock, heapInUse: () => 0 };
  const forgetful = new LinearizationSearch(register, endless, gauges);
  forgetful.run(Infinity, 1_000_000);
  expect(forgetful.verdict).toBe('inconclusive');
  const crowded = new LinearizationSearch(register, endless, { ...gauges, heapInUse: () => 0.9 });
  crowded.run(Infinity, Infinity);
  expect(crowded.verdict).toBe('inconclusive');
});

/** Bytes that a search remembers of so many writes, each beside its neighbours; given in order, or shuffled. */
function remembered(count: number, shuffle?: number): number {
  const random = shuffle === undefined ? undefined : seededRandom(shuffle);
  const given = Array.from({ length: count }, (_, i) => ({ i, place: random?.next() ?? i }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ i }) => write(i, i, i + 3));
  const search = new LinearizationSearch(register, given, { clock: systemClock, heapInUse: () => 0 });
  search.run(Infinity, Infinity);
  expect(search.verdict).toBe('holds');
  return search.bytes;
}

test('what a search remembers grows with the history only, in whatever order the operations are given', () => {
  expect(remembered(4_000, 1)).toBe(remembered(4_000));
  expect(remembered(4_000)).toBeLessThan(2.1 * remembered(2_000));
});

test('a part that no time suffices for never hides a violation in another', () => {
  const parted = {
    ...register,
    partition: (operations: readonly Register[]) => [operations.slice(0, 61), operations.slice(61)],
  };
  const bad = read(7, 0, 1);
  const { verdict, unplaced } = checkLinearizable(parted, [...endless, bad], { timeoutMs: 60_000 });
  expect(verdict).toBe('violated');
  expect(unplaced).toEqual([bad]);
  const good = read(0, 0, 1);
  expect(checkLinearizable(parted, [...endless, good], { timeoutMs: 50 }).verdict).toBe('inconclusive');
});

test('the time limit is kept to within a tenth, however long a step of the model takes', () => {
  // The clock counts steps of the model, so that no machine's speed decides.
  for (const stepMs of [0.001, 0.1, 5]) {
    let now = 0;
    const slow: typeof register = {
      ...register,
      step(...args) {
        now += stepMs * 1e6;
        return register.step(...args);
      },
    };
    const gauges = { clock: { monotonicNs: () => now }, heapInUse: () => 0 };
    new LinearizationSearch(slow, endless, gauges).run(200e6, Infinity);
    expect(now / 1e6).toBeGreaterThanOrEqual(200);
    expect(now / 1e6).toBeLessThanOrEqual(220);
  }
});

test('a history whose times make no sense is refused', () => {
  expect(() => checkLinearizable(register, [write(1, 5, 4)], withoutLimit)).toThrow(RangeError);
  expect(() => checkLinearizable(register, [write(1, NaN, 4)], withoutLimit)).toThrow(RangeError);
});

for (const letThrough of [false, true]) {
  const how = letThrough ? 'letting sales through' : 'strict';
  test(`the model of a sale, ${how}, agrees with the trial of every order on any small history`, () => {
    const seen = { holds: 0, violated: 0, inconclusive: 0 };
    fc.assert(
      fc.property(smallHistory(6), ({ sale, operations }) => {
        const effective = operations.filter(({ outcome }) => outcome !== 'gave-up').map(timed);
        const { verdict } = checkLinearizable(saleModel(sale, { letThrough }), effective, withoutLimit);
        expect(verdict).toBe(someOrderExplains(sale, operations, letThrough) ? 'holds' : 'violated');
        seen[verdict]++;
      }),
      { numRuns: 2000 },
    );
    expect(Math.min(seen.holds, seen.violated)).toBeGreaterThan(100);
  });
}

test('a refusal is returned exactly when no order explains it beside those kept before it', () => {
  fc.assert(
    fc.property(smallHistory(6), ({ sale, operations }) => {
      const unexplained = falseRefusals(sale, operations);
      const kept = operations.filter((operation) => !unexplained.includes(operation));
      expect(someOrderExplains(sale, kept, true)).toBe(true);
      for (const refusal of unexplained) {
        expect(['sold-out', 'limit-reached']).toContain(refusal.outcome);
        expect(someOrderExplains(sale, [...kept, refusal], true)).toBe(false);
      }
    }),
    { numRuns: 1000 },
  );
});

const load: Load = {
  operations: 200,
  processes: 6,
  sale: { sku: 'tea', stock: 60, perUserLimit: 8 },
  maxQuantity: 3,
  users: 12,
  releases: 0.1,
  restocks: 0.03,
  unknown: 0.02,
};

test('what a correct store records is always linearizable, and one turned answer in it is found', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(), (seed, pick) => {
      const { sale, operations } = simulate({ ...load, unknown: 0 }, seededRandom(seed));
      const check = (history: SaleOperation[]): string =>
        checkLinearizable(saleModel(sale, { letThrough: false }), history.map(timed), { timeoutMs: 20_000 })
          .verdict;
      expect(check(operations)).toBe('holds');
      const early = operations.findIndex(({ outcome }, i) => i >= pick % 20 && outcome === 'sold');
      const turned = operations.with(early, { ...operations[early]!, outcome: 'sold-out' });
      expect(check(turned.slice(0, early + 8))).toBe('violated');
    }),
    { numRuns: 30 },
  );
});

test('the package exports the checker', async () => {
  const name = 'oversell/linearizability'; // a variable: the compiler would ask for dist, which it makes
  const { checkLinearizable: exported } = (await import(name)) as {
    checkLinearizable: typeof checkLinearizable;
  };
  const history = [write(1, 0, 1), read(0, 2, 3)];
  expect(exported(register, history, withoutLimit).verdict).toBe('violated');
});
