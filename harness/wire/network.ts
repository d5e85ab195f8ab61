/**
 * The one place where code under test meets the network. Whatever opens a connection in JavaScript, it ends in
 * `connect` of `net.Socket`: `net`, `tls`, `http`, `fetch` and every client library, ES module or CommonJS, whenever
 * it took hold of Node's functions. There each connection is judged, before a name is looked up or a byte leaves.
 *
 * The hook looks at who asks, and asks that one's judge. What it refuses, the code that asked never hears of: the
 * socket connects for ever, so that no client tries again and no error that nobody catches ends the process in its
 * own way. A judge may be the other end of every connection instead, wherever it was to lead: that of an explored process is.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import threads from 'node:worker_threads';
import { isOurs } from '../ground/ours.ts';
import { hookLookups } from './lookups.ts';
import { Openers } from './openers.ts';
import { connectTo } from './other-end.ts';
import { addressText, DEFAULT_HOST, Refusal, type Address } from './refusal.ts';

/** Decides for some code where it may connect to. */
export interface Judge {
  /** The servers that it may connect to. */
  readonly named: readonly Address[];
  /** How its code was compiled. */
  readonly format: 'esm' | 'cjs';
  /** It asked for something else, and does not get it. */
  refused(refusal: Refusal): void;
  /** The other end of a connection that it opens, wherever that was to lead. Absent: it may connect to those that are named. */
  link?(address: Address): Duplex;
}

/** The servers that were named for a run, and what its code was refused. */
class Reach implements Judge {
  readonly format = 'esm';
  readonly named: Address[];
  #first: Refusal | undefined;
  readonly #told: Promise<void>;
  #tell!: () => void;

  constructor(named: readonly Address[]) {
    this.named = [...named];
    this.#told = new Promise((resolve) => (this.#tell = resolve));
  }

  refused(refusal: Refusal): void {
    this.#first ??= refusal;
    this.#tell();
  }

  /** Waits for work in which code may be refused something. @throws NotNamed as soon as it is */
  async orRefused<T>(work: Promise<T>): Promise<T> {
    await Promise.race([work.then(nothing, nothing), this.#told]);
    if (this.#first) throw await this.#first.error();
    return work;
  }
}

const nothing = (): void => {};

/** Code that is only looked at: what it connects to never answers, and hears nothing. */
class Held extends Reach {
  /** A package has opened a connection, or nobody knows who. */
  packagesConnect = false;
  readonly #openers: Openers;

  constructor(openers: Openers) {
    super([]);
    this.#openers = openers;
  }

  override refused(refusal: Refusal): void {
    super.refused(refusal);
    thread?.refused(refusal);
  }

  link(): Duplex {
    this.packagesConnect ||= !this.#openers.isUsersOwn;
    return new Duplex({ read: nothing, write: nothing });
  }
}

/** Whoever is under test in a thread that is not theirs alone. */
const contexts = new AsyncLocalStorage<Reach>();
/** Of a thread that runs nothing but code under test and the harness. */
let thread: Reach | undefined;
/** Of an exploration, whose processes have contexts of their own. */
let explored: () => Judge | undefined = nothing as () => undefined;

function judge(): Judge | undefined {
  return isOurs() ? undefined : (explored() ?? contexts.getStore() ?? thread);
}

/**
 * From now on everything in this thread but `ours` may connect to named servers only, in whatever context: that of
 * a listener or of a native callback may be anybody's.
 */
export function keepThreadTo(named: readonly Address[]): void {
  install();
  thread ??= new Reach([]);
  thread.named.splice(0, Infinity, ...named);
}

/** A server that the run itself has started or was given. @returns takes the name off again */
export function nameServer(address: Address): () => void {
  thread?.named.push(address);
  return () => {
    const at = thread?.named.indexOf(address) ?? -1;
    if (at >= 0) thread!.named.splice(at, 1);
  };
}

/**
 * Runs code that is under test beside code that is not (the tests of a file, their database): it may connect to named
 * servers only. In a thread that is kept to servers, those of the thread are named.
 * @throws NotNamed as soon as it asks for another; what `body` still does is left to itself
 */
export function underTest<T>(named: readonly Address[], body: () => Promise<T>): Promise<T> {
  install();
  if (thread) return thread.orRefused(body());
  const reach = new Reach(named);
  return reach.orRefused(contexts.run(reach, body));
}

/**
 * Runs code that is only looked at, as the import of a file that will be explored: each of its connections, then and later,
 * waits to be made for ever.
 * @returns what came of it, and whether a package opened any
 * @throws NotNamed as soon as it asks for what could connect unseen
 */
export async function holdingConnections<T>(
  body: () => Promise<T>,
): Promise<{ result: T; packagesConnect: boolean }> {
  install();
  using openers = new Openers();
  const held = new Held(openers);
  const result = await held.orRefused(contexts.run(held, body));
  const { packagesConnect } = held;
  return { result, packagesConnect };
}

/** Waits for what code under test does, here and now. @throws NotNamed as soon as it is refused something */
export const orRefused = <T>(work: Promise<T>): Promise<T> =>
  (contexts.getStore() ?? thread)?.orRefused(work) ?? work;

/** What the fault of code under test comes from: what it was refused, if anything was; else the fault itself. */
export const refusalOr = (fault: Promise<unknown>): Promise<unknown> =>
  orRefused(fault).catch((refused: unknown) => refused);

/** While code is explored: `current` is the judge of the process whose code runs. */
export function judgeExplored(current: () => Judge | undefined): Disposable {
  install();
  explored = current;
  return { [Symbol.dispose]: () => void (explored = nothing as () => undefined) };
}

/** As they are spelled: two names of one machine may be two servers, by address or by family. */
const isSame = (a: Address, b: Address): boolean =>
  (a.path ?? b.path) !== undefined
    ? a.path === b.path
    : Number(a.port) === Number(b.port) &&
      (a.host ?? DEFAULT_HOST).toLowerCase() === (b.host ?? DEFAULT_HOST).toLowerCase();

/** @returns whether it was refused */
function refusesServer(address: Address, what = 'opens a connection to'): boolean {
  const by = judge();
  if (!by || by.named.some((one) => isSame(one, address))) return false;
  const servers = by.named.filter(({ path }) => path === undefined).map(addressText);
  const named = servers.length > 0 ? `, as ${servers.join(' and ')} was` : '';
  const where = `${what} ${addressText(address)}`;
  by.refused(
    new Refusal('server', `${where}, which was not named for this run${named}: nothing was sent`, by.format),
  );
  return true;
}

/** What would run where no hook of ours is. @throws Error if it is refused */
function requireSeen(what: string): void {
  const by = judge();
  if (!by) return;
  by.refused(new Refusal('unseen', `${what}, and what that connects to cannot be seen`, by.format));
  throw new Error(`oversell refuses: it ${what}`);
}

let installed = false;

/** Once per thread, for good: it costs a look when a connection is opened, and nothing after that. */
function install(): void {
  if (installed) return;
  installed = true;
  hookSockets();
  hookLookups(() => judge()?.link !== undefined);
  hookDatagrams();
  hookProcesses();
  syncBuiltinESMExports();
}

function hookSockets(): void {
  // eslint-disable-next-line typescript/unbound-method -- it is called on the socket
  const { connect, setTimeout } = net.Socket.prototype;
  net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
    const address = addressOf(args);
    // One that encrypts is made by `tls.connect`, which is asked before: who took hold of that earlier is refused.
    const other = address && !(this instanceof tls.TLSSocket) ? judge()?.link?.(address) : undefined;
    if (other) return connectTo(this, other, { callback: callbackIn(args) });
    if (!address || !refusesServer(address)) return Reflect.apply(connect, this, args) as net.Socket;
    Object.assign(this, { connecting: true });
    return this;
  };
  // Set before it connects: where time is virtual, or does not matter, no socket has time limits of real time.
  net.Socket.prototype.setTimeout = function (this: net.Socket, ...args: unknown[]) {
    return judge()?.link ? this : (Reflect.apply(setTimeout, this, args) as net.Socket);
  };
  const secure = tls.connect as (...args: unknown[]) => net.Socket;
  const connectSecurely = (...args: unknown[]): net.Socket => {
    const [options] = args;
    const isOver = typeof options === 'object' && options !== null && 'socket' in options && options.socket;
    const address = isOver ? undefined : addressOf(args);
    const other = address && judge()?.link?.(address);
    return other
      ? connectTo(new net.Socket(), other, { secure: true, callback: callbackIn(args) })
      : secure(...args);
  };
  Object.assign(tls, { connect: connectSecurely });
}

/** Of `connect`: its last argument, also where Node has made one list of all. */
function callbackIn(args: readonly unknown[]): (() => void) | undefined {
  const last = args.flat().findLast((one) => typeof one === 'function');
  return last as (() => void) | undefined;
}

/** Of `connect`: options, a port and a host, a path, or what Node has made of them already. */
function addressOf(args: readonly unknown[]): Address | undefined {
  const [first, host] = args;
  if (Array.isArray(first)) return addressOf(first as unknown[]);
  if (typeof first === 'object' && first !== null) {
    const { path, port, host: named } = first as Address;
    return path
      ? { path }
      : port === undefined || port === null
        ? undefined
        : { host: named || undefined, port };
  }
  if (typeof first === 'string' && !(Number(first) >= 0)) return { path: first };
  if (first === undefined || first === null) return undefined;
  return { host: typeof host === 'string' ? host : undefined, port: Number(first) };
}

/** No datagram is Redis', and none is needed to sell: not even a metric leaves, as it would tell of sales that are none. */
function hookDatagrams(): void {
  const { prototype } = dgram.Socket as unknown as {
    prototype: Record<'send' | 'connect', (...args: unknown[]) => unknown>;
  };
  const { send, connect } = prototype;
  const what = 'sends a datagram to';
  prototype.connect = function (this: unknown, ...args) {
    const [port, host] = args;
    if (!refusesServer({ host: hostIn([host]), port: Number(port) }, what))
      return Reflect.apply(connect, this, args);
  };
  prototype.send = function (this: unknown, ...args) {
    const numbers = args.slice(1).filter((one) => typeof one === 'number');
    // (message, port, …), or (message, offset, length, port, …); without a port it is connected already.
    const port = numbers.length >= 3 ? numbers[2] : numbers.length === 1 ? numbers[0] : undefined;
    const isRefused = port !== undefined && refusesServer({ host: hostIn(args.slice(1)), port }, what);
    if (!isRefused) return Reflect.apply(send, this, args);
  };
}

const hostIn = (args: readonly unknown[]): string | undefined => args.find((one) => typeof one === 'string');

function hookProcesses(): void {
  const { prototype } = childProcess.ChildProcess as unknown as {
    prototype: { spawn: (options: { file?: string }) => unknown };
  };
  const { spawn } = prototype;
  prototype.spawn = function (this: unknown, options) {
    requireSeen(`starts a child process (${options.file})`);
    return Reflect.apply(spawn, this, [options]);
  };
  for (const name of ['spawnSync', 'execSync', 'execFileSync'] as const) {
    const real = childProcess[name] as (...args: unknown[]) => unknown;
    const seen = (...args: unknown[]): unknown => {
      requireSeen(`starts a child process (${String(args[0])})`);
      return real(...args);
    };
    Object.assign(childProcess, { [name]: seen });
  }
  threads.Worker = new Proxy(threads.Worker, {
    construct(target, args: [string | URL, threads.WorkerOptions?], newTarget) {
      if (!args[1]?.argv?.includes(OUR_WORKER))
        requireSeen(`starts a worker thread (${String(args[0]).slice(0, 200)})`);
      return Reflect.construct(target, args, newTarget) as object;
    },
  });
  const dlopen = process.dlopen.bind(process);
  process.dlopen = (module: object, file: string, ...rest: []) => {
    if (/valkey-glide/.test(file))
      requireSeen(`loads Valkey GLIDE, which connects outside of Node (${file})`);
    dlopen(module, file, ...rest);
  };
}

/** An argument of worker threads that keep themselves to named servers; pools start them when they like. */
export const OUR_WORKER = '--oversell-instance';
