import { AsyncResource } from 'node:async_hooks';
import type nodeCrypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import { onStray } from '../../ground/strays.ts';
import { stackText } from '../../ground/thrown.ts';
import { isOnlyLookedAt, judgeExplored, type Judge } from '../../wire/network.ts';
import { CannotExplore } from '../cannot-explore.ts';
import { isFromClientLibrary, patchReading } from './of-client-library.ts';
import { refuseForeignWrites } from './foreign-writes.ts';
import { watchOutside, type Waiting } from './outside.ts';
import { blame, currentWorld as runningWorld, isActive, type World } from './worlds.ts';
import { patchClocks, type Patch } from './virtual-clocks.ts';
import { patchPromises, promisified, timeoutSignal, virtualPromises } from './virtual-promises.ts';
import { patchCrypto, virtualDraws, type CryptoWorld } from './virtual-crypto.ts';

/** Nobody but instances is made a world of. */
const currentWorld = runningWorld as () => VirtualWorld | undefined;

/** The time and chance of one explored instance. */
export interface VirtualWorld extends World, Waiting, Judge, CryptoWorld {
  /** Milliseconds since the epoch, as the instance is told: its code reads the clock. */
  readClock(): number;
  setTimer(callback: () => void, delayMs: number, repeats: boolean): VirtualTimer;
  /** @param timer it, or the number that it is as a primitive */
  clearTimer(timer: VirtualTimer | number): void;
  /** A setImmediate that has not run yet keeps the instance from being quiet. */
  pendingImmediates: number;
  /** An immediate that comes when it is told to, or undefined where each comes by itself. */
  putOff(callback: () => void): VirtualImmediate | undefined;
  /** Each of its connections is a link inside this process. */
  readonly isLinked: boolean;
  /** It wants to end the whole process. */
  exits(): void;
}

/** What setTimeout and setInterval answer; it can do what Node's can. */
export class VirtualTimer {
  readonly callback: () => void;
  readonly everyMs: number | undefined;
  readonly number: number;
  readonly #again: () => void;
  #hasRef = true;

  /** @param given its number as a primitive; `again` sets it anew */
  constructor(
    callback: () => void,
    delayMs: number,
    repeats: boolean,
    { number, again }: { number: number; again: () => void },
  ) {
    this.number = number;
    this.callback = callback;
    this.everyMs = repeats ? delayMs : undefined;
    this.#again = again;
  }

  [Symbol.toPrimitive](): number {
    return this.number;
  }

  ref(): this {
    this.#hasRef = true;
    return this;
  }

  unref(): this {
    this.#hasRef = false;
    return this;
  }

  hasRef(): boolean {
    return this.#hasRef;
  }

  refresh(): this {
    this.#again();
    return this;
  }

  close(): this {
    globalThis.clearTimeout(this as unknown as NodeJS.Timeout);
    return this;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** What setImmediate answers where its coming is an event; it can do what Node's can. */
export class VirtualImmediate {
  /** Absent once it was cleared. */
  callback: (() => void) | undefined;

  constructor(callback: () => void) {
    this.callback = callback;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }
}

/** A whole turn of the event loop: everything that was ready has run, microtasks included. */
const realSetImmediate = globalThis.setImmediate;
export const macrotask = (): Promise<void> => new Promise((resolve) => realSetImmediate(resolve));

const {
  setTimeout: realSetTimeout,
  clearTimeout: realClearTimeout,
  clearImmediate: realClearImmediate,
} = globalThis;

/**
 * Something came in, or a millisecond passed: for who waits for another process. A turn of `macrotask` waits for nothing, so
 * one after the other they would keep a processor from who is waited for. An immediate that is not referenced lets the
 * loop wait; the timer is for what comes without a descriptor, as `close` does, and for a loop that has nothing else.
 */
export const arrival = (): Promise<void> =>
  new Promise((resolve) => {
    const come = (): void => {
      realClearTimeout(latest);
      realClearImmediate(next);
      resolve();
    };
    // Either may be first: a timer that is late already comes before the loop waits.
    const latest = realSetTimeout(come, 1);
    const next = realSetImmediate(come).unref();
  });

let installed = 0;

/**
 * Makes globals virtual for explored code (and as before for everybody else) until the result is disposed of.
 * @param startsAtMs when its clock begins: ahead of the server's, so that no deadline passes by real time
 */
export function virtualGlobals(startsAtMs = FIXED_EPOCH_MS): Disposable {
  if (installed++ > 0) return { [Symbol.dispose]: () => void installed-- };
  epochMs = startsAtMs;
  const undo: (() => void)[] = [];
  const patch = <T extends object, K extends keyof T>(target: T, key: K, value: T[K]): void => {
    const before = target[key];
    target[key] = value;
    undo.push(() => (target[key] = before));
  };
  patch(globalThis, 'Date', virtualDate(globalThis.Date));
  const real = { random: Math.random, now: performance.now.bind(performance) };
  patch(Math, 'random', () => currentWorld()?.ambientRandom() ?? real.random());
  patch(performance, 'now', () => {
    const world = currentWorld();
    return world ? world.readClock() - epochMs : real.now();
  });
  patchClocks(patch, () => {
    const world = currentWorld();
    return world && world.readClock() - epochMs;
  });
  patchTimers(patch);
  // Packages take them from the modules.
  const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } = globalThis;
  const virtual = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };
  for (const [name, timer] of Object.entries(virtual)) patch(timers, name as 'setTimeout', timer as never);
  const isExplored = (): boolean => currentWorld() !== undefined;
  patchPromises(patch, isExplored);
  patchReading(patch, isExplored);
  patchCrypto(patch, currentWorld);
  syncBuiltinESMExports();
  const exit = process.exit.bind(process);
  patch(process, 'exit', (code) => {
    const world = currentWorld();
    if (!world) return exit(code);
    world.exits();
    throw new Error('process.exit is called in explored code');
  });
  const strays = onStray(blame);
  const hooks = [watchOutside(currentWorld), judgeExplored(currentWorld), refuseForeignWrites(currentWorld)];
  for (const hook of [strays, ...hooks]) undo.push(() => hook[Symbol.dispose]());
  return {
    [Symbol.dispose]: () => {
      if (--installed > 0) return;
      for (const restore of undo.toReversed()) restore();
      syncBuiltinESMExports();
    },
  };
}

/** When virtual time begins, where nobody says, and in the files of older versions. */
const FIXED_EPOCH_MS = 1_700_000_000_000;
let epochMs = FIXED_EPOCH_MS;

/** When the clock of the processes that are explored now begins. */
export const epochOfRun = (): number => epochMs;

function virtualDate(real: DateConstructor): DateConstructor {
  return new Proxy(real, {
    construct: (target, args: [], newTarget) => {
      const world = args.length === 0 ? currentWorld() : undefined;
      return Reflect.construct(target, world ? [world.readClock()] : args, newTarget) as object;
    },
    apply: (target, self, args) => {
      const world = currentWorld();
      return world ? new target(world.readClock()).toString() : Reflect.apply(target, self, args);
    },
    get: (target, key, receiver) => {
      if (key === 'now' && currentWorld()) return () => currentWorld()?.readClock() ?? target.now();
      return Reflect.get(target, key, receiver) as unknown;
    },
  });
}

function patchTimers(patch: Patch): void {
  const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } = globalThis;
  const start =
    (real: typeof setTimeout | typeof setInterval, repeats: boolean) =>
    (callback: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]): unknown => {
      const world = currentWorld();
      if (world)
        return world.setTimer(
          AsyncResource.bind(() => callback(...args)),
          delayMs,
          repeats,
        );
      const timer = real(callback, delayMs, ...args);
      // A client of a cluster that gets no answer would try again, and complain, for as long as the exploration takes.
      if (isOnlyLookedAt() && isFromClientLibrary(stackText(new Error('again')))) clearTimeout(timer);
      return timer;
    };
  const stop =
    (real: typeof clearTimeout) =>
    (timer: unknown): void => {
      const world = currentWorld();
      if (timer instanceof VirtualTimer) world?.clearTimer(timer);
      // Node ends a timer by its number, too.
      else if (world && (typeof timer === 'number' || typeof timer === 'string'))
        world.clearTimer(Number(timer));
      else real(timer as NodeJS.Timeout);
    };
  const startOnce = promisified(start(setTimeout, false), 'setTimeout');
  patch(globalThis, 'setTimeout', startOnce as typeof setTimeout);
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  patch(AbortSignal, 'timeout', (ms) => (currentWorld() ? timeoutSignal(ms) : timeout(ms)));
  patch(globalThis, 'setInterval', start(setInterval, true) as typeof setInterval);
  patch(globalThis, 'clearTimeout', stop(clearTimeout) as typeof clearTimeout);
  patch(globalThis, 'clearInterval', stop(clearInterval) as typeof clearInterval);
  const immediate = (callback: (...args: unknown[]) => void, ...args: unknown[]): unknown => {
    const world = currentWorld();
    if (!world) return setImmediate(callback, ...args);
    const putOff = world.putOff(AsyncResource.bind(() => callback(...args)));
    if (putOff) return putOff;
    world.pendingImmediates++;
    return setImmediate(() => {
      world.pendingImmediates--;
      if (isActive(world)) callback(...args);
    });
  };
  patch(globalThis, 'setImmediate', promisified(immediate, 'setImmediate') as unknown as typeof setImmediate);
  patch(globalThis, 'clearImmediate', (one: unknown) => {
    if (one instanceof VirtualImmediate) one.callback = undefined;
    else clearImmediate(one as NodeJS.Immediate);
  });
}

/** What explored code gets for modules that hold a clock, timers or chance. */
export function virtualModule(specifier: string, real: unknown): unknown {
  const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval } = globalThis;
  switch (specifier.replace(/^node:/, '')) {
    case 'timers/promises':
      return virtualPromises(real as object);
    case 'timers':
      return { ...(real as object), setTimeout, setInterval, setImmediate, clearTimeout, clearInterval };
    case 'crypto':
      return { ...(real as object), ...virtualDraws(real as typeof nodeCrypto, currentWorld) };
    case 'worker_threads':
    case 'child_process':
      throw new CannotExplore(
        `it imports ${specifier}`,
        'an explored seller is one process: keep to Redis and its own memory',
      );
    default:
      return real;
  }
}
