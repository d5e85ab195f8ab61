import { Redis, type RedisOptions } from 'ioredis';
import type {
  PurchaseOutcome,
  PurchaseRequest,
  Sale,
  Seller,
  Strategy,
} from '../../../strategies/contract.ts';
import { isDefinite } from '../../../strategies/errors.ts';
import { isHarnessFrame } from '../../ground/places.ts';
import { seededRandom, type Random } from '../../ground/random.ts';
import { CannotExplore, OpenPick } from '../errors.ts';
import { connectorTo } from './link.ts';
import type { Transport } from '../../wire/transport.ts';
import {
  buried,
  EPOCH_MS,
  inWorld,
  macrotask,
  VirtualImmediate,
  VirtualTimer,
  type VirtualWorld,
} from './virtual.ts';

/** A call on a seller. Purchases are numbered by their buyer. */
export type Call =
  | { method: 'purchase' | 'release'; request: PurchaseRequest }
  | { method: 'restock'; quantity: number }
  | { method: 'open' | 'seller' | 'remaining' | 'recorded' | 'runJob' | 'close' };

/** How a call ended. */
export type Settled =
  | { kind: 'returned'; value: unknown }
  | { kind: 'threw'; definite: boolean; message: string };

/** One input of an instance. Everything that it does is a function of the sequence of these. */
export type InstanceEvent = (
  | { type: 'call'; call: Call }
  /** Bytes of one reply, or of several that arrive in one chunk. */
  | { type: 'deliver'; connection: number; bytes: string }
  | { type: 'timer' }
  /** Everything that was put off by setImmediate comes. */
  | { type: 'immediate' }
  | { type: 'cut'; connection: number }
) & {
  /** What `env.pick` answers while this event is worked off, in order. */
  picks?: readonly number[];
};

/** Which optional parts of the contract a seller has; what `seller` returns. */
export type Abilities = Record<'recorded' | 'release' | 'restock' | 'confirm' | 'runJob' | 'close', boolean>;

const abilitiesOf = (seller: Seller): Abilities => ({
  recorded: seller.recorded !== undefined,
  release: seller.release !== undefined,
  restock: seller.restock !== undefined,
  confirm: seller.confirm !== undefined,
  runJob: seller.runJob !== undefined,
  close: seller.close !== undefined,
});

/** The bytes of a name that was drawn, latin1. */
export type DrawnName = string;

/** What an instance has done by the time it is quiet; arrays grow from event to event. */
export interface Observation {
  /** Per connection: the commands written so far, as bytes. */
  written: readonly (readonly string[])[];
  /** Per call, in order of their events: how it ended, or undefined while it runs. */
  settled: readonly (Settled | undefined)[];
  /** Timers that have not fired. */
  timers: number;
  /** Of these, those of setInterval. */
  repeating: number;
  /** While something is put off by setImmediate: per connection, how many commands had been written by then. */
  putOff: readonly number[] | undefined;
  /** It drew chance that it did not take from its env. */
  ambientDraws: number;
  /** It drew from env.random. */
  envDraws: number;
  /** Names that it drew: so many bits at once that nobody draws the same twice. */
  names: readonly DrawnName[];
  /** It called env.pick. */
  picks: number;
}

export interface InstanceSpec {
  evaluate(): Strategy;
  sale: Sale;
  maxAttempts: number;
  /** Purchases that it may serve at once; a strategy with exclusive connections gets as many of them. */
  purchases: number;
  client: Partial<RedisOptions>;
  /** Its clock when it starts, in milliseconds after the others' start. */
  startMs: number;
  /** What `env.pick` does without an answer: asks for all of them, or takes the first, where nothing competes. */
  choices: 'branch' | 'first';
  /** What setImmediate puts off is an event, because others are under way in the same process. */
  putsOff: boolean;
  /** Timers fire by deadline; else as they were set. */
  deadlineOrder: boolean;
  /** Of this instance's own stream of chance. */
  seed: number;
  /** What draws come out as: drawn, or all at one end of what they can be. */
  chance: 'drawn' | 'least' | 'most';
  /** Names come out as drawn, or with their order reversed. */
  names: 'drawn' | 'reversed';
  /** Made anew for each process. */
  transport(): Transport;
}

/**
 * One application process: the strategy's modules evaluated afresh, unmodified ioredis clients, and virtual time
 * and chance. It runs only inside `apply`, and only until it is quiet.
 */
export class Instance implements VirtualWorld {
  nowMs: number;
  pendingImmediates = 0;
  pendingWork = 0;
  readonly #spec: InstanceSpec;
  readonly #random: Random;
  readonly #nameDraws: Random;
  readonly #clientDraw: number;
  readonly #clients: Redis[] = [];
  readonly #transport: Transport;
  readonly #written: string[][] = [];
  readonly #settled: (Settled | undefined)[] = [];
  readonly #idle: Redis[] = [];
  readonly #timers = new Set<VirtualTimer>();
  readonly #immediates: VirtualImmediate[] = [];
  #putOffAt: readonly number[] = [];
  #lobby!: Redis;
  #strategy!: Strategy;
  #seller: Promise<Seller> | undefined;
  #activity = 0;
  #ambientDraws = 0;
  readonly #names: DrawnName[] = [];
  #envDraws = 0;
  #picked = 0;
  #picks: readonly number[] = [];
  /** How many answers a choice has for which none was given. */
  #openPick: number | undefined;
  #outside: CannotExplore | undefined;

  private constructor(spec: InstanceSpec) {
    this.#spec = spec;
    this.nowMs = EPOCH_MS + spec.startMs;
    this.#transport = spec.transport();
    this.#random = seededRandom(spec.seed);
    this.#nameDraws = seededRandom(spec.seed).fork('names');
    this.#clientDraw = seededRandom(spec.seed).fork('client').next();
  }

  /** A process that has loaded its code and connected; its seller is made by the first call. */
  static async boot(spec: InstanceSpec): Promise<Instance> {
    const instance = new Instance(spec);
    await inWorld(instance, async () => {
      instance.#strategy = spec.evaluate();
      instance.#lobby = instance.#connect();
      if (instance.#strategy.connection === 'exclusive') {
        for (let i = 0; i < spec.purchases; i++) instance.#idle.push(instance.#connect());
      }
      await instance.#quiet();
    });
    return instance;
  }

  /** Ends the process: its connections break for good. What its code does after that is no longer looked at. */
  async kill(): Promise<void> {
    await buried(async () => {
      for (const client of this.#clients) client.disconnect();
      for (let connection = 0; connection < this.#written.length; connection++)
        this.#transport.cut(connection);
      // A client tells of its end some turns later; by the end of that turn, Node has told of promises that were
      // rejected without anybody looking.
      for (let turn = 0; turn < MOST_TURNS_TO_END; turn++) {
        await macrotask();
        if (this.#clients.every(({ status }) => status === 'end')) break;
      }
    });
  }

  /** Lets one event happen and everything that follows from it. */
  async apply(event: InstanceEvent): Promise<void> {
    this.#picks = event.picks ?? [];
    await inWorld(this, async () => {
      switch (event.type) {
        case 'call':
          this.#call(event.call);
          break;
        case 'deliver':
          this.#transport.deliver(event.connection, event.bytes);
          break;
        case 'timer':
          this.#fireTimer();
          break;
        case 'immediate':
          await this.#fireImmediates();
          break;
        case 'cut':
          this.#transport.cut(event.connection);
          break;
      }
      await this.#quiet();
    });
    if (this.#openPick !== undefined) throw new OpenPick(event.picks ?? [], this.#openPick);
  }

  observe(): Observation {
    return {
      written: this.#written.map((commands) => [...commands]),
      settled: [...this.#settled],
      timers: this.#timers.size,
      repeating: [...this.#timers].filter((timer) => timer.everyMs !== undefined).length,
      putOff: this.#immediates.some(({ callback }) => callback) ? this.#putOffAt : undefined,
      ambientDraws: this.#ambientDraws,
      envDraws: this.#envDraws,
      names: [...this.#names],
      picks: this.#picked,
    };
  }

  ambientRandom(): number {
    // The client library's own draws only spread its reconnects in time. A process gives all of them the same
    // delay, so that after a restart its connections come back in the order in which they were lost: any other order
    // only writes the same commands sooner or later, and when they run is an event of its own.
    if (isFromClientLibrary(new Error('draw').stack ?? '')) return this.#clientDraw;
    this.#ambientDraws++;
    return this.#draw();
  }

  ambientName(bytes: number): Buffer {
    const drawn = Buffer.from(Array.from({ length: bytes }, () => this.#nameDraws.below(256)));
    this.#names.push(drawn.toString('latin1'));
    return this.#spec.names === 'drawn' ? drawn : reversed(drawn);
  }

  #draw(): number {
    const { chance } = this.#spec;
    const drawn = this.#random.next();
    return chance === 'drawn' ? drawn : chance === 'least' ? 0 : 1 - 2 ** -53;
  }

  setTimer(callback: () => void, delayMs: number, repeats: boolean): VirtualTimer {
    // As Node does: what is no delay, or too long for it, is one millisecond.
    const delay = delayMs >= 1 && delayMs < 2 ** 31 ? Math.trunc(delayMs) : 1;
    const timer = new VirtualTimer(callback, delay, repeats, () => this.#set(timer, delay));
    this.#set(timer, delay);
    return timer;
  }

  #set(timer: VirtualTimer, delay: number): void {
    this.#activity++;
    this.#timers.delete(timer); // it comes after those that were set before it
    timer.deadlineMs = this.nowMs + delay;
    this.#timers.add(timer);
  }

  clearTimer(timer: VirtualTimer): void {
    this.#timers.delete(timer);
  }

  putOff(callback: () => void): VirtualImmediate | undefined {
    if (!this.#spec.putsOff) return undefined;
    this.#activity++;
    if (this.#immediates.length === 0) this.#putOffAt = this.#written.map((commands) => commands.length);
    const immediate = new VirtualImmediate(callback);
    this.#immediates.push(immediate);
    return immediate;
  }

  /** As in one turn of Node's loop: those that there are, with microtasks between; what they put off comes later. */
  async #fireImmediates(): Promise<void> {
    for (const { callback } of this.#immediates.splice(0)) {
      try {
        callback?.();
      } catch (error) {
        this.strays('an immediate threw', error);
      }
      await macrotask();
    }
  }

  waitsFor(resource: string, where: () => string): void {
    if (!this.#transport.refusesOutside || this.#outside) return;
    const line = where();
    this.#outside = new CannotExplore(
      `it waits for ${resource}, which is not Redis${line ? ` (${line})` : ''}`,
      'read it before the sale (at import or in open), or keep it in Redis: a purchase must depend on its replies alone',
    );
  }

  strays(what: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#outside ??= new CannotExplore(
      `${what}, and nobody catches it: ${why}`,
      'catch it in the strategy: in production it ends the process',
    );
  }

  exits(): void {
    this.#outside ??= new CannotExplore(
      'it calls process.exit',
      'throw an error instead, or return an outcome',
    );
  }

  /** Quiet: a whole turn of the event loop in which the instance did nothing and left nothing to do. */
  async #quiet(): Promise<void> {
    do {
      this.#activity = 0;
      await macrotask();
      if (this.#outside) throw this.#outside;
    } while (this.#activity > 0 || this.pendingImmediates + this.pendingWork > 0 || this.#transport.busy());
  }

  #connect(): Redis {
    const client: RedisOptions = { ...this.#spec.client };
    // A live link is never late: only cuts, which are events, end a wait.
    for (const timeout of ['commandTimeout', 'connectTimeout', 'socketTimeout'] as const)
      delete client[timeout];
    const redis = new Redis({
      ...client,
      Connector: connectorTo(() => {
        const connection = this.#written.push([]) - 1;
        return this.#transport.open(connection, (bytes) => {
          this.#activity++;
          this.#written[connection]!.push(bytes);
        });
      }),
    } as RedisOptions & { replyMapping?: 'legacy' });
    redis.on('error', () => {}); // a cut is an event of the search, not news
    this.#clients.push(redis);
    return redis;
  }

  #call(call: Call): void {
    const index = this.#settled.push(undefined) - 1;
    const settle = (settled: Settled): void => {
      this.#activity++;
      this.#settled[index] = settled;
    };
    this.#perform(call).then(
      (value) => settle({ kind: 'returned', value }),
      (error: unknown) =>
        settle({
          kind: 'threw',
          definite: isDefinite(error),
          message: error instanceof Error ? error.message : String(error),
        }),
    );
  }

  async #perform(call: Call): Promise<unknown> {
    if (call.method === 'open') return this.#strategy.open(this.#lobby, this.#spec.sale);
    this.#seller ??= Promise.resolve(this.#strategy.seller(this.#lobby, this.#spec.sale, this.#env()));
    const seller = await this.#seller;
    switch (call.method) {
      case 'seller':
        return abilitiesOf(seller);
      case 'purchase':
        return this.#purchase(seller, call.request);
      case 'release':
        return seller.release?.(call.request);
      case 'restock':
        return seller.restock?.(call.quantity);
      case 'remaining':
        return seller.remaining();
      case 'recorded':
        return seller.recorded?.();
      case 'runJob':
        return seller.runJob?.();
      case 'close':
        return seller.close?.();
    }
  }

  async #purchase(seller: Seller, request: PurchaseRequest): Promise<PurchaseOutcome> {
    if (this.#strategy.connection === 'shared') return seller.purchase(request, this.#lobby);
    const lent = this.#idle.shift();
    if (!lent) throw new Error('more purchases at once than connections');
    try {
      return await seller.purchase(request, lent);
    } finally {
      this.#idle.unshift(lent);
    }
  }

  #env(): Parameters<Strategy['seller']>[2] {
    return {
      random: () => {
        this.#envDraws++;
        return this.#draw();
      },
      pick: (n) => {
        this.#picked++;
        const [answer, ...rest] = this.#picks;
        this.#picks = rest;
        if (answer === undefined && this.#spec.choices === 'branch') this.#openPick ??= n;
        return answer ?? 0;
      },
      now: () => this.nowMs,
      sleep: (ms) => new Promise((resolve) => void this.setTimer(resolve, ms, false)),
      maxAttempts: this.#spec.maxAttempts,
    };
  }

  /** The earliest deadline first; among equals the one that was set first. */
  #fireTimer(): void {
    let next: VirtualTimer | undefined;
    for (const timer of this.#timers) {
      if (!next || (this.#spec.deadlineOrder && timer.deadlineMs < next.deadlineMs)) next = timer;
    }
    if (!next) throw new Error('no timer to fire');
    this.#timers.delete(next);
    this.nowMs = Math.max(this.nowMs, next.deadlineMs);
    // It is the same timer that comes again: whoever holds it ends it, also in the callback.
    if (next.everyMs !== undefined) this.#set(next, next.everyMs);
    try {
      next.callback();
    } catch (error) {
      this.strays('a timer threw', error);
    }
  }
}

/** Turns of the event loop in which a client that was disconnected has closed its socket. */
const MOST_TURNS_TO_END = 100;

/** The name that stands where this one does when the order of all names is reversed. */
export const reversed = (name: Buffer): Buffer => Buffer.from(name.map((byte) => 255 - byte));

/** Whether the frame that asked (below ours: this file's and the patched global's) lies in ioredis. */
function isFromClientLibrary(stack: string): boolean {
  const caller = stack
    .split('\n')
    .slice(1)
    .find((line) => !isHarnessFrame(line));
  return caller !== undefined && /[\\/]node_modules[\\/]ioredis[\\/]/.test(caller);
}
