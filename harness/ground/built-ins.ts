import { setImmediate as nextTurn, setInterval as everyMs, setTimeout as afterMs } from 'node:timers';
import { doesItsWork, PROMISES } from './built-in-tries.ts';

/**
 * What every program runs on, this one and Node's own libraries included. A user's file may replace any of it in our
 * process; one that no longer does what it did is told by its name, as what comes of it would look like a fault of ours.
 */
const OBJECTS: readonly [string, object][] = [
  ...Object.entries({ JSON, Reflect }),
  ...[Object, Function, Array, String, Number, Symbol, Promise, Map, Set, RegExp, Error, Buffer].flatMap(
    (one): [string, object][] => [
      [one.name, one],
      [`${one.name}.prototype`, one.prototype as object],
    ],
  ),
];

interface Original {
  name: string;
  object: object;
  key: PropertyKey;
  property: PropertyDescriptor;
}

const { defineProperty, getOwnPropertyDescriptor, isExtensible } = Object;

const originalOf = (name: string, object: object, key: PropertyKey): Original[] => {
  const property = getOwnPropertyDescriptor(object, key);
  return typeof property?.value === 'function' ? [{ name, object, key, property }] : [];
};

/** As they were before any code of a user's ran. */
const ORIGINALS: readonly Original[] = [
  ...OBJECTS.flatMap(([name, object]) =>
    Reflect.ownKeys(object).flatMap((key) => originalOf(`${name}.${String(key)}`, object, key)),
  ),
  ...originalOf('process.nextTick', process, 'nextTick'),
  ...originalOf('queueMicrotask', globalThis, 'queueMicrotask'),
];

/** Functions and objects of globalThis that none of it works without. */
const GLOBAL_NAMES =
  'Object Function Array String Number Boolean BigInt Symbol Promise Map Set WeakMap WeakRef ' +
  'RegExp Error TypeError Date Math JSON Reflect Proxy Atomics Uint8Array Int32Array ' +
  'SharedArrayBuffer Buffer URL AbortController AbortSignal process console performance ' +
  'queueMicrotask setInterval clearInterval clearTimeout';
const GLOBALS = GLOBAL_NAMES.split(' ').map((name) => {
  const value = Reflect.get(globalThis, name) as unknown;
  const methods = typeof value === 'function' ? [functionsOf(value), functionsOf(value.prototype)] : [];
  return { name, value, methods, property: getOwnPropertyDescriptor(globalThis, name)! };
});

/** Nothing here calls them: a polyfill may lack them. */
function isUnused(name: string): boolean {
  return /^(?:constructor|withResolvers|try|groupBy|fromAsync)$/.test(name);
}

function functionsOf(object: unknown): string[] {
  if (object === null || object === undefined) return [];
  return Object.entries(Object.getOwnPropertyDescriptors(object)).flatMap(([name, { value }]) =>
    typeof value === 'function' && !isUnused(name) ? [name] : [],
  );
}

/** Whether it has every function that the original has, itself and for what it makes. */
function hasFunctions(now: unknown, methods: readonly (readonly string[])[]): boolean {
  try {
    for (let of = 0; of < methods.length; of++) {
      const names = methods[of]!;
      if (names.length === 0) continue;
      const object = (of === 0 ? now : (now as { prototype: unknown }).prototype) as object;
      for (let i = 0; i < names.length; i++)
        if (typeof Reflect.get(object, names[i]!) !== 'function') return false;
    }
    return true;
  } catch {
    return false;
  }
}

/** Those that are gone, put back: one of the same kind, as a test's clock, is welcome. */
function restoredGlobals(): string[] {
  const names: string[] = [];
  for (let i = 0; i < GLOBALS.length; i++) {
    const { name, value, methods, property } = GLOBALS[i]!;
    const now: unknown = Reflect.get(globalThis, name);
    if (now === value) continue;
    if (typeof now === typeof value && now !== null && hasFunctions(now, methods)) continue;
    try {
      defineProperty(globalThis, name, property);
      if (property.set) Reflect.set(globalThis, name, value);
    } catch {
      // It was made so that it cannot be put back.
    }
    names[names.length] = name;
  }
  if (!isExtensible(globalThis)) names[names.length] = FROZEN_GLOBALS;
  return names;
}

/** As a name among those that were replaced. */
export const FROZEN_GLOBALS = 'globalThis';

/** Names of those that somebody has replaced by something that does not do their work, but for promises. */
function brokenNow(): string[] {
  const names = restoredGlobals();
  for (let i = 0; i < ORIGINALS.length; i++) {
    const { name, object, key, property } = ORIGINALS[i]!;
    if (getOwnPropertyDescriptor(object, key)?.value === property.value || doesItsWork(name)) continue;
    names[names.length] = name;
  }
  if (names.length > 0) return names;
  if (!stacksAreTexts()) names[names.length] = restoreStacks();
  if (!isJson()) names[names.length] = 'JSON';
  return names;
}

/** Replaced functions of promises, which are asked now and have to answer by the next turn. */
class AskedPromises {
  readonly #asked: { name: string; came: boolean }[] = [];

  constructor() {
    for (let i = 0; i < ORIGINALS.length; i++) {
      const { name, object, key, property } = ORIGINALS[i]!;
      const ask = PROMISES[name];
      if (ask === undefined || getOwnPropertyDescriptor(object, key)?.value === property.value) continue;
      const one = { name, came: false };
      this.#asked[this.#asked.length] = one;
      try {
        ask(() => (one.came = true));
      } catch {
        // It does not come.
      }
    }
  }

  get silent(): string[] {
    const names: string[] = [];
    for (let i = 0; i < this.#asked.length; i++)
      if (!this.#asked[i]!.came) names[names.length] = this.#asked[i]!.name;
    return names;
  }
}

/** What is broken: no list is spread, and none iterated, as that may be what is broken. */
function brokenOf(asked: AskedPromises): string[] {
  const names = brokenNow();
  const { silent } = asked;
  for (let i = 0; i < silent.length; i++) if (!has(names, silent[i]!)) names[names.length] = silent[i]!;
  if (names.length > 0) restoreBuiltIns();
  return names;
}

function has(names: readonly string[], name: string): boolean {
  for (let i = 0; i < names.length; i++) if (names[i] === name) return true;
  return false;
}

const LOOK_MS = 500;

/**
 * Looks, as long as code of a user's may run in this thread, whether it has broken what everything runs on; then nothing
 * would come to an end, not even to say so.
 * @param onBroken told the names once they are put back; none: there is nothing left to wait for
 */
export function watchBuiltIns(onBroken: (names: readonly string[]) => void): Disposable {
  let asked = new AskedPromises();
  let idle = 0;
  const look = (): void => {
    const names = brokenOf(asked);
    if (names.length > 0) onBroken(names);
    asked = new AskedPromises();
  };
  // What keeps a process may wait for a promise that is lost by now.
  const onIdle = (): void => {
    idle++;
    if (idle > 2) return;
    look();
    if (idle === 1) nextTurn(look);
    else onBroken([]);
  };
  const looking = everyMs(look, LOOK_MS).unref();
  process.on('beforeExit', onIdle);
  return {
    [Symbol.dispose]: () => {
      clearInterval(looking);
      process.off('beforeExit', onIdle);
    },
  };
}

/** What of it is broken here and now, put back; for who cannot wait for a turn. */
export function restoredBroken(): string[] {
  const broken = brokenNow();
  if (broken.length > 0) restoreBuiltIns();
  return broken;
}

/**
 * Puts back every built-in function that somebody has replaced, so that what follows can be told.
 * @returns the names of those that were: `JSON.stringify`
 */
export function restoreBuiltIns(): string[] {
  // No method of an array here: it may be one of those that were replaced.
  const names: string[] = [];
  for (let i = 0; i < ORIGINALS.length; i++) {
    const { name, object, key, property } = ORIGINALS[i]!;
    if (getOwnPropertyDescriptor(object, key)?.value === property.value) continue;
    try {
      defineProperty(object, key, property);
    } catch {
      // It was made so that it cannot be put back.
    }
    names[names.length] = name;
  }
  if (!stacksAreTexts()) names[names.length] = restoreStacks();
  return names;
}

/** How many frames the stacks of errors have from now on, where a program lets anybody say so. */
export function limitStacks(frames: number): void {
  Reflect.set(Error, 'stackTraceLimit', frames);
}

/** A program may shape the stacks of its errors, as source maps need; it may not make them unreadable. */
function stacksAreTexts(): boolean {
  try {
    return typeof new Error('a try').stack === 'string' && isWritable();
  } catch {
    return false;
  }
}

function isWritable(): boolean {
  const limit = getOwnPropertyDescriptor(Error, 'stackTraceLimit');
  return limit === undefined || (limit.writable === true && typeof limit.value === 'number');
}

/** @returns what was wrong */
function restoreStacks(): string {
  const wrong = isWritable() ? 'Error.prepareStackTrace' : 'Error.stackTraceLimit';
  try {
    defineProperty(Error, 'prepareStackTrace', { value: undefined, writable: true, configurable: true });
    defineProperty(Error, 'stackTraceLimit', { value: 10, writable: true, configurable: true });
  } catch {
    // As above.
  }
  return wrong;
}

/** A timer of Node's comes within a few milliseconds, on a busy machine within some hundred. */
const TIMER_MS = 5_000;

/**
 * Tries those without which nothing could be told, or everything would wait for ever. Replaced ones that do the same
 * are welcome: instrumentation and polyfills do so.
 * @returns the name of one that does not do its work any more
 */
export async function brokenBuiltIn(): Promise<string | undefined> {
  const asked = new AskedPromises();
  await new Promise<void>((resolve) => nextTurn(resolve));
  const names = brokenOf(asked);
  if (names.length > 0) return names[0];
  for (const name of ['setImmediate', 'setTimeout'] as const) {
    if (globalThis[name] === TIMERS[name] || (await comes(globalThis[name]))) continue;
    // @ts-expect-error They have different types, and each gets its own.
    globalThis[name] = TIMERS[name];
    return name;
  }
  return undefined;
}

/** What was there when this was loaded: a test runner may have put its own there before. */
const TIMERS = { setImmediate: globalThis.setImmediate, setTimeout: globalThis.setTimeout };

function isJson(): boolean {
  try {
    return JSON.stringify({ a: [1, 'b'] }) === '{"a":[1,"b"]}' && JSON.parse('[2]')[0] === 2;
  } catch {
    return false;
  }
}

function comes(set: (done: () => void, ms: 0) => unknown): Promise<boolean> {
  return new Promise((resolve) => {
    const late = afterMs(() => resolve(false), TIMER_MS);
    const done = (): void => {
      clearTimeout(late);
      nextTurn(() => resolve(true));
    };
    try {
      set(done, 0);
    } catch {
      clearTimeout(late);
      resolve(false);
    }
  });
}
