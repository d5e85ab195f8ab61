import { AsyncResource } from 'node:async_hooks';
import nodeCrypto from 'node:crypto';
import type { Patch } from './virtual-clocks.ts';

/** Whose code draws, and has the machine work for it. */
export interface CryptoWorld {
  /** A draw by code that did not take it from its env. */
  ambientRandom(): number;
  /** A name that it drew: eight bytes or more at once. */
  ambientName(bytes: number): Buffer;
  /**
   * A thread of the machine's works for it from now on. How long that takes nobody knows: what is called once it is
   * done comes before or after anything else.
   */
  startWork(done: () => void): void;
}

/** The world of whoever's code runs; undefined for everybody who is not explored. */
type Current = () => CryptoWorld | undefined;

/** What WebCrypto works on in a thread of its own. */
const WEB_METHODS = [
  'decrypt',
  'deriveBits',
  'deriveKey',
  'digest',
  'encrypt',
  'exportKey',
  'generateKey',
  'importKey',
  'sign',
  'unwrapKey',
  'verify',
  'wrapKey',
] as const;

/** What `node:crypto` works on there, if it is given a callback. */
const NODE_METHODS = [
  'checkPrime',
  'generateKey',
  'generateKeyPair',
  'generatePrime',
  'hkdf',
  'pbkdf2',
  'scrypt',
  'sign',
  'verify',
] as const;

type Callback = (...results: unknown[]) => void;
type WebMethod = (this: typeof crypto.subtle, ...args: unknown[]) => Promise<unknown>;

/** Puts chance of the world's own, and work that ends as an event, in the place of Node's. */
export function patchCrypto(patch: Patch, current: Current): void {
  const { crypto } = globalThis;
  const real = {
    randomUUID: crypto.randomUUID.bind(crypto),
    getRandomValues: crypto.getRandomValues.bind(crypto),
  };
  patch(crypto, 'randomUUID', () => uuid(current) ?? real.randomUUID());
  patch(crypto, 'getRandomValues', ((array: Uint8Array) => {
    const bytes = drawn(current, array.byteLength);
    if (!bytes) return real.getRandomValues(array);
    bytes.copy(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  }) as typeof crypto.getRandomValues);
  // Packages take them from the module itself.
  for (const [name, drawing] of Object.entries(virtualDraws({ ...nodeCrypto }, current)))
    patch(nodeCrypto, name as 'randomUUID', drawing as never);
  for (const name of NODE_METHODS)
    patch(nodeCrypto, name, called(nodeCrypto[name] as Callback, current) as never);
  for (const name of WEB_METHODS)
    patch(crypto.subtle, name, promised(crypto.subtle[name] as unknown as WebMethod, current) as never);
}

/**
 * It is asked at once, and is done before anything else happens to the process; what came of it is told by an event. Its
 * place among others is not that at which the machine was done: that would be another one in each run.
 */
function promised(real: WebMethod, current: Current): WebMethod {
  return async function later(this: typeof crypto.subtle, ...args: unknown[]): Promise<unknown> {
    const world = current();
    const working = real.apply(this, args);
    if (!world) return working;
    working.catch(() => {}); // it is looked at when it is told
    await new Promise<void>((resolve) => world.startWork(resolve));
    return working;
  };
}

/** The same of what tells by a callback; without one it is done within the call. */
function called(real: Callback, current: Current): Callback {
  const later = (...args: unknown[]): unknown => {
    const world = current();
    const done = args.at(-1);
    if (!world || typeof done !== 'function') return real(...args);
    let results: unknown[] = [];
    const working: unknown = real(...args.slice(0, -1), (...told: unknown[]) => (results = told));
    world.startWork(AsyncResource.bind(() => (done as Callback)(...results)));
    return working;
  };
  // How `promisify` makes a promise of it is kept on the function.
  return Object.defineProperties(later, Object.getOwnPropertyDescriptors(real));
}

/** What draws in `node:crypto`: from the stream of whoever's code runs. */
export function virtualDraws(real: typeof nodeCrypto, current: Current): Partial<typeof nodeCrypto> {
  const { randomUUID, randomBytes, randomFill, randomFillSync, randomInt } = real;
  const fill = (target: Uint8Array, from: number, size: number): void => {
    const bytes = drawn(current, size)!;
    bytes.copy(new Uint8Array(target.buffer, target.byteOffset, target.byteLength), from);
  };
  return {
    randomUUID: (options) => uuid(current) ?? randomUUID(options),
    randomBytes: ((size: number, done?: (error: Error | null, bytes: Buffer) => void) => {
      const world = current();
      if (!world) return done ? randomBytes(size, done) : randomBytes(size);
      const bytes = drawn(current, size)!;
      return done ? world.startWork(AsyncResource.bind(() => done(null, bytes))) : bytes;
    }) as typeof randomBytes,
    randomFill: (target: Uint8Array, ...args: unknown[]) => {
      const world = current();
      const done = args.pop() as (error: Error | null, filled: Uint8Array) => void;
      const [from = 0, size = target.byteLength - from] = args as number[];
      if (!world) return randomFill(target, from, size, done);
      fill(target, from, size);
      world.startWork(AsyncResource.bind(() => done(null, target)));
    },
    randomFillSync: ((target: Uint8Array, from = 0, size = target.byteLength - from) => {
      if (!current()) return randomFillSync(target, from, size);
      fill(target, from, size);
      return target;
    }) as typeof randomFillSync,
    randomInt: ((...args: unknown[]) => {
      const world = current();
      if (!world) return (randomInt as Callback)(...args);
      const done = typeof args.at(-1) === 'function' ? (args.pop() as Callback) : undefined;
      const [low, high] = args.length < 2 ? [0, args[0] as number] : (args as number[]);
      const number = low! + Math.floor(world.ambientRandom() * (high! - low!));
      return done ? world.startWork(AsyncResource.bind(() => done(null, number))) : number;
    }) as typeof randomInt,
  };
}

/** So many bits drawn at once are a name: nobody draws the same twice. */
const BYTES_OF_A_NAME = 8;

/** Bytes from the instance's own stream of chance. */
function drawn(current: Current, count: number): Buffer | undefined {
  const world = current();
  if (!world) return undefined;
  if (count >= BYTES_OF_A_NAME) return world.ambientName(count);
  return Buffer.from(Array.from({ length: count }, () => Math.floor(world.ambientRandom() * 256)));
}

type Uuid = `${string}-${string}-${string}-${string}-${string}`;

function uuid(current: Current): Uuid | undefined {
  const bytes = drawn(current, 16);
  return bytes && uuidOf(bytes);
}

/** The random UUID (version 4) that these 16 bytes make. */
export function uuidOf(name: Buffer): Uuid {
  const bytes = Buffer.from(name);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
