import { describe, expect, test } from 'vitest';
import type { CounterexampleStep } from '../../harness/documents/counterexample.ts';
import { lanesOf, SERVER_LANE, type DiagramRow } from '../../reports/diagram/lanes.ts';
import { diagram } from '../../reports/diagram/table.ts';
import { timeline } from '../../reports/diagram/text.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { watchRetry } from '../../strategies/watch-retry.ts';
import { exploring, server } from '../helpers/exploring.ts';

const redis = server();

const run = (actor: string, command: string, rest: Partial<CounterexampleStep> = {}): CounterexampleStep => ({
  actor,
  event: 'execute',
  command: command.split(' '),
  reply: 'OK',
  stock: 1,
  ...rest,
});
const happens = (actor: string, event: CounterexampleStep['event'], detail?: string): CounterexampleStep => ({
  actor,
  event,
  stock: 1,
  ...(detail !== undefined && { detail }),
});
const rowsOf = (...steps: CounterexampleStep[]): DiagramRow[] =>
  lanesOf({ scope: { buyers: 2, stock: 1 }, steps }).rows;

const answersOf = (actor: string, event: 'cut' | 'restart', said: string): string[] =>
  rowsOf({ actor, event, stock: 0, answers: [said] })[0]!.answers;

describe('what a buyer was told', () => {
  test('by a step of somebody else names the buyer, in the table as in text', () => {
    expect(answersOf('B', 'cut', 'A sold')).toEqual(['A sold']);
    expect(answersOf('server', 'restart', 'A unknown')).toEqual(['A unknown']);
    const steps: CounterexampleStep[] = [
      run('A', 'DECR k', { reply: '0' }),
      { ...happens('B', 'cut'), answers: ['A sold'] },
      run('B', 'DECR k', { reply: '-1', answers: ['B sold-out'] }),
    ];
    const scope = { buyers: 2, stock: 1 };
    expect(diagram({ scope, steps }).text).toContain('<em class="sold">A sold</em>');
    expect(timeline({ scope, steps }).join('\n')).toMatch(/A sold[^]*-1  sold-out/);
  });

  test('by its own step does not', () => {
    expect(answersOf('B', 'cut', 'B sold')).toEqual(['sold']);
  });
});

describe('what became of a command', () => {
  test('one that had no reply when the connection broke is sent again; one that had is another one', () => {
    const lost = rowsOf(run('A', 'GET k'), happens('A', 'cut'), run('A', 'GET k'));
    expect(lost.map(({ resent }) => resent)).toEqual([false, false, true]);
    expect(lost[0]!.delivered).toBe('never');
    const had = rowsOf(run('A', 'GET k'), happens('A', 'deliver'), happens('A', 'cut'), run('A', 'GET k'));
    expect(had.map(({ resent }) => resent)).toEqual([false, false, false, false]);
    expect(had[0]!.delivered).toBe('later');
  });

  test('a batch is sent again in its order, by its own client, and not once it does something else', () => {
    const batch = [run('A', 'MULTI'), run('A', 'DECR k'), happens('A', 'cut')];
    const again = rowsOf(...batch, run('A', 'MULTI'), run('A', 'DECR k'));
    expect(again.map(({ resent }) => resent)).toEqual([false, false, false, true, true]);
    const other = rowsOf(...batch, run('B', 'MULTI'), run('A', 'GET k'), run('A', 'DECR k'));
    expect(other.map(({ resent }) => resent)).toEqual([false, false, false, false, false, false]);
  });

  test('what the buyer asks again is not the client’s doing', () => {
    const rows = rowsOf(run('A', 'GET k'), happens('A', 'cut'), happens('A', 'retry'), run('A', 'GET k'));
    expect(rows.at(-1)!.resent).toBe(false);
  });

  test('nobody hears of a command that timed out, whenever it runs and its reply arrives', () => {
    const rows = rowsOf(
      run('A', 'GET k'),
      happens('A', 'timeout', ' for 2 commands'),
      run('A', 'DECR k'),
      happens('A', 'deliver'),
      happens('A', 'deliver'),
      run('A', 'GET j'),
      happens('A', 'deliver'),
    );
    const commands = rows.filter(({ event }) => event === 'execute');
    expect(commands.map(({ delivered }) => delivered)).toEqual(['never', 'never', 'later']);
    expect(rows[1]!.label).toBe('its commandTimeout passes for 2 commands');
    const one = rowsOf(run('A', 'GET k'), run('A', 'DECR k'), happens('A', 'timeout'));
    expect(one.map(({ delivered }) => delivered)).toEqual(['never', 'at once', 'at once']);
  });

  test('nobody hears of a call beside Redis that fails, whether or not it took effect', () => {
    const insert = run('A', 'OUTSIDE orders insert a {}');
    const failed = happens('A', 'outside', 'insert of orders takes effect, and its answer is lost');
    const effective = rowsOf(run('A', 'GET k'), insert, failed, happens('A', 'deliver'));
    expect(effective.map(({ delivered }) => delivered)).toEqual(['later', 'never', 'at once', 'at once']);
    expect(effective.map(({ label }) => label)).toEqual([
      'GET k',
      'orders: insert a {}',
      'insert of orders takes effect, and its answer is lost',
      'the reply arrives',
    ]);
    // One that never ran has no place among those that wait for an answer.
    const lost = { ...failed, lost: [['OUTSIDE', 'orders', 'find', 'a']] };
    const other = rowsOf(insert, lost, happens('A', 'deliver'));
    expect(other[0]!.delivered).toBe('later');
    expect(other[1]!.notes).toEqual(['lost: orders: find a']);
  });

  test('a command that runs after its sender died is late, and nobody hears of it', () => {
    const rows = rowsOf(run('A', 'GET k'), happens('A', 'crash'), run('A', 'DECR k'), run('B', 'DECR k'));
    expect(rows.map(({ late }) => late)).toEqual([false, false, true, false]);
    expect(rows.map(({ delivered }) => delivered)).toEqual(['never', 'at once', 'never', 'at once']);
  });
});

test('what breaks every connection lies over all lanes, and everybody sends again', () => {
  const both = [run('A', 'GET a'), run('B', 'GET b')];
  const steps = [...both, happens('server', 'failover', ' as it was'), ...both];
  const rows = rowsOf(...steps);
  expect(rows.map(({ resent }) => resent)).toEqual([false, false, false, true, true]);
  expect(rows[2]!.label).toBe('a replica takes over as it was');
  const around = (happened: CounterexampleStep): string =>
    diagram({ scope: { buyers: 2, stock: 1 }, steps: [...both, happened, ...both] }).text;
  expect(around(happens('server', 'failover'))).toContain('<td class="band" colspan="2">');
  expect(around(happens('A', 'cut'))).not.toContain('colspan');
  expect(around(happens('A', 'cut'))).toContain('<td class="own l0 band">');
});

test('buyers who share an instance stand in the lane of the first, and the server beside them all', () => {
  const { lanes, rows } = lanesOf({
    scope: { buyers: 3, stock: 1 },
    steps: [
      run('AB', 'GET k', { answers: ['B sold'] }),
      happens('server', 'expire', 'k'),
      run('retry', 'GET k'),
    ],
  });
  expect(lanes).toEqual(['A', 'B', 'C', 'retry']);
  expect(rows.map(({ lane }) => lane)).toEqual([0, SERVER_LANE, 3]);
  expect(rows[0]).toMatchObject({ label: 'AB: GET k', answers: ['B sold'] });
});

const changes = (all: readonly string[]): string[] => all.filter((one, i) => one !== all[i - 1]);

test('a diagram holds every command, reply, answer and stock of its counterexample', async () => {
  const found = await exploring(redis.target, luaDecrement, {
    buyers: 2,
    stock: 1,
    faults: { 'lost-reply': 1 },
  });
  const counterexample = found.properties['double-sale'].counterexample!;
  const table = diagram(counterexample).text;
  const text = timeline(counterexample).join('\n');
  expect(table).toContain('↻ sent again');
  expect(text).toContain('↻ EVAL …');
  const stocks = [...table.matchAll(/<td class="n[^"]*">([^<]*)</g)].map(([, stock]) => stock!);
  expect(changes(stocks)).toEqual(changes(counterexample.steps.map(({ stock }) => String(stock ?? '?'))));
  for (const { command, reply, answers } of counterexample.steps) {
    for (const shown of [table, text]) {
      if (command) expect(shown).toContain(command[0]);
      if (reply !== undefined) expect(shown).toContain(reply.slice(0, 20));
      for (const answer of answers ?? []) expect(shown).toContain(answer.slice(2));
    }
  }
});

const drawn = (...steps: CounterexampleStep[]): string =>
  diagram({ scope: { buyers: 3, stock: 1 }, steps }).text;
const heads = (text: string): string[] =>
  [...text.matchAll(/<th scope="col"[^>]*>([^<]*)</g)].map(([, head]) => head!);

describe('a table of steps', () => {
  test('has a lane for each that does something, by the name that the data give it', () => {
    expect(heads(drawn(run('A', 'GET k'), run('C', 'GET k')))).toEqual(['buyer A', 'buyer C', 'left of 1']);
    const shared = drawn(run('AB', 'GET k', { answers: ['B sold'] }), run('office1', 'GET k'));
    expect(heads(shared)).toEqual(['buyers A, B', 'office1', 'left of 1']);
    expect(shared).not.toContain('AB:');
  });

  test('folds what only prepares, and replies that nobody came before, and nothing else', () => {
    const quiet = drawn(
      happens('A', 'start'),
      run('A', 'MULTI'),
      run('A', 'DECR {item}:stock', { reply: 'QUEUED' }),
      run('A', 'EXEC', { reply: '[0]', stock: 0 }),
      { ...happens('A', 'deliver'), stock: 0, answers: ['A sold'] },
    );
    expect(quiet.match(/<tr>/g)).toHaveLength(2);
    expect(quiet).toMatch(/<code class="q">DECR stock<\/code>.*<code>EXEC<\/code>.*<em class="sold">sold</);
    const crossed = drawn(run('A', 'GET k'), run('B', 'GET k'), happens('A', 'deliver'));
    expect(crossed).toContain('the reply arrives');
    const told = drawn({ ...happens('A', 'start'), threw: ['RangeError: none'] }, run('A', 'GET k'));
    expect(told).toContain('RangeError');
  });

  test('draws a line for what is under way while others go on, and none where somebody is gone', () => {
    const late = drawn(run('A', 'GET k'), happens('A', 'crash'), run('B', 'GET k'), run('A', 'DECR k'));
    const [others, last] = late.split('<tr>').slice(-2);
    expect(others).toContain('<td class="waits"></td><td class="own l1">');
    expect(last).toContain('late, its sender is gone');
    const gone = drawn(run('A', 'GET k'), happens('A', 'crash'), run('B', 'GET k'));
    expect(gone).toContain('<td class="ended"></td><td class="own l1">');
    const reply = drawn(run('A', 'GET k'), run('B', 'GET k'), happens('A', 'deliver'));
    expect(reply).toContain('<td class="waits"></td><td class="own l1">');
  });

  test('ends with what is so at rest, and what is left then', () => {
    const steps = [run('A', 'GET k')];
    const atRest = { expired: ['{item}:lock'], worked: 0, drained: 1 };
    const text = diagram({ scope: { buyers: 1, stock: 1 }, steps, atRest }).text;
    expect(text).toContain('At rest: lock expires; 1 unit can still be bought.</td><td class="n">1</td>');
    expect(drawn(...steps)).not.toContain('At rest');
  });
});

describe('a WATCH that fails', () => {
  test('is marked where somebody touched the key, and the EXEC after it answers nil', async () => {
    const found = await exploring(redis.target, watchRetry, { buyers: 2, stock: 2, attempts: 1 });
    const counterexample = found.properties.progress.counterexample!;
    const at = counterexample.steps.findIndex(({ dirtied }) => dirtied !== undefined);
    const [loser] = counterexample.steps[at]!.dirtied!;
    expect(counterexample.steps[at]!.actor).not.toBe(loser);
    expect(counterexample.steps[at]!.command![0]).toBe('EXEC');
    const exec = counterexample.steps.find(
      ({ actor, command }, i) => i > at && actor === loser && command?.[0] === 'EXEC',
    );
    expect(exec!.reply).toBe('nil');
    expect(diagram(counterexample).text).toContain('WATCH fails now');
    expect(timeline(counterexample).join('\n')).toContain(`now ${loser}'s WATCH fails`);
  });

  test('is marked nowhere where nobody watches', async () => {
    const found = await exploring(redis.target, luaDecrement, {
      buyers: 2,
      stock: 1,
      faults: { 'lost-reply': 1 },
    });
    const { steps } = found.properties['double-sale'].counterexample!;
    expect(steps.filter(({ dirtied }) => dirtied)).toEqual([]);
  });
});
