import { afterEach, expect, test } from 'vitest';
import { brokenBuiltIn, restoreBuiltIns } from '../../harness/ground/built-ins.ts';
import { asRunError, explain } from '../../harness/ground/errors.ts';
import { thrownWords } from '../../harness/ground/thrown.ts';

const { setImmediate: nextTurn, setTimeout: afterMs } = globalThis;
// A test runner has its own.
const shaped = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
afterEach(() => {
  restoreBuiltIns();
  if (shaped) Object.defineProperty(Error, 'prepareStackTrace', shaped);
  else Reflect.deleteProperty(Error, 'prepareStackTrace');
  Object.assign(globalThis, { setImmediate: nextTurn, setTimeout: afterMs });
});

test('of built-in functions that nobody has replaced, none is named', async () => {
  expect(restoreBuiltIns()).toEqual([]);
  expect(await brokenBuiltIn()).toBeUndefined();
});

test('whatever fails on a function that was replaced is told by that, and the function is put back', () => {
  const { map } = Array.prototype;
  // oxlint-disable-next-line no-extend-native
  Array.prototype.map = () => {
    throw new Error('no map');
  };
  const fault = asRunError(new Error('no map'));
  expect(Array.prototype.map).toBe(map);
  expect(fault).toMatchObject({ code: 'BUILT_IN_REPLACED', exitCode: 2 });
  expect(fault!.message).toContain('Array.prototype.map, on which this failed: Error: no map');
});

test('what fails while everything is in place is a bug of ours, as before', () => {
  expect(asRunError(new Error('of ours'))).toBeUndefined();
  expect(explain(new Error('of ours'))).toMatchObject({ code: 'UNEXPECTED' });
});

test.each([
  ['Error.prepareStackTrace', () => (Error.prepareStackTrace = () => 5)],
  ['JSON', () => (JSON.stringify = () => 'nothing')],
  ['setImmediate', () => Object.assign(globalThis, { setImmediate: () => undefined })],
] as const)('%s that no longer does its work is found', async (name, replace) => {
  replace();
  expect(thrownWords(new Error('told')).message).toBe('told');
  expect(await brokenBuiltIn()).toBe(name);
  restoreBuiltIns();
  expect(await brokenBuiltIn()).toBeUndefined();
});

test.each([
  ['stacks', () => (Error.prepareStackTrace = (error) => `${String(error)} in the source`)],
  ['timers', () => Object.assign(globalThis, { setImmediate: (run: () => void) => nextTurn(run) })],
  [
    'JSON',
    () => {
      const { stringify } = JSON;
      JSON.stringify = ((...args: Parameters<typeof stringify>) => stringify(...args)) as typeof stringify;
    },
  ],
] as const)('%s that are shaped by a program, as instrumentation does, are welcome', async (_, shape) => {
  shape();
  expect(await brokenBuiltIn()).toBeUndefined();
});
