/**
 * The one place where code under test meets the network. Whatever opens a connection in JavaScript, it ends in
 * `connect` of `net.Socket`: `net`, `tls`, `http`, `fetch` and every client library, ES module or CommonJS, whenever
 * it took hold of Node's functions. There each connection is judged, before a name is looked up or a byte leaves.
 *
 * The hook looks at who asks, and asks that one's judge. What it refuses, the code that asked never hears of: the
 * socket connects for ever, so that no client tries again and no error that nobody catches ends the process in its
 * own way. A judge may be the other end of every connection instead, wherever it was to lead: that of an explored process is.
 * Or it leads them to the run's server: that of a load run does.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import { isOurs } from '../ground/ours.ts';
import { addressOf, callbackIn } from './connect-arguments.ts';
import { hookDatagrams, hookProcesses } from './elsewhere.ts';
import { letTimers, stopTimers } from './held-timers.ts';
import { Led, type Spent } from './led.ts';
import { hookLookups } from './lookups.ts';
import { Openers } from './openers.ts';
import { connectTo, type Connecting } from './other-end.ts';
import { addressText, DEFAULT_HOST, Refusal, type Address } from './refusal.ts';

/** Decides for some code where it may connect to. */
export interface Judge {
  /** The servers that it may connect to. */
  readonly named: readonly Address[];
  /** How its code was compiled. */
  readonly format: 'esm' | 'cjs';
  /** It asked for something else, and does not get it. */
  refused(refusal: Refusal): void;
  /** Told of each connection that it opens to a server that is not named. */
  opens?(): void;
  /** The other end of such a connection. */
  link?(address: Address): Duplex;
  /** Or what leads it to the run's server. Neither: it is refused. */
  readonly led?: Led | undefined;
  /** It runs large sales, in which it might be led. */
  readonly sells?: boolean;
}

/** The servers that were named for a run, and what its code was refused. */
class Reach implements Judge {
  readonly format = 'esm';
  readonly named: Address[];
  led: Led | undefined;
  sells = false;
  #first: Refusal | undefined;
  readonly #told: Promise<void>;
  #tell!: () => void;

  constructor(named: readonly Address[], led?: Led) {
    this.named = [...named];
    this.led = led;
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

/** Code that is only looked at: what it connects to never answers, and hears nothing; or waits for the run's server. */
class Held extends Reach {
  /** A package has opened a connection, or nobody knows who. */
  packagesConnect = false;
  readonly link?: () => Duplex;
  readonly #openers: Openers;
  readonly #told: () => void;

  constructor(openers: Openers, opens: () => void) {
    super(thread?.led ? thread.named : [], thread?.led);
    this.#openers = openers;
    this.#told = opens;
    if (!this.led) this.link = () => new Duplex({ read: nothing, write: nothing });
  }

  override refused(refusal: Refusal): void {
    super.refused(refusal);
    thread?.refused(refusal);
  }

  opens(): void {
    this.packagesConnect ||= !this.#openers.isUsersOwn;
    this.#told();
  }
}

/** Whoever is under test in a thread that is not theirs alone. */
const contexts = new AsyncLocalStorage<Reach>();
/** Of a thread that runs nothing but code under test and the harness. */
let thread: Reach | undefined;
/** Of an exploration, whose processes have contexts of their own. */
let explored: () => Judge | undefined = nothing as () => undefined;

/** Whether it is asked by code that is only looked at, and is led nowhere. */
export function isOnlyLookedAt(): boolean {
  const by = contexts.getStore();
  return by instanceof Held && by.led === undefined;
}

function judge(): Judge | undefined {
  return isOurs() ? undefined : (explored() ?? contexts.getStore() ?? thread);
}

/**
 * From now on everything in this thread but `ours` may connect to named servers only, in whatever context: that of
 * a listener or of a native callback may be anybody's.
 * @param sells it runs large sales
 * @param leads in which connections to other servers wait until it is known where they lead
 */
export function keepThreadTo(
  named: readonly Address[],
  { sells = false, leads = false }: { sells?: boolean; leads?: boolean } = {},
): void {
  install();
  thread ??= new Reach([]);
  thread.named.splice(0, Infinity, ...named);
  thread.sells = sells;
  if (leads) thread.led ??= newLed();
}

const leds = new Set<Led>();

function newLed(): Led {
  const led = new Led();
  leds.add(led);
  return led;
}

/** Whether connections that code under test opens in this thread are led to a server, or will be. */
export const isThreadLed = (): boolean => thread?.led !== undefined;

/** Connections of code under test lead to this server from now on, where they are led at all. */
export function lead(to: Address | undefined): void {
  if (to) (contexts.getStore() ?? thread)?.led?.lead(to);
}

/** A server ends: whoever was led there hears nothing of it. */
export function abandonLed(server: Address): void {
  for (const led of leds) led.abandon((to) => isSame(to, server));
}

/** Commands that were sent by connections that are led, in all, and how many of them are open. */
export const ledNow = (): Pick<Led, 'sent' | 'size'> =>
  (contexts.getStore() ?? thread)?.led ?? { sent: 0, size: 0 };

/** Where what they send is counted from now on. */
export function countLed(into: Spent): void {
  const { led } = contexts.getStore() ?? thread ?? {};
  if (led) led.spent = into;
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
 * @param leads its connections to other servers wait until it is known where they `lead`, and afterwards again; else it is
 * refused them
 * @throws NotNamed as soon as it asks for another; what `body` still does is left to itself
 */
export async function underTest<T>(
  named: readonly Address[],
  body: () => Promise<T>,
  { leads = false } = {},
): Promise<T> {
  install();
  const reach = thread ?? new Reach(named, leads ? newLed() : undefined);
  try {
    return await reach.orRefused(thread ? body() : contexts.run(reach, body));
  } finally {
    if (leads) reach.led?.hold();
  }
}

/**
 * Runs code that is only looked at, as the import of a file that will be explored: each of its connections, then and later,
 * waits to be made for ever; in a thread whose connections are led, until that is known where.
 * @param opens told of each
 * @returns what came of it, and whether a package opened any
 * @throws NotNamed as soon as it asks for what could connect unseen
 */
export async function holdingConnections<T>(
  body: () => Promise<T>,
  opens = nothing,
): Promise<{ result: T; packagesConnect: boolean }> {
  install();
  using openers = new Openers();
  const held = new Held(openers, opens);
  if (!held.led) stopTimers(isOnlyLookedAt);
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
  letTimers();
  explored = current;
  return { [Symbol.dispose]: () => void (explored = nothing as () => undefined) };
}

/** As they are spelled: two names of one machine may be two servers, by address or by family. */
const isSame = (a: Address, b: Address): boolean =>
  (a.path ?? b.path) !== undefined
    ? a.path === b.path
    : Number(a.port) === Number(b.port) &&
      (a.host ?? DEFAULT_HOST).toLowerCase() === (b.host ?? DEFAULT_HOST).toLowerCase();

const names = (by: Judge, address: Address): boolean => by.named.some((one) => isSame(one, address));

/** @returns whether it was refused */
function refusesServer(address: Address, what = 'opens a connection to'): boolean {
  const by = judge();
  if (!by || names(by, address)) return false;
  const servers = by.named.filter(({ path }) => path === undefined).map(addressText);
  const named = servers.length > 0 ? `, as ${servers.join(' and ')} was` : '';
  const where = `${what} ${addressText(address)}`;
  const told = `${where}, which was not named for this run${named}: nothing was sent`;
  by.refused(new Refusal(by.sells ? 'unled' : 'server', told, by.format));
  return true;
}

/** What would run where no hook of ours is. @throws Error if it is refused */
function requireSeen(what: string): void {
  const by = judge();
  if (!by) return;
  by.refused(new Refusal('unseen', `${what}, and what that connects to cannot be seen`, by.format));
  throw new Error(`oversell refuses: it ${what}`);
}

// At once: ioredis takes hold of it for clusters as it is loaded, our own copy among them.
hookLookups(isHere);

let installed = false;

/** Once per thread, for good: it costs a look when a connection is opened, and nothing after that. */
function install(): void {
  if (installed) return;
  installed = true;
  hookSockets();
  hookDatagrams(refusesServer);
  hookProcesses(requireSeen);
  syncBuiltinESMExports();
}

/** Whether a name means this machine: nobody looks up where a connection was to lead. */
function isHere(name: string): boolean {
  const by = judge();
  if (by?.link) return true;
  return by?.led !== undefined && !by.named.some(({ host = DEFAULT_HOST }) => host === name);
}

/** Whether a connection there is one of ours, wherever it was to lead. */
function isTaken(address: Address, by = judge()): by is Judge {
  if (!by || names(by, address)) return false;
  return by.link ? true : by.led !== undefined;
}

/** @returns whether the socket is connected to the other end of its process, or led */
function take(socket: net.Socket, address: Address, connecting: Connecting): boolean {
  const by = judge();
  if (!isTaken(address, by)) return false;
  by.opens?.();
  const other = by.link?.(address);
  if (other) connectTo(socket, other, connecting);
  else by.led!.connect(socket, { ...connecting, address, onForeign: (refusal) => by.refused(refusal) });
  return true;
}

function hookSockets(): void {
  // eslint-disable-next-line typescript/unbound-method -- it is called on the socket
  const { connect, setTimeout } = net.Socket.prototype;
  net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
    const address = addressOf(args);
    // One that encrypts is made by `tls.connect`, which is asked before: who took hold of that earlier is refused.
    const isPlain = address && !(this instanceof tls.TLSSocket);
    if (isPlain && take(this, address, { callback: callbackIn(args) })) return this;
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
    if (!address || !isTaken(address)) return secure(...args);
    const socket = new net.Socket();
    take(socket, address, { secure: true, callback: callbackIn(args) });
    return socket;
  };
  Object.assign(tls, { connect: connectSecurely });
}
