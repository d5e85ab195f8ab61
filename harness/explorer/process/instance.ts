import { requireChoices } from '../../ground/random.ts';
import type { PurchaseRequest, Seller, Strategy } from '../../../strategies/contract.ts';
import { CannotExplore, OpenPick } from '../cannot-explore.ts';
import { abilitiesOfSeller } from './seller-abilities.ts';
import { messageOf, plain } from './plain.ts';
import { threw, type Threw } from './thrown.ts';
import { PutOff } from './put-off.ts';
import { Chance, type Drawn } from './chance.ts';
import { Clients, isFromClientLibrary } from './instance-clients.ts';
import { OwnGlobals } from './own-globals.ts';
import { ANY_LIMIT_MS, type InstanceSpec } from './spec.ts';
import { Timers, type PendingTimer } from './timers.ts';
import type { Refusal } from '../../wire/refusal.ts';
import type { Transport } from '../../wire/transport.ts';
import {
  epochOfRun,
  macrotask,
  type VirtualImmediate,
  type VirtualTimer,
  type VirtualWorld,
} from './virtual.ts';
import { buried, inWorld } from './worlds.ts';

/** A call on a seller. Purchases are numbered by their buyer. */
export type Call =
  | { method: 'purchase' | 'release' | 'confirm'; request: PurchaseRequest }
  | { method: 'restock'; quantity: number }
  | { method: 'open' | 'seller' | 'remaining' | 'recorded' | 'runJob' | 'close' };

/** How a call ended. */
export type Settled = { kind: 'returned'; value: unknown } | Threw;

/** One input of an instance. Everything that it does is a function of the sequence of these. */
export type InstanceEvent = (
  | { type: 'call'; call: Call }
  /** Bytes of one reply, or of several that arrive in one chunk. */
  | { type: 'deliver'; connection: number; bytes: string }
  /** Of the timers that are set, the one of this id; absent: the first. */
  | { type: 'timer'; timer?: number }
  /** Everything that was put off by setImmediate comes. */
  | { type: 'immediate' }
  | { type: 'cut'; connection: number }
  /** Of so many commands, the oldest without a reply, the time limit passes. */
  | { type: 'timeout'; commands: number }
) & {
  /** What `env.pick` answers while this event is worked off, in order. */
  picks?: readonly number[];
  /** It is at least so late by then, in milliseconds after the world's beginning; absent: as late as it was. */
  atMs?: number;
};

/** What an instance has done by the time it is quiet; arrays grow from event to event. */
export interface Observation extends Drawn {
  /** Per connection: the commands written so far, as bytes. */
  written: readonly (readonly string[])[];
  /** Per call, in order of their events: how it ended, or undefined while it runs. */
  settled: readonly (Settled | undefined)[];
  /** Timers that have not fired, the earliest deadline first. */
  timers: readonly PendingTimer[];
  /** Commands whose time limit may pass: see `Timers.limit`. */
  limits: number;
  /** How often its code has read the clock. */
  clockReads: number;
  /** While something is put off by setImmediate: per connection, how many commands had been written by then. */
  putOff: readonly number[] | undefined;
  /** It called env.pick. */
  picks: number;
}

/**
 * One application process: the strategy's modules evaluated afresh, unmodified ioredis clients, and virtual time
 * and chance. It runs only inside `apply`, and only until it is quiet.
 */
export class Instance implements VirtualWorld {
  /** It is handed its client, and may connect to nothing else. */
  readonly named = [];
  readonly format = 'cjs';
  pendingImmediates = 0;
  pendingWork = 0;
  readonly globals: OwnGlobals;
  readonly #spec: InstanceSpec;
  readonly #chance: Chance;
  readonly #transport: Transport;
  readonly #written: string[][] = [];
  readonly #settled: (Settled | undefined)[] = [];
  readonly #timers: Timers;
  readonly #putOff = new PutOff();
  #clients!: Clients;
  #strategy!: Strategy;
  #seller: Promise<Seller> | undefined;
  #activity = 0;
  #picked = 0;
  #clockReads = 0;
  #picks: readonly number[] = [];
  /** How many answers a choice has for which none was given. */
  #openPick: number | undefined;
  #outside: CannotExplore | undefined;
  #refusal: Refusal | undefined;

  private constructor(spec: InstanceSpec) {
    this.#spec = spec;
    this.globals = new OwnGlobals(() => spec.touchesGlobals());
    this.#timers = new Timers(epochOfRun() + spec.startMs, spec.deadlineOrder, () => this.#activity++);
    this.#transport = spec.transport();
    this.#chance = new Chance(spec);
  }

  readClock(): number {
    if (!isFromClientLibrary(new Error('clock').stack ?? '')) this.#clockReads++;
    return this.#timers.nowMs;
  }

  /** A process that has loaded its code and connected; its seller is made by the first call. */
  static async boot(spec: InstanceSpec): Promise<Instance> {
    const instance = new Instance(spec);
    await inWorld(instance, async () => {
      instance.#strategy = spec.evaluate();
      const lent = instance.#strategy.connection === 'exclusive' ? spec.purchases : 0;
      instance.#clients = new Clients(spec.client, () => instance.#openLink(), lent);
      await instance.#quiet();
    });
    return instance;
  }

  /** Ends the process: its connections break for good. What its code does after that is no longer looked at. */
  async kill(): Promise<void> {
    await buried(async () => {
      this.#clients.disconnect();
      for (let connection = 0; connection < this.#written.length; connection++)
        this.#transport.cut(connection);
      // A client tells of its end some turns later; by the end of that turn, Node has told of promises that were
      // rejected without anybody looking.
      let turns = 0;
      do await macrotask();
      while (!this.#clients.ended && ++turns < MOST_TURNS_TO_END);
    });
  }

  /** Lets one event happen and everything that follows from it. */
  async apply(event: InstanceEvent): Promise<void> {
    this.#picks = event.picks ?? [];
    if (event.atMs !== undefined) this.#timers.tell(epochOfRun() + event.atMs);
    if (event.type !== 'timer' && event.type !== 'immediate') this.#timers.slack();
    await inWorld(this, async () => {
      switch (event.type) {
        case 'call':
          this.#call(event.call);
          break;
        case 'deliver':
          this.#transport.deliver(event.connection, event.bytes);
          break;
        case 'timer':
          await this.#fireInTurn('a timer', [() => this.#timers.fire(event.timer)]);
          break;
        case 'immediate':
          await this.#fireInTurn('an immediate', this.#putOff.come());
          break;
        case 'cut':
          this.#transport.cut(event.connection);
          break;
        case 'timeout':
          await this.#fireInTurn('a time limit', this.#timers.passLimits(event.commands));
          break;
      }
      await this.#quiet();
    });
    if (this.#openPick !== undefined) throw new OpenPick(event.picks ?? [], this.#openPick);
  }

  /** What it has done so far, to keep. */
  observe(): Observation {
    const seen = this.look();
    return { ...seen, written: seen.written.map((commands) => [...commands]), settled: [...seen.settled] };
  }

  /** The same, to look at: its arrays go on growing. */
  look(): Observation {
    return {
      written: this.#written,
      settled: this.#settled,
      timers: this.#timers.observe(),
      limits: this.#timers.limits,
      clockReads: this.#clockReads,
      putOff: this.#putOff.since,
      ...this.#chance.drawn(),
      picks: this.#picked,
    };
  }

  ambientRandom(): number {
    return this.#chance.ambient(isFromClientLibrary(new Error('draw').stack ?? ''));
  }

  ambientName(bytes: number): Buffer {
    return this.#chance.name(bytes);
  }

  setTimer(callback: () => void, delayMs: number, repeats: boolean): VirtualTimer {
    const isLimit = delayMs === ANY_LIMIT_MS && isFromClientLibrary(new Error('limit').stack ?? '');
    return isLimit ? this.#timers.limit(callback) : this.#timers.start(callback, delayMs, repeats);
  }

  startWork(done: () => void): void {
    this.#timers.work(done);
  }

  clearTimer(timer: VirtualTimer | number): void {
    this.#timers.clear(timer);
  }

  putOff(callback: () => void): VirtualImmediate | undefined {
    if (!this.#spec.putsOff) return undefined;
    this.#activity++;
    return this.#putOff.add(callback, this.#written);
  }

  /** As in one turn of Node's loop: one after the other, with microtasks between and nothing else. */
  async #fireInTurn(what: string, callbacks: Iterable<() => void>): Promise<void> {
    for (const callback of callbacks) {
      try {
        callback();
      } catch (error) {
        this.strays(`${what} threw`, error);
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
    this.#outside ??= new CannotExplore(
      `${what}, and nobody catches it: ${messageOf(error)}`,
      'catch it in the strategy: in production it ends the process',
    );
  }

  refused(refusal: Refusal): void {
    this.#refusal ??= refusal;
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
      if (this.#refusal) throw await this.#refusal.error();
      if (this.#outside) throw this.#outside;
    } while (this.#activity > 0 || this.pendingImmediates + this.pendingWork > 0 || this.#transport.busy());
  }

  #openLink(): ReturnType<Transport['open']> {
    const connection = this.#written.push([]) - 1;
    return this.#transport.open(connection, (bytes) => {
      this.#activity++;
      this.#written[connection]!.push(bytes);
    });
  }

  #call(call: Call): void {
    const index = this.#settled.push(undefined) - 1;
    const settle = (settled: Settled): void => {
      this.#activity++;
      this.#settled[index] = settled;
    };
    this.#perform(call).then(
      (value) => settle({ kind: 'returned', value: plain(value) }),
      (error: unknown) => settle(threw(error)),
    );
  }

  async #perform(call: Call): Promise<unknown> {
    if (call.method === 'open') return this.#strategy.open(this.#clients.shared, this.#spec.sale);
    this.#seller ??= Promise.resolve(
      this.#strategy.seller(this.#clients.shared, this.#spec.sale, this.#env()),
    );
    const seller = await this.#seller;
    switch (call.method) {
      case 'seller':
        return abilitiesOfSeller(seller);
      case 'purchase':
        return this.#strategy.connection === 'shared'
          ? seller.purchase(call.request, this.#clients.shared)
          : this.#clients.lend((lent) => seller.purchase(call.request, lent));
      case 'release':
      case 'confirm':
        return seller[call.method]?.(call.request);
      case 'restock':
        return seller.restock?.(call.quantity);
      default:
        return seller[call.method]?.();
    }
  }

  #env(): Parameters<Strategy['seller']>[2] {
    return {
      random: () => this.#chance.env(),
      pick: (n) => {
        requireChoices(n);
        this.#picked++;
        const [answer, ...rest] = this.#picks;
        this.#picks = rest;
        if (answer === undefined && this.#spec.choices === 'branch') this.#openPick ??= n;
        return answer ?? 0;
      },
      now: () => this.readClock(),
      sleep: (ms) => new Promise((resolve) => void this.setTimer(resolve, ms, false)),
      maxAttempts: this.#spec.maxAttempts,
    };
  }
}

/** Turns of the event loop in which a client that was disconnected has closed its socket. */
const MOST_TURNS_TO_END = 100;
