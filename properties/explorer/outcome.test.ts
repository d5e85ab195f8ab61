import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renameContent } from '../../harness/explorer/server/content.ts';
import { classesOfBuyers, outcomeOf, retold } from '../../harness/explorer/search/outcome.ts';
import { judgeEnd, type Finish } from '../../harness/explorer/search/judge-end.ts';
import { renamer } from '../../harness/explorer/scope/ids.ts';
import type { Scope } from '../../harness/documents/scope.ts';
import { scopeOf } from '../helpers/exploring.ts';

const ids = Array.from('ABCDE').flatMap((of) => [`request-${of}`, `user-${of}`]);
const word = fc.oneof(fc.constantFrom(...ids), fc.constantFrom('1', 'x'));
const items = fc.array(word, { maxLength: 6 });
const key = fc.record({
  key: word.map((name) => `{item}:${name}`),
  volatile: fc.boolean(),
  type: fc.constantFrom('list', 'set', 'hash'),
  items: items.map((all) => (all.length % 2 === 0 ? all : all.slice(1))),
});
/** As the server's image would be: in byte order, sets sorted. */
const content = fc
  .uniqueArray(key, { maxLength: 3, selector: (one) => one.key })
  .map((keys) => renameContent(JSON.stringify([keys, '', '']), (text) => `${text} `).trim());

const scope = fc
  .record({
    buyers: fc.integer({ min: 1, max: 5 }),
    quantities: fc.constantFrom<number[]>([1], [1, 2], [2, 1, 2]),
    users: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ buyers, quantities, users }) =>
    scopeOf({ buyers, stock: 2, quantities, users: Math.min(users, buyers) }),
  );

interface Sample {
  scope: Scope;
  ends: Finish[];
  content: string;
}

const fates = fc.constantFrom<Finish['fate']>('sold', 'sold-out', 'unknown');
const samples: fc.Arbitrary<Sample> = fc
  .tuple(scope, fc.array(fates, { minLength: 5, maxLength: 5 }), content)
  .map(([of, told, text]) => ({
    scope: of,
    content: text,
    ends: Array.from({ length: of.buyers }, (_, buyer): Finish => ({
      kind: 'purchase',
      buyer,
      operation: buyer,
      fate: told[buyer]!,
      resent: false,
      invoked: 0,
      completed: 1,
    })),
  }));

const judgement = judgeEnd(scopeOf({ buyers: 1, stock: 2 }), { drained: 2 }, [], {
  restarted: false,
  struck: false,
});
const canonical = ({ scope: of, ends, content: text }: Sample): string =>
  outcomeOf(of, ends, judgement, text);

function permutations(rest: readonly number[]): number[][] {
  if (rest.length === 0) return [[]];
  return rest.flatMap((item, i) => permutations(rest.toSpliced(i, 1)).map((others) => [item, ...others]));
}

/** Every exchange of interchangeable buyers. */
function exchanges(of: Scope): number[][] {
  const classes = classesOfBuyers(of);
  return permutations(classes.map((_, b) => b)).filter((to) =>
    to.every((place, b) => classes[place] === classes[b]),
  );
}

/** The least text over every exchange: what the canonical form must agree with. */
const byBruteForce = ({ scope: of, ends, content: text }: Sample): string =>
  exchanges(of)
    .map((to) => retold({ scope: of, ends, violated: [], content: text }, to))
    .toSorted()[0]!;

const exchanged = (sample: Sample, to: readonly number[]): Sample => ({
  scope: sample.scope,
  ends: sample.ends.map((finish) => ({ ...finish, buyer: to[finish.buyer]! })),
  content: renameContent(sample.content, renamer(sample.scope, to)),
});

describe('the text of an end', () => {
  test('is the same after every exchange of interchangeable buyers', () => {
    fc.assert(
      fc.property(samples, fc.nat(), (sample, pick) => {
        const all = exchanges(sample.scope);
        expect(canonical(exchanged(sample, all[pick % all.length]!))).toBe(canonical(sample));
      }),
      { numRuns: 1_000 },
    );
  });

  test('tells two ends apart exactly where trying every exchange does', () => {
    fc.assert(
      fc.property(samples, samples, fc.nat(), (one, other, pick) => {
        const all = exchanges(one.scope);
        // Two that are alike are rarely drawn: the other is the first one exchanged, with an answer of its own.
        const to = all[pick % all.length]!;
        const near = {
          ...exchanged(one, to),
          ends: one.ends.map((finish, b) => ({
            ...finish,
            buyer: to[finish.buyer]!,
            fate: pick % 2 ? finish.fate : (other.ends[b] ?? finish).fate,
          })),
        };
        expect(canonical(near) === canonical(one)).toBe(byBruteForce(near) === byBruteForce(one));
      }),
      { numRuns: 1_000 },
    );
  });

  test('of twelve buyers who hold one line each in a ring is found without trying their orders', () => {
    const of = scopeOf({ buyers: 12, stock: 12 });
    const letters = 'ABCDEFGHIJKL';
    const ring = (shift: number): string =>
      JSON.stringify([
        Array.from(letters, (_, b) => ({
          key: `{item}:after:request-${letters[(b * 5 + shift) % 12]}`,
          volatile: false,
          type: 'string',
          items: [`request-${letters[((b + 1) * 5 + shift) % 12]}`],
        })).toSorted((a, b) => (a.key < b.key ? -1 : 1)),
        '',
        '',
      ]);
    const ends = Array.from(letters, (_, buyer): Finish => ({
      kind: 'purchase',
      buyer,
      operation: buyer,
      fate: 'sold',
      resent: false,
      invoked: 0,
      completed: 1,
    }));
    expect(canonical({ scope: of, ends, content: ring(0) })).toBe(
      canonical({ scope: of, ends, content: ring(3) }),
    );
  });
});
