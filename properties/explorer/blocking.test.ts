import { describe, expect, test } from 'vitest';
import { replay } from '../../harness/explorer/sockets/replay-schedule.ts';
import { mostWaitMs } from '../../harness/explorer/server/blocking.ts';
import { encodeCommand } from '../../harness/wire/resp.ts';
import { properties, server, type GivenScope } from '../helpers/exploring.ts';
import { overSockets, sorted, withoutReductions } from '../helpers/honest.ts';
import { exploringProbe, probeSubject } from '../helpers/probe-files.ts';
import { rotating, thirdOf } from '../helpers/rotating.ts';

const redis = server();
const one = { buyers: 1, stock: 1 };
const two = { buyers: 2, stock: 1 };

const explored = (name: string, scope: GivenScope, options = {}): ReturnType<typeof exploringProbe> =>
  exploringProbe(redis.target, ['blocking', name], scope, { auditSamples: 8, ...options });

describe('a command that waits at the server', () => {
  const rows: [string, GivenScope, string[]][] = [
    ['waits', two, []],
    ['waits', { ...two, instances: 1 }, []],
    ['waits', { ...two, faults: { crash: 1 } }, ['stranded']],
    ['waits', { ...two, faults: { 'lost-reply': 1 } }, ['false-refusal', 'double-sale']],
    ['never-reads', two, ['oversell']],
    ['waits-for-ever', { ...two, stock: 2 }, []],
    // Who hangs is refused nothing, and there is nothing left.
    ['waits-for-ever', two, []],
    ['waits-thrice', two, []],
    ['moves', two, []],
    ['waits-in-multi', two, []],
    ['waits-for-its-turn', two, []],
    ['waits-for-its-turn', { ...two, faults: { crash: 1 } }, ['stranded']],
    ['loses-patience', two, ['oversell']],
    // Its time is the time of the sale.
    ['outlives-its-mark', two, ['oversell']],
    ['marks-for-longer', two, []],
    ['asks-a-consumer', one, []],
    ['asks-a-consumer', { ...one, faults: { crash: 1 } }, ['stranded']],
    ['asks-a-poller', one, []],
    ['gives-up', one, ['stranded', 'false-refusal']],
    ['reads-a-stream', { ...one, jobs: 2 }, []],
    // What is left when all is over can be bought where somebody else has to sell it.
    ['reads-a-stream', { ...one, stock: 2 }, []],
    ['asks-a-leader', { ...one, stock: 2 }, []],
    ['asks-a-leader', { ...one, stock: 2, faults: { crash: 1 } }, ['stranded']],
    // Its second is over long before its half minute, when all is over, too.
    ['looks-on', { ...one, stock: 2 }, []],
    ['looks-no-further', { ...one, stock: 2 }, ['stranded']],
  ];
  test.each(thirdOf(rows, 'blocking'))('of "%s" in %j breaks %j', async (name, scope, breaks) => {
    const found = await explored(name, scope);
    expect(found.audit).toEqual({ replayed: 8, mismatches: [] });
    expect(found.coverage).toBe('exhausted');
    expect(properties(found, 'violated')).toEqual(breaks);
  });

  // Ticks do not lead back where a time limit runs, too: so there is no end of them, which is told.
  const beats: [string, string[]][] = [
    ['waits-beside-a-heartbeat', []],
    ['believes-beside-a-heartbeat', ['oversell']],
  ];
  test.each(beats)('waits in vain beside a heartbeat, too: "%s" breaks %j', async (name, breaks) => {
    const found = await explored(name, one);
    expect(found.audit.mismatches).toEqual([]);
    expect(found.coverage).toBe('bounded');
    expect(properties(found, 'violated')).toEqual(breaks);
  });

  test('is answered in a counterexample that is confirmed over real sockets', async () => {
    const found = await explored('gives-up', one);
    const { counterexample } = found.properties.stranded;
    const again = await replay(counterexample!, await probeSubject(['blocking', 'gives-up']), redis.target);
    expect(again.result).toBe('confirmed');
  });
});

describe('its searches agree', () => {
  const rows: [string, GivenScope][] = [
    ['waits', two],
    ['waits', { ...two, instances: 1 }],
    ['waits', { ...two, faults: { crash: 1 } }],
    ['waits', { ...one, faults: { 'lost-reply': 1 } }],
    ['waits-thrice', two],
    ['loses-patience', two],
    ['waits-for-its-turn', two],
    ['gives-up', one],
    ['outlives-its-mark', one],
    ['asks-a-poller', one],
    ['reads-a-stream', { ...one, jobs: 1 }],
    ['asks-a-leader', { ...one, stock: 2 }],
    ['looks-on', { ...one, stock: 2 }],
  ];
  test.each(rotating(rows, 3, 'blocking twins'))('of "%s" in %j', async (name, scope) => {
    const reduced = sorted((await explored(name, scope)).outcomes);
    const subject = await probeSubject(['blocking', name]);
    expect(sorted(await withoutReductions(redis.target, subject, scope))).toEqual(reduced);
    const real = await overSockets(redis.target, subject, scope, 400);
    if (real.exhausted) expect(sorted(real.outcomes)).toEqual(reduced);
    else expect(reduced).toEqual(expect.arrayContaining(sorted(real.outcomes)));
  });
});

describe('what cannot be told is refused', () => {
  const refused: [string, string][] = [
    ['watches-and-waits', 'it sends BLPOP on a connection that watches keys'],
    ['waits-for-work', 'runJob() never ends on a sale at rest'],
    ['reads-what-comes', 'it sends XREAD, which cannot be explored: with $'],
  ];
  test.each(refused)('"%s"', async (name, message) => {
    await expect(explored(name, one)).rejects.toThrow(message);
  });
});

test('how long a command waits stands where it has it, and one that is wrong does not wait', () => {
  const rows: [string, number | undefined][] = [
    ['BLPOP a b 0', Infinity],
    ['blpop a 0.5', 500],
    ['BRPOP a 0.0001', 1],
    ['BLPOP a soon', undefined],
    ['BLPOP a -1', undefined],
    ['BLMPOP 2 1 a LEFT', 2_000],
    ['BZMPOP 0 1 a MIN', Infinity],
    ['BZPOPMIN a 3', 3_000],
    ['BLMOVE a b LEFT LEFT 4', 4_000],
    ['BRPOPLPUSH a b 5', 5_000],
    ['XREAD COUNT 1 BLOCK 6 STREAMS a 0', 6],
    ['XREAD STREAMS block 7', undefined],
    ['XREADGROUP GROUP g c BLOCK 0 STREAMS a >', Infinity],
    ['LPOP a', undefined],
  ];
  for (const [words, ms] of rows)
    expect([words, mostWaitMs(encodeCommand(words.split(' ')))]).toEqual([words, ms]);
});
