import { describe, expect, test } from 'vitest';
import type { Exploration, ExploreOptions } from '../../harness/explorer/explore.ts';
import { properties, server, type GivenScope } from '../helpers/exploring.ts';
import {
  exploringProject,
  GIVEN,
  LIBRARIES,
  LOOKS_AND_TAKES,
  projectWith,
  sellingBy,
  TAKES,
  type Buying,
  type Library,
} from '../helpers/own-clients.ts';
import { rotating } from '../helpers/rotating.ts';

const redis = server();
const calm = { buyers: 3, stock: 2 };
const disturbed = { buyers: 2, stock: 1, faults: { crash: 1, 'lost-reply': 1 } };
const cut = { buyers: 1, stock: 2, faults: { 'lost-request': 1, 'late-request': 1 } };
const together = { buyers: 3, stock: 1, instances: 2 };

const explored = (
  library: Library,
  buying: Buying,
  scope: GivenScope,
  options: Partial<ExploreOptions> = {},
): Promise<Exploration> =>
  exploringProject(
    redis.target,
    projectWith({ 'sell.ts': sellingBy(library, buying) }, library.installed),
    scope,
    options,
  );

const AUDITED = { auditSamples: 4 };
const agreed = { replayed: 4, mismatches: [] };

describe('what a client of the code’s own does is what the one does that it is given', () => {
  const alike = ['ioredis 6', 'ioredis 5', 'ioredis 6 with a login, a database and TLS'] as const;
  const scopes = { calm, disturbed, cut, together };
  const cases = alike.flatMap((name) =>
    Object.keys(scopes).flatMap((scope) => [
      [name, scope as keyof typeof scopes, 'takes', TAKES] as const,
      [name, scope as keyof typeof scopes, 'looks and takes', LOOKS_AND_TAKES] as const,
    ]),
  );
  test.each(rotating(cases, 2, 'alike'))('%s, %s, a purchase that %s', async (name, scope, _, buying) => {
    const own = await explored(LIBRARIES[name], buying, scopes[scope], AUDITED);
    const given = await explored(GIVEN, buying, scopes[scope]);
    expect(own.coverage).toBe('exhausted');
    expect(own.interleavings).toBe(given.interleavings);
    expect(own.states).toBe(given.states);
    expect(own.outcomes).toEqual(given.outcomes);
    expect(properties(own, 'violated')).toEqual(properties(given, 'violated'));
    expect(own.audit).toEqual(agreed);
  });
});

describe('a library that has other ways comes to the same outcomes in calm', () => {
  const names = Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[];
  test.each(rotating(names, 1, 'libraries'))(
    '%s: what takes holds, what looks and takes oversells',
    async (name) => {
      for (const [buying, violated] of [
        [TAKES, []],
        [LOOKS_AND_TAKES, ['oversell']],
      ] as const) {
        const own = await explored(LIBRARIES[name], buying, calm, AUDITED);
        const given = await explored(GIVEN, buying, calm);
        expect(own.notes).toEqual([]);
        expect(own.coverage).toBe('exhausted');
        expect(own.outcomes).toEqual(given.outcomes);
        expect(properties(own, 'violated')).toEqual(violated);
        // A walk that ticks for ever is not replayed: one library's client has a timer that repeats.
        expect(own.audit.replayed).toBeGreaterThan(0);
        expect(own.audit.mismatches).toEqual([]);
      }
    },
  );
});

describe('brute force comes to what the search comes to', () => {
  const names = ['ioredis 5', 'node-redis 4', 'node-redis 5'] as const;
  const small = {
    calm: { buyers: 2, stock: 1 },
    crash: { buyers: 2, stock: 1, faults: { crash: 1 } },
    'lost reply': { buyers: 1, stock: 2, faults: { 'lost-reply': 1 } },
    'two buyers in one process': { buyers: 2, stock: 1, instances: 1 },
  };
  const cases = names.flatMap((name) =>
    Object.keys(small).map((scope) => [name, scope as keyof typeof small] as const),
  );
  test.each(rotating(cases, 2, 'merging'))('%s, %s, where every path is walked', async (name, scope) => {
    const reduced = await explored(LIBRARIES[name], LOOKS_AND_TAKES, small[scope]);
    const walked = await explored(LIBRARIES[name], LOOKS_AND_TAKES, small[scope], { merging: false });
    expect(reduced.coverage).toBe('exhausted');
    expect(walked.interleavings).toBe(reduced.interleavings);
    expect(walked.outcomes).toEqual(reduced.outcomes);
  });

  test.each(rotating(cases, 2, 'reductions'))('%s, %s, over real sockets', async (name, scope) => {
    const reduced = await explored(LIBRARIES[name], TAKES, small[scope], AUDITED);
    const real = await explored(LIBRARIES[name], TAKES, small[scope], { unreduced: true });
    expect(reduced.audit.mismatches).toEqual([]);
    expect(real.coverage).toBe('exhausted');
    expect(real.outcomes).toEqual(reduced.outcomes);
  });
});
