import { setImmediate as nextTurn, setTimeout as afterMs } from 'node:timers';

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

const { defineProperty, getOwnPropertyDescriptor } = Object;

/** As they were before any code of a user's ran. */
const ORIGINALS: readonly Original[] = OBJECTS.flatMap(([name, object]) =>
  Reflect.ownKeys(object).flatMap((key): Original[] => {
    const property = getOwnPropertyDescriptor(object, key)!;
    if (typeof property.value !== 'function') return [];
    return [{ name: `${name}.${String(key)}`, object, key, property }];
  }),
);

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
  if (!stacksAreTexts()) return restoreStacks();
  if (!isJson()) return 'JSON';
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
