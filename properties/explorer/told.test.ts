import { describe, expect, test } from 'vitest';
import type { Counterexample, CounterexampleStep } from '../../harness/documents/counterexample.ts';
import { lanesOf } from '../../reports/diagram/lanes.ts';
import { diagram } from '../../reports/diagram/table.ts';
import { timeline } from '../../reports/diagram/text.ts';
import { atRestText } from '../../reports/view/at-rest.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { watchRetry } from '../../strategies/watch-retry.ts';
import { exploring, server } from '../helpers/exploring.ts';
import { lineOf, selling, showing } from '../helpers/shown.ts';

const redis = server();
const shown = showing(redis);

const TAKE = "      if ((await redis.decr('stock')) < 0) return { kind: 'sold-out' };";

/** The texts of a diagram without its lanes: what was wrapped is in one line again. */
const flat = (counterexample: Counterexample): string =>
  timeline(counterexample).join(' ').replaceAll(/\s+/g, ' ');

describe('a counterexample tells what the code did besides its commands', () => {
  test('an error that it threw, with its name and its line', async () => {
    const source = selling(`      if (requestId === 'request-B') throw new RangeError('B has no seat.');
${TAKE}`);
    const counterexample = await shown({ 'sell.ts': source }, { buyers: 2, stock: 2 }, 'progress');
    // Its full stop would come before the place.
    const threw = `RangeError: B has no seat at sell.ts:${lineOf(source, 'new RangeError')}`;
    expect(counterexample.steps.flatMap((step) => step.threw ?? [])).toEqual([threw]);
    expect(flat(counterexample)).toContain(`threw ${threw}`);
    expect(diagram(counterexample).text).toContain('RangeError');
  });

  test('an error that Redis answered, uncut, and the line that asked for it', async () => {
    const source = selling(`      if (requestId === 'request-B') await redis.lpush('stock', 'B');
${TAKE}`);
    const counterexample = await shown({ 'sell.ts': source }, { buyers: 2, stock: 2 }, 'progress');
    const error = 'WRONGTYPE Operation against a key holding the wrong kind of value';
    expect(flat(counterexample)).toContain(`→ (error) ${error}`);
    expect(counterexample.steps.flatMap((step) => step.threw ?? [])).toEqual([
      `ReplyError: ${error} at sell.ts:${lineOf(source, 'redis.lpush')}`,
    ]);
    for (const line of timeline(counterexample)) expect(line).not.toContain('…');
  });

  test('what env.pick answered', async () => {
    const source = selling(`      const careful = env.pick(2) === 0;
      if (careful) {
  ${TAKE}
      } else await redis.decr('stock');`);
    const counterexample = await shown({ 'sell.ts': source });
    // Whoever is careful neither oversells nor is told; nobody has to choose more than once.
    const picks = counterexample.steps.flatMap((step) => step.picks ?? []);
    expect(picks).toContain(1);
    expect(flat(counterexample)).toContain('env.pick answers 1');
    const without = await shown({ 'sell.ts': source.replace('env.pick(2) === 0', 'false') });
    expect(without.steps.flatMap((step) => step.picks ?? [])).toEqual([]);
  });

  test.each([
    [250, '250 ms'],
    [4_000, '4 s'],
    [60_000, '1 min'],
  ])('how long a timer was set for: %i ms', async (ms, told) => {
    const source = selling(`      if (Number(await redis.get('stock')) < 1) return { kind: 'sold-out' };
      await env.sleep(${ms});
      await redis.decr('stock');`);
    const counterexample = await shown({ 'sell.ts': source });
    const timers = counterexample.steps.filter(({ event }) => event === 'timer');
    expect(new Set(timers.map(({ detail }) => detail))).toEqual(new Set([` of ${told}`]));
    expect(flat(counterexample)).toContain(`its timer of ${told} fires`);
  });

  test('a command that was sent, and lost', async () => {
    const source = selling(`      if (Number(await redis.get('stock')) < 1) return { kind: 'sold-out' };
      void redis.decr('stock').catch(() => undefined);`);
    const scope = { buyers: 1, stock: 1, faults: { crash: 1 } };
    const counterexample = await shown({ 'sell.ts': source }, scope);
    const crash = counterexample.steps.find(({ event }) => event === 'crash')!;
    expect(crash.lost).toEqual([['DECR', 'stock']]);
    expect(flat(counterexample)).toContain('lost: DECR stock');
  });

  test('and nothing is lost that runs after all, however late', async () => {
    const source = selling(`      if (Number(await redis.get('stock')) < 1) return { kind: 'sold-out' };
      await redis.decr('stock');`);
    const counterexample = await shown(
      { 'sell.ts': source },
      { buyers: 1, stock: 1, faults: { crash: 1 } },
      'stranded',
    );
    expect(counterexample.steps.flatMap((step) => step.lost ?? [])).toEqual([]);
    expect(counterexample.steps.map(({ event }) => event)).toContain('crash');
  });
});

test('a key that is forgotten while the code waits stands in the story, and nobody is told before they are', async () => {
  const source =
    selling(`      if (!(await redis.set('lock', requestId, 'PX', 200, 'NX'))) return { kind: 'sold-out' };
      const seen = Number(await redis.get('stock'));
      await env.sleep(500);
      if (seen < 1) return { kind: 'sold-out' };
      await redis.set('stock', seen - 1);`);
  const counterexample = await shown({ 'sell.ts': source });
  const events = counterexample.steps.map(({ event }) => event);
  const expired = counterexample.steps.findIndex(({ event }) => event === 'expire');
  expect(counterexample.steps[expired]).toMatchObject({ actor: 'server', detail: 'lock' });
  expect(events.slice(0, expired)).toContain('timer');
  expect(flat(counterexample)).toContain('lock expires');
  for (const { answers, command } of counterexample.steps) if (answers) expect(command?.[0]).toBe('SET');
});

test('a buyer is told when the connection breaks, not when the client has another', async () => {
  const source = selling(TAKE).replace(
    "connection: 'shared' as const,",
    "connection: 'shared' as const,\n  client: { maxRetriesPerRequest: 0 },",
  );
  const scope = { buyers: 1, stock: 1, faults: { 'lost-reply': 1 } };
  const { steps } = await shown({ 'sell.ts': source }, scope, 'stranded');
  const told = steps.filter(({ answers }) => answers);
  expect(told).toMatchObject([{ event: 'cut', answers: ['A unknown'] }]);
  expect(told[0]!.threw![0]).toMatch(/^MaxRetriesPerRequestError: .*details at sell\.ts:\d+$/);
});

describe('scripts are named by the first line of their header', () => {
  test('also where they are called by their digest', async () => {
    const found = await exploring(redis.target, luaDecrement, {
      buyers: 1,
      stock: 2,
      faults: { 'lost-reply': 1 },
    });
    const counterexample = found.properties['double-sale'].counterexample!;
    const scripts = counterexample.steps.filter(({ command }) => command?.[0]?.startsWith('EVAL'));
    expect(scripts.map(({ command }) => command![0])).toContain('EVALSHA');
    expect(scripts.length).toBeGreaterThan(1);
    expect(new Set(scripts.map(({ script }) => script))).toEqual(
      new Set(['Takes units if there are enough.']),
    );
    // Once in a diagram is enough.
    expect(flat(counterexample).split('Takes units if there are enough.')).toHaveLength(2);
  });

  test('and not at all where they have none', async () => {
    const source = selling("      await redis.eval(\"return redis.call('DECR', KEYS[1])\", 1, 'stock');");
    const { steps } = await shown({ 'sell.ts': source });
    expect(steps.map(({ command }) => command?.[0])).toContain('EVAL');
    expect(steps.flatMap(({ script }) => script ?? [])).toEqual([]);
  });
});

const locked = (options: string): string =>
  selling(`      if (!(await redis.set('lock', requestId, ${options}'NX'))) return { kind: 'sold-out' };
${TAKE}`);

describe('what comes of it at rest is told', () => {
  test('keys that expire, and how many units can still be bought', async () => {
    const scope = { buyers: 2, stock: 2 };
    const expires = await shown({ 'sell.ts': locked("'EX', 60, ") }, scope, 'false-refusal');
    expect(expires.atRest).toMatchObject({ expired: ['lock'], drained: 1, worked: 0 });
    expect(atRestText(expires.atRest!)).toBe('At rest: lock expires; 1 unit can still be bought.');
    const stays = await shown({ 'sell.ts': locked('') }, scope, 'stranded');
    expect(stays.atRest).toMatchObject({ expired: [], drained: 0 });
    expect(atRestText(stays.atRest!)).toBe('At rest: nothing can be bought any more.');
  });

  test('background work that found something to do', async () => {
    const job = "    runJob: async () => ((await redis.lpop('todo')) === null ? 'idle' : 'worked'),";
    const busy = `      if (await redis.exists('todo')) return { kind: 'sold-out' };
${TAKE}
      await redis.rpush('todo', requestId);`;
    const scope = { buyers: 2, stock: 2 };
    const works = await shown({ 'sell.ts': selling(busy, '', job) }, scope, 'false-refusal');
    expect(works.atRest).toMatchObject({ worked: 1, drained: 1 });
    expect(atRestText(works.atRest!)).toContain('background work finds something to do once');
  });

  test('who can buy nothing of what is left, and why', () => {
    const text = atRestText({
      expired: ['a', 'b'],
      worked: 2,
      drained: 3,
      users: [
        { userId: 'user-A', bought: 0, refusal: 'limit-reached' },
        { userId: 'user-B', bought: 1 },
      ],
      recorded: [{ requestId: 'request-B', userId: 'user-B', quantity: 2 }],
      mute: 'Connection is closed.',
    });
    expect(text).toBe(
      'At rest: a expires and b expires; background work finds something to do 2 times; the ledger has 2 for request-B; ' +
        '3 units can still be bought; user-A can buy none (limit-reached); ' +
        'a process answers everybody with an error: Connection is closed.',
    );
  });

  test('and not where the property is violated before that', async () => {
    const logging = `      if (Number(await redis.get('stock')) < 1) return { kind: 'sold-out' };
      await redis.decr('stock');
      void redis.incr('log').catch(() => undefined);`;
    expect((await shown({ 'sell.ts': selling(logging) })).atRest).toBeUndefined();
    const silent = selling(logging.replace('void redis.incr', 'await redis.incr'));
    expect((await shown({ 'sell.ts': silent })).atRest).toMatchObject({ drained: 0 });
  });
});

const step = (
  command: string,
  reply: string,
  more: Partial<CounterexampleStep> = {},
): CounterexampleStep => ({
  actor: 'A',
  event: 'execute',
  command: command.split(' '),
  reply,
  stock: 1,
  ...more,
});
const drawn = (steps: CounterexampleStep[]): string =>
  timeline({ scope: { buyers: 2, stock: 1 }, steps }).join('\n');
const from = (line: number): Partial<CounterexampleStep> => ({ source: { file: 'sell.ts', line } });

describe('runs of bookkeeping are folded', () => {
  test('MULTI stands before what it queues, and WATCH before what it guards', async () => {
    const found = await exploring(redis.target, watchRetry, { buyers: 2, stock: 2, attempts: 1 });
    const counterexample = found.properties.progress.counterexample!;
    const { rows } = lanesOf(counterexample);
    const lines = timeline(counterexample);
    expect(lines.length).toBeLessThan(rows.length + 1);
    expect(lines.join('\n')).toContain('MULTI · DECRBY {item}:stock 1 → QUEUED');
    for (const { command } of counterexample.steps) expect(lines.join('\n')).toContain(command![0]);
  });

  test('not where somebody comes between, or where another line sends what is guarded', () => {
    const apart = [step('MULTI', 'OK'), step('GET k', '1', { actor: 'B' }), step('DECR k', 'QUEUED')];
    expect(drawn(apart)).not.toContain('·');
    expect(drawn(apart.toSpliced(1, 1))).toContain('MULTI · DECR k → QUEUED');
    expect(drawn([step('WATCH k', 'OK', from(1)), step('GET k', '1', from(2))])).not.toContain('·');
    expect(drawn([step('WATCH k', 'OK', from(1)), step('GET k', '1', from(1))])).toContain('WATCH k · GET k');
  });

  test('what goes on and on is told once, with how often it comes', () => {
    const round = [
      step('GET lock', 'nil'),
      { actor: 'A', event: 'timer', detail: ' of 50 ms', stock: 1 } as const,
    ];
    const polling = [...round, ...round, ...round, ...round, step('GET lock', '1')];
    expect(drawn(polling).split('GET lock')).toHaveLength(3);
    expect(drawn(polling)).toContain('… and so 3 times more');
    // Twice is no run.
    expect(drawn([...round, ...round])).not.toContain('times more');
    // What differs in anything is told.
    const [first, ...others] = polling;
    expect(drawn([first!, { ...others[0]!, stock: 0 }, ...others.slice(1)])).toContain(
      '… and so 2 times more',
    );
  });
});
