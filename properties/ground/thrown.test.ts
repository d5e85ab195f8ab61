import { expect, test } from 'vitest';
import { asRunError, explain, UsageError } from '../../harness/ground/errors.ts';
import { requireChoices } from '../../harness/ground/random.ts';
import { namedThrown, shownOnly, thrownWords } from '../../harness/ground/thrown.ts';
import { wrongLedger } from '../../harness/history/ledger.ts';

/** An error with another field, or with a getter for it that throws in turn. */
const failing = (name: string, field: PropertyDescriptor): Error =>
  Object.defineProperty(new Error('lost'), name, field);
const throws: PropertyDescriptor = {
  get: () => {
    throw new Error('in turn');
  },
};
const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();

test.each([
  ['an error', new RangeError('too far'), 'RangeError: too far'],
  ['a text', 'lost', 'lost'],
  ['nothing', undefined, 'undefined'],
  ['an object without a text', Object.create(null), 'something without a text'],
  ['a proxy that was revoked', revoked, 'something without a text'],
  ['a message that throws', failing('message', throws), 'Error: undefined'],
  ['a message that is no text', failing('message', { value: Symbol('no') }), 'Error: Symbol(no)'],
  ['a name that is no text', failing('name', { value: 5 }), 'Error: lost'],
  ['a stack that is no text', failing('stack', { value: 5 }), 'Error: lost'],
  ['what a terminal would obey', new Error('\u001b[31mred\n'), 'Error: \\x1b[31mred\n'],
])('%s that is thrown can be told', (_, thrown: unknown, said) => {
  expect(namedThrown(thrown)).toBe(said);
  expect(typeof thrownWords(thrown).stack).toBe('string');
  expect(explain(thrown).message.length).toBeGreaterThan(0);
});

test('the plain way to tell it falls over, so that the test above bites', () => {
  expect(() => String(Object.create(null))).toThrow(TypeError);
  expect(() => failing('message', throws).message).toThrow('in turn');
});

test('of a text that nobody would read to its end the beginning is told', () => {
  const { message } = thrownWords(new Error('x'.repeat(3_000_000)));
  expect(message).toMatch(/^x+… \(3000000 characters\)$/);
  expect(message.length).toBeLessThan(2_100);
  expect(shownOnly('x'.repeat(5_000))).toHaveLength(5_000);
});

test('env.pick chooses among so many, and of nothing else', () => {
  expect([1, 2, 1_000].map(requireChoices)).toEqual([1, 2, 1_000]);
  for (const n of [0, -1, 1.5, NaN, 1e9, 'x' as unknown as number])
    expect(() => requireChoices(n)).toThrow(/^env\.pick\(.*\): give a whole number from 1 to 1000$/);
});

test('a ledger is a list of lines, and what is wrong with another is said', () => {
  const line = { requestId: 'r', userId: 'u', quantity: 1 };
  expect(wrongLedger([])).toBeUndefined();
  expect(wrongLedger([line, { userId: 'u', quantity: 1 }])).toBeUndefined();
  expect(wrongLedger({})).toBe('returned no list');
  expect(wrongLedger([line, undefined])).toBe('lists undefined');
  expect(wrongLedger(Array.from({ length: 1 }))).toBe('lists undefined');
  expect(wrongLedger([{ ...line, quantity: 1n }])).toBe('lists what cannot be shown');
  expect(wrongLedger([Object.defineProperty({ ...line }, 'userId', throws)])).toMatch(/^lists /);
});

test('what fails while something is cleared up hides nothing of what came first', () => {
  const cause = new UsageError('USAGE', 'no such strategy', 'see oversell list');
  const later = Object.assign(new Error('An error was suppressed during disposal.'), {
    name: 'SuppressedError',
    error: new Error('the connection is closed'),
    suppressed: cause,
  });
  expect(asRunError(later)).toBe(cause);
  // Not so where an error only looks like it.
  expect(asRunError(Object.assign(new Error('later'), { suppressed: cause }))).toBeUndefined();
});
