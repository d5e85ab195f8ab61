import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CannotExplore } from '../../harness/explorer/cannot-explore.ts';
import type { FrontClient } from '../../harness/intercept/front.ts';
import { IgnoredCommands } from '../../harness/intercept/ignored-commands.ts';
import { lineOf, TouchedKeys, type Side } from '../../harness/intercept/touched-keys.ts';
import { encodeCommand } from '../../harness/wire/resp.ts';
import { serverWithClient } from '../helpers/exploring.ts';

const at = serverWithClient();
let faults: string[];
let touched: TouchedKeys;

beforeEach(async () => {
  faults = [];
  const onFault = ({ message }: CannotExplore): void => void faults.push(message);
  touched = await TouchedKeys.open({ ignored: at.target, sale: at.target }, onFault);
});
afterEach(() => touched.close());

/** What is said to these, in this order. */
async function faultOf(commands: readonly [Side, string][]): Promise<string> {
  const said: string[] = [];
  const keys = await TouchedKeys.open({ ignored: at.target }, ({ message }) => void said.push(message));
  for (const [side, command] of commands) {
    keys.note(side, command.split(' '));
    await keys.settled();
  }
  keys.close();
  return said[0] ?? '';
}

const noted = async (...commands: [Side, string][]): Promise<string[]> => {
  for (const [side, command] of commands) touched.note(side, command.split(' '));
  await touched.settled();
  return faults;
};

test('keys that commands of one side alone name are nobody else', async () => {
  expect(
    await noted(['ignored', 'GET session:1'], ['sale', 'MSET stock 1 price 2'], ['ignored', 'PING']),
  ).toEqual([]);
});

test.each<[string, string, string]>([
  ['that both name', 'GET stock', 'DECR stock'],
  ['whichever of several it is', 'DEL session:1 stock', 'MGET price stock'],
  ['that a script declares', 'GET stock', 'EVAL return(1) 1 stock'],
  ['of all, where one lists them', 'SCAN 0', 'DECR stock'],
  ['of all, where the sale lists them', 'GET session:1', 'KEYS stock*'],
  ['that others name', 'SORT ids BY weight:*', 'DECR stock'],
])('a key %s is refused with it and both commands, whichever comes first', async (_, ignored, sale) => {
  const commands: [Side, string][] = [
    ['ignored', ignored],
    ['sale', sale],
  ];
  const both = await Promise.all([commands, commands.toReversed()].map((order) => faultOf(order)));
  for (const fault of both) {
    expect(fault).toContain(`touched by ${ignored}`);
    expect(fault).toContain(`by ${sale} of the sale`);
  }
});

test.each([
  ['beyond what is shown of a line', ['s'.repeat(200), 'other'], ['s'.repeat(200), 'stock']],
  ['where only the ends of arguments differ', ['session stock'], ['session', 'stock']],
])('a key is refused that differs %s from one that was seen before', async (_, before, now) => {
  touched.note('sale', ['DECR', 'stock']);
  touched.note('ignored', ['MGET', ...before]);
  await touched.settled();
  expect(faults).toEqual([]);
  touched.note('ignored', ['MGET', ...now]);
  await touched.settled();
  expect(faults).toEqual([expect.stringMatching(/^stock is touched by MGET .* by DECR stock of the sale/)]);
});

test('a key that a script touches without declaring it is refused, too', async () => {
  touched.note('ignored', ['GET', 'session:"1"\n']);
  await at.redis.eval(`return redis.call('GET', 'session:"1"\\n')`, 0);
  await touched.settled();
  expect(faults).toEqual([expect.stringContaining('is touched by GET session:')]);
});

test('a command that stands in a transaction, or sets up its connection, is not left out', async () => {
  await using ignored = await IgnoredCommands.open({
    pattern: '^(GET session|WATCH|MULTI)',
    provision: {},
    onFault: () => {},
  });
  const client = { database: 0 } as FrontClient;
  const told = (command: string, isQueued = false): unknown =>
    ignored.leavesOut(client, encodeCommand(command.split(' ')), isQueued);
  expect([told('GET session:1'), told('GET stock')]).toEqual([true, false]);
  for (const said of [told('GET session:1', true), told('WATCH stock'), told('MULTI')])
    expect(said).toMatchObject({ message: expect.stringContaining('transaction') });
  expect(ignored.note).toMatch(/--ignore \^\(GET session.*\(GET\)/);
});

test('an expression is compared with a command in one line, its name in capitals', () => {
  expect(lineOf(['get', 'stock', 'caf\u00c3\u00a9'])).toBe('GET stock café');
});
