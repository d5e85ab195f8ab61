import type { Duplex } from 'node:stream';
import type { SellerEnv } from '../../../strategies/contract.ts';
import { CannotExplore } from '../cannot-explore.ts';
import { Calls } from './calls.ts';
import { messageOf, plain } from './plain.ts';
import { threw } from './thrown.ts';
import { OwnConnections } from './own-connections.ts';
import { isOutsideConnection } from '../outside-store.ts';
import { OutsideCalls } from './outside-calls.ts';
import { Picks } from './picks.ts';
import { PutOff } from './put-off.ts';
import { Chance } from './chance.ts';
import type { Call, Instance, InstanceEvent, Observation, Settled } from './instance-events.ts';
import { isFromClientLibrary } from './of-client-library.ts';
import { Clients } from './instance-clients.ts';
import { OwnGlobals } from './own-globals.ts';
import { ANY_LIMIT_MS, type InstanceSpec } from './spec.ts';
import { isReset, OF_GIVEN } from './resets.ts';
import { Timers } from './timers.ts';
import type { Conversation } from '../../wire/conversation.ts';
import type { Address, Refusal } from '../../wire/refusal.ts';
import { messagesIn } from '../../wire/resp.ts';
import { isNode } from '../../wire/topology.ts';
import type { Transport } from '../../wire/transport.ts';
import {
  arrival,
  epochOfRun,
  macrotask,
  type VirtualImmediate,
  type VirtualTimer,
  type VirtualWorld,
} from './virtual.ts';
import { buried, inWorld } from './worlds.ts';
import { stackText } from '../../ground/thrown.ts';

/**
 * One application process: the strategy's modules evaluated afresh, unmodified ioredis clients, and virtual time
 * and chance. It runs only inside `apply`, and only until it is quiet.
 */
export class ModuleInstance implements Instance, VirtualWorld {
  /** Whatever it connects to is a link of its own. */
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
  #calls!: Calls;
  #activity = 0;
  #clockReads = 0;
  readonly #picks: Picks;
  readonly #own: OwnConnections;
  readonly #toCluster: number[] = [];
  readonly #outside = new OutsideCalls(
    () => this.#written.push([]) - 1,
    (connection, bytes) => {
      this.#activity++;
      this.#written[connection]!.push(bytes);
      this.#transport.ask?.(connection, bytes);
    },
  );
  /** It has opened a connection since it was last quiet. */
  #connects = false;
  /** Replies that have arrived. */
  #arrived = 0;
  /** Why it cannot be explored, as was found in the course of an event. */
  #misfit: Error | undefined;
  #refusal: Refusal | undefined;

  private constructor(spec: InstanceSpec) {
    this.#spec = spec;
    this.globals = new OwnGlobals(() => spec.touchesGlobals());
    this.#timers = new Timers(epochOfRun() + spec.startMs, spec.deadlineOrder, () => this.#activity++);
    this.#transport = spec.transport();
    this.#chance = new Chance(spec);
    this.#picks = new Picks(spec.choices);
    this.#own = new OwnConnections(this, spec.own);
  }

  link(address: Address): Duplex {
    this.#connects = true;
    if (isNode(address)) this.#toCluster.push(this.#written.length);
    return this.#own.open(address, ({ own, heard }) => this.#openLink(own, heard));
  }

  get isLinked(): boolean {
    return this.#transport.refusesOutside;
  }

  clientId(): number {
    return this.#chance.clientId();
  }

  readClock(): number {
    if (!isFromClientLibrary(stackText(new Error('clock')))) this.#clockReads++;
    return this.#timers.nowMs;
  }

  /** A process that has loaded its code and connected; its seller is made by the first call. */
  static async boot(spec: InstanceSpec): Promise<ModuleInstance> {
    const instance = new ModuleInstance(spec);
    await inWorld(instance, async () => {
      const strategy = spec.evaluate();
      const lent = strategy.connection === 'exclusive' ? spec.purchases : 0;
      const clients = (instance.#clients = new Clients(spec.client, () => instance.#openLink(), lent));
      instance.#calls = new Calls({ strategy, sale: spec.sale, clients, env: () => instance.#env() });
      await instance.#quiet();
    });
    return instance;
  }

  /** Ends the process: its connections break for good. What its code does after that is no longer looked at. */
  async kill(): Promise<void> {
    await buried(async () => {
      this.#own.abandon();
      this.#clients.disconnect();
      for (const [connection, commands] of this.#written.entries())
        if (!isOutsideConnection(commands)) this.#transport.cut(connection);
      // A client tells of its end some turns later; by its end Node has told of promises that were rejected unseen.
      let turns = 0;
      do await macrotask();
      while (!this.#clients.ended && ++turns < MOST_TURNS_TO_END);
    });
  }

  /** Lets one event happen and everything that follows from it. */
  async apply(event: InstanceEvent): Promise<void> {
    this.#picks.begin(event.picks ?? []);
    if (event.atMs !== undefined) this.#timers.tell(epochOfRun() + event.atMs);
    if (event.type !== 'timer' && event.type !== 'immediate') this.#timers.slack();
    await inWorld(this, async () => {
      switch (event.type) {
        case 'call':
          this.#call(event.call);
          break;
        case 'deliver':
          this.#arrived += messagesIn(event.bytes);
          if (!this.#outside.hear(event.connection, event.bytes))
            this.#transport.deliver(event.connection, event.bytes);
          break;
        case 'timer':
          await this.#fireInTurn('a timer', [() => this.#timers.fire(event.timer)]);
          break;
        case 'immediate':
          await this.#fireInTurn('an immediate', this.#putOff.come());
          break;
        case 'cut':
          if (this.#outside.fail(event.connection)) break;
          this.#own.isBreaking = true;
          this.#transport.cut(event.connection);
          break;
        case 'timeout':
          await this.#fireInTurn('a time limit', this.#timers.passLimits(event.commands));
          break;
      }
      await this.#quiet();
    });
    this.#picks.requireAnswered();
  }

  /** What it has done so far, to keep. */
  observe(): Observation {
    const seen = this.look();
    return {
      ...seen,
      written: seen.written.map((commands) => [...commands]),
      settled: [...seen.settled],
      toCluster: [...this.#toCluster],
    };
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
      picks: this.#picks.count,
      toCluster: this.#toCluster,
    };
  }

  ambientRandom(): number {
    return this.#chance.ambient(isFromClientLibrary(stackText(new Error('draw'))));
  }

  ambientName(bytes: number): Buffer {
    return this.#chance.name(bytes);
  }

  setTimer(callback: () => void, delayMs: number, repeats: boolean): VirtualTimer {
    // What a client of a cluster asks of it now and then is answered the same each time.
    if (this.#own.inCluster && /\bnextRound\b.*\bioredis/.test(stackText(new Error('refresh'))))
      return this.#timers.never(callback);
    const isLimit = delayMs === ANY_LIMIT_MS && isFromClientLibrary(stackText(new Error('limit')));
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
    // How a client introduces itself takes no time, as connecting does not: what it puts off meanwhile comes at once.
    if (this.#connects && isFromClientLibrary(stackText(new Error('put off')))) return undefined;
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
    if (!this.#transport.refusesOutside || this.#misfit) return;
    const line = where();
    this.#misfit = new CannotExplore(
      `it waits for ${resource}, which is not Redis${line ? ` (${line})` : ''}`,
      'read it before the sale (at import or in open), keep it in Redis, or ask for it by env.outside in a strategy of your own: a purchase must depend on replies alone',
    );
  }

  strays(what: string, error: unknown): void {
    this.#misfit ??= new CannotExplore(
      `${what}, and nobody catches it: ${messageOf(error)}`,
      'catch it in the strategy: in production it ends the process',
    );
  }

  refused(refusal: Refusal): void {
    this.#refusal ??= refusal;
  }

  fails(error: Error): void {
    this.#misfit ??= error;
  }

  exits(): void {
    this.#misfit ??= new CannotExplore(
      'it calls process.exit',
      'throw an error instead, or return an outcome',
    );
  }

  /** Quiet: a whole turn of the event loop in which the instance did nothing and left nothing to do. */
  async #quiet(): Promise<void> {
    do {
      this.#activity = 0;
      // Bytes on a real socket: the turn that tells whether it is quiet comes after this one.
      if (!this.#transport.refusesOutside && this.#transport.busy()) await arrival();
      await macrotask();
      if (this.#refusal) throw await this.#refusal.error();
      if (this.#misfit) throw this.#misfit;
      this.#clients.requireWhole();
    } while (this.#activity > 0 || this.pendingImmediates + this.pendingWork > 0 || this.#transport.busy());
    this.#connects = false;
    this.#own.isBreaking = false;
    const silent = this.#isStuck ? this.#own.silent : undefined;
    if (silent) throw await silent.error();
  }

  /** A call has no answer, and there is nothing that it could wait for. */
  get #isStuck(): boolean {
    if (!this.#transport.refusesOutside || !this.#settled.includes(undefined)) return false;
    const waits = this.#timers.observe().length + this.#timers.limits > 0 || this.#putOff.since !== undefined;
    return !waits && this.#written.reduce((sum, { length }) => sum + length, 0) <= this.#arrived;
  }

  /** @param own a client of the code's own; `heard` is called with each command */
  #openLink(own?: Conversation, heard = (): void => this.#own.requireGiven()): Duplex {
    const connection = this.#written.push([]) - 1;
    const onCommand = (bytes: string): void => {
      this.#activity++;
      heard();
      if (!own && isReset(bytes)) this.fails(OF_GIVEN);
      this.#written[connection]!.push(bytes);
    };
    return this.#transport.open(connection, { onCommand, ...(own && { own }) });
  }

  #call(call: Call): void {
    const index = this.#settled.push(undefined) - 1;
    const settle = (settled: Settled): void => {
      this.#activity++;
      this.#settled[index] = settled;
    };
    this.#calls.perform(call).then(
      (value) => settle({ kind: 'returned', value: plain(value) }),
      (error: unknown) => settle(threw(error)),
    );
  }

  #env(): SellerEnv {
    return {
      random: () => this.#chance.env(),
      pick: (n) => this.#picks.pick(n),
      now: () => this.readClock(),
      sleep: (ms) => new Promise((resolve) => void this.setTimer(resolve, ms, false)),
      maxAttempts: this.#spec.maxAttempts,
      outside: (name) => this.#outside.named(name),
    };
  }
}

/** Turns of the event loop in which a client that was disconnected has closed its socket. */
const MOST_TURNS_TO_END = 100;
