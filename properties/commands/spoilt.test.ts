import { describe, expect, test } from 'vitest';
import type { Ended } from '../helpers/command.ts';
import { rotating } from '../helpers/rotating.ts';
import type { Doing } from '../helpers/strategy-sources.ts';
import { trying, type Tried } from '../helpers/trying.ts';

const ended = (command: Tried, doing: Doing, env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  trying(command, doing, { env, json: false }).ended;

const replaced = (name: string): RegExp =>
  new RegExp(`code that was loaded here has replaced ${name.replaceAll('.', String.raw`\.`)}`);
const THEN = 'Promise.prototype.then = function () { return this; }';
const THROWING_THEN = "Promise.prototype.then = () => { throw new Error('no then'); }";
const SPLIT = 'String.prototype.split = () => []';
const FROZEN = /a client that was handed to the code is frozen, sealed or not extensible/;

/** What the code does to that on which everything runs, and what it is told. */
const CASES: readonly (readonly [Tried, where: keyof Doing, what: string, said: RegExp])[] = [
  ...(['explore', 'bench'] as const).flatMap((command) =>
    (['open', 'seller', 'purchase', 'remaining'] as const).flatMap((where) => [
      [command, where, THEN, replaced('Promise.prototype.then')] as const,
      [command, where, 'Object.freeze(redis)', FROZEN] as const,
    ]),
  ),
  ['explore', 'purchase', THROWING_THEN, replaced('Promise.prototype.then, on which this failed')],
  ['bench', 'purchase', THROWING_THEN, replaced('Promise.prototype.then, on which this failed')],
  ['evaluate', 'purchase', THEN, replaced('Promise.prototype.then')],
  ['evaluate', 'open', 'Object.freeze(redis)', FROZEN],
  ['explore', 'purchase', 'Object.preventExtensions(redis)', FROZEN],
  ['bench', 'seller', 'Object.seal(redis)', FROZEN],
  // It would print an empty answer, and call that "holds".
  ['explore', 'purchase', SPLIT, replaced('String.prototype.split')],
  ['bench', 'purchase', SPLIT, replaced('String.prototype.split')],
  ['explore', 'import', 'Array.prototype.flat = () => []', replaced('Array.prototype.flat')],
  ['explore', 'import', 'globalThis.Date = undefined', replaced('Date')],
  ['explore', 'purchase', 'Object.freeze(globalThis)', /code that was loaded here has frozen globalThis/],
  ['explore', 'purchase', 'process.nextTick = () => {}', replaced('process.nextTick')],
  ['explore', 'purchase', 'globalThis.process = undefined', replaced('process')],
  ['explore', 'purchase', 'globalThis.Promise = class {}', replaced('Promise')],
  ['bench', 'purchase', 'globalThis.Map = class {}', replaced('Map')],
  ['explore', 'purchase', 'process.reallyExit(0)', /subject\.mjs:\d+: it calls process\.reallyExit, which/],
  ['bench', 'open', 'process.reallyExit(0)', /subject\.mjs:\d+: it calls process\.reallyExit, which/],
  ['explore', 'purchase', 'process.kill(process.pid)', /subject\.mjs:\d+: it calls process\.kill of its own/],
  [
    'explore',
    'purchase',
    'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)',
    /subject\.mjs:\d+: Atomics\.wait has held the thread for 10 s/,
  ],
];

describe('code that spoils what everything runs on is told that, and never hangs', () => {
  test.each(rotating(CASES, 3, 'spoilt'))('%s: in %s, %s', async (command, where, what, said) => {
    const { exitCode, stderr } = await ended(command, { [where]: what });
    expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(/\n\s+at |bug in oversell/);
    expect(exitCode).toBe(2);
  });
});

/** What instrumentation does, and whoever freezes what is his own. */
const WELCOME: readonly Doing[] = [
  {
    purchase:
      'const { then } = Promise.prototype; Promise.prototype.then = function (...all) { return then.apply(this, all); }',
    seller:
      'const { split } = String.prototype; String.prototype.split = function (...all) { return split.apply(this, all); }',
  },
  { purchase: 'Object.freeze({ ...redis.options })', open: 'Object.freeze(sale)' },
  // A clock of its own, a pause, and whether somebody is there.
  {
    import: 'globalThis.Date = class extends Date {};',
    purchase: 'process.kill(process.pid, 0); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)',
  },
  // Its connections break with their process, which is nothing that a client has to complain of.
  { seller: 'const another = redis.duplicate()', purchase: "await another.get('stock')" },
];

const welcome = WELCOME.flatMap((doing) =>
  (['explore', 'bench'] as const).map((command) => [command, doing] as const),
);

test.each(rotating(welcome, 2, 'welcome'))(
  '%s: what goes on as it did is welcome',
  async (command, doing) => {
    const { exitCode, stderr } = await ended(command, doing);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).not.toContain('Unhandled error');
  },
);

test('what failed on a function that was replaced shows its stack to whoever asks for it', async () => {
  const doing: Doing = { purchase: "Map.prototype.get = () => { throw new Error('no get'); }" };
  const plain = await ended('explore', doing);
  expect(plain.stderr).toContain('OVERSELL_DEBUG=1 shows where');
  expect(plain.stderr).not.toMatch(/\n\s+at /);
  const debugged = await ended('explore', doing, { OVERSELL_DEBUG: '1' });
  expect(debugged.stderr).toMatch(/\n\s+at /);
  expect([plain.exitCode, debugged.exitCode]).toEqual([2, 2]);
});
