import { describe, expect, test } from 'vitest';
import { replay } from '../../harness/explorer/sockets/replay-schedule.ts';
import type { Property } from '../../strategies/contract.ts';
import { properties, server, type GivenScope } from '../helpers/exploring.ts';
import { overSockets, sorted, withoutReductions } from '../helpers/honest.ts';
import { exploringProbe, probeSubject } from '../helpers/probe-files.ts';
import { rotating } from '../helpers/rotating.ts';
import { lineOf, selling, showing } from '../helpers/shown.ts';

const redis = server();
const two = { buyers: 2, stock: 1 };

const explored = (name: string, scope: GivenScope, options = {}): ReturnType<typeof exploringProbe> =>
  exploringProbe(redis.target, ['outside', name], scope, { auditSamples: 8, ...options });

/** What is violated, in an exploration that is exhausted and agrees with real sockets. */
async function violated(name: string, scope: GivenScope): Promise<string[]> {
  const found = await explored(name, scope);
  expect(found.audit).toEqual({ replayed: 8, mismatches: [] });
  expect(found.coverage).toBe('exhausted');
  return properties(found, 'violated');
}

describe('a second step beside Redis', () => {
  const rows: [string, GivenScope, Property[]][] = [
    // Where nothing fails it is a step among others.
    ['throws', two, []],
    ['undoes', two, []],
    ['takes-back', two, []],
    ['leaves-it', two, ['oversell', 'false-refusal']],
    ['counts-rows', two, ['oversell']],
    ['takes-a-place', two, []],
    // A process dies before it, or after it.
    ['throws', { ...two, faults: { crash: 1 } }, ['stranded']],
    ['takes-back', { ...two, faults: { crash: 1 } }, ['oversell']],
    // It fails, with or without an effect, and its code cannot tell.
    ['throws', { ...two, faults: { outside: 1 } }, ['stranded']],
    ['undoes', { ...two, faults: { outside: 1 } }, ['oversell', 'false-refusal']],
    ['looks', { ...two, stock: 2, faults: { outside: 1 } }, []],
    ['looks', { ...two, stock: 2, faults: { outside: 2 } }, ['stranded']],
    ['pays-or-throws', { ...two, stock: 2, faults: { outside: 1 } }, ['stranded']],
    ['pays-or-gives-up', { ...two, stock: 2, faults: { outside: 1 } }, ['progress']],
    // Calls that are under way together take effect in any order.
    ['mails-at-once', { buyers: 1, stock: 1 }, ['oversell']],
    ['mails-in-order', { buyers: 1, stock: 1 }, []],
    // Others of the same process come in between.
    ['fears-one-writing', { ...two, stock: 2, instances: 1 }, ['oversell']],
    ['fears-three-writing', { buyers: 3, stock: 3, instances: 1 }, []],
    // What Redis loses, it does not.
    ['takes-a-place', { buyers: 1, stock: 1, faults: { 'restart-without-aof': 1 } }, []],
    ['takes-a-place', { buyers: 1, stock: 1, faults: { failover: 1 } }, []],
    ['remembers-beside', { buyers: 1, stock: 2, faults: { restart: 1 } }, ['stranded']],
  ];
  test.each(rows)('of "%s" in %j breaks %j', async (name, scope, breaks) => {
    expect(await violated(name, scope)).toEqual(breaks);
  });
});

test('what a dead process asked of it takes effect later, whatever became of Redis', async () => {
  const late: GivenScope = {
    buyers: 1,
    stock: 3,
    client: 'no-retry',
    faults: { crash: 1, retry: 1, restart: 1 },
  };
  expect(await violated('fears-a-late-call', late)).toContain('oversell');
  const unharmed = await violated('fears-a-late-call', { ...late, faults: { crash: 1, retry: 1 } });
  expect(unharmed).not.toContain('oversell');
});

describe('units that are reserved for a moment', () => {
  const fails = { ...two, faults: { outside: 1 } };

  test('refuse others wrongly, unless the strategy says that it reserves them', async () => {
    expect(await violated('looks', fails)).toEqual(['false-refusal']);
    expect(await violated('reserves', fails)).toEqual([]);
    // Whoever reads that it holds is told what that rests on.
    expect((await explored('reserves', fails)).notes.join()).toContain('says that it reserves units');
    expect((await explored('looks', fails)).notes).toEqual([]);
  });

  test('explain no refusal after they were to be given back', async () => {
    expect(await violated('keeps', fails)).toEqual(['stranded', 'false-refusal']);
  });
});

test('the line is told from which a call was made, and at which its error is thrown', async () => {
  const source = selling(`      const [count] = [Number(await redis.get('stock'))];
      if (count + left.units < 1) return { kind: 'sold-out' };
      await redis.decr('stock');
      await env.outside('orders').insert(requestId, { userId });`);
  const line = lineOf(source, 'env.outside');
  const scope = { buyers: 1, stock: 1, faults: { outside: 1 } };
  const { steps } = await showing(redis)({ 'sell.ts': source }, scope, 'stranded');
  expect(steps.flatMap(({ threw = [] }) => threw).join()).toContain(
    `may have taken effect at sell.ts:${line}`,
  );
  const calm = { ...scope, buyers: 2, faults: {} };
  const oversold = await showing(redis)({ 'sell.ts': source }, calm);
  const call = oversold.steps.find(({ command }) => command?.[0] === 'OUTSIDE');
  expect(call?.source).toEqual({ file: 'sell.ts', line });
});

test('a counterexample names the call, tells whether it took effect, and replays', async () => {
  const found = await explored('undoes', { ...two, faults: { outside: 1 } });
  const { counterexample } = found.properties.oversell;
  const failed = counterexample!.steps.find(({ event }) => event === 'outside');
  expect(failed).toMatchObject({
    actor: 'A',
    detail: 'insert of orders takes effect, and its answer is lost',
  });
  expect(counterexample!.cause).toContain("and A's RPUSH {item}:units unit followed all the same");
  const subject = await probeSubject(['outside', 'undoes']);
  expect((await replay(counterexample!, subject, redis.target)).result).toBe('confirmed');
  // Its twin, which did nothing: told as what is not there.
  const other = (await explored('throws', { ...two, faults: { outside: 1 } })).properties.stranded;
  const lost = other.counterexample!.steps.find(({ event }) => event === 'outside');
  expect(lost).toMatchObject({ detail: 'insert of orders fails, without effect' });
  const right = await probeSubject(['outside', 'looks']);
  expect((await replay(counterexample!, right, redis.target)).result).toBe('diverged');
});

describe('the reduced search, the one without merging, the unreduced one and real sockets agree', () => {
  const scopes: [string, GivenScope][] = [
    ['throws', { ...two, faults: { outside: 1 } }],
    ['looks', { buyers: 1, stock: 1, faults: { outside: 2 } }],
    ['reserves', { ...two, faults: { outside: 1 } }],
    ['takes-back', { ...two, faults: { crash: 1 } }],
    ['mails-at-once', { buyers: 1, stock: 1, faults: { crash: 1 } }],
    ['remembers-beside', { buyers: 1, stock: 1, faults: { restart: 1, outside: 1 } }],
    ['remembers-beside', { buyers: 1, stock: 1, faults: { 'restart-without-aof': 1, outside: 1 } }],
    ['remembers-beside', { buyers: 1, stock: 1, faults: { failover: 1 } }],
    ['remembers-beside', { buyers: 1, stock: 1, faults: { outside: 1, retry: 1 } }],
    ['fears-one-writing', { ...two, stock: 2, instances: 1 }],
  ];
  test.each(rotating(scopes, 3, 'second steps'))('on "%s" in %j', async (name, scope) => {
    const found = await explored(name, scope);
    expect(found.audit).toEqual({ replayed: 8, mismatches: [] });
    const walked = await explored(name, scope, { merging: false, auditSamples: 0 });
    expect(walked.interleavings).toBe(found.interleavings);
    expect(sorted(walked.outcomes)).toEqual(sorted(found.outcomes));
    const subject = await probeSubject(['outside', name]);
    const unreduced = await withoutReductions(redis.target, subject, scope);
    expect(sorted(unreduced)).toEqual(sorted(found.outcomes));
    const real = await overSockets(redis.target, subject, scope, 250);
    if (real.exhausted) expect(sorted(real.outcomes)).toEqual(sorted(found.outcomes));
    else expect(sorted(found.outcomes)).toEqual(expect.arrayContaining([...real.outcomes]));
  });
});
