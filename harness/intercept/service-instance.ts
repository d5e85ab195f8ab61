import type { Duplex } from 'node:stream';
import type {
  Call,
  Instance,
  InstanceEvent,
  Observation,
  Settled,
} from '../explorer/process/instance-events.ts';
import type { CannotExplore } from '../explorer/cannot-explore.ts';
import type { Database } from '../explorer/process/own-connections.ts';
import type { InstanceSpec } from '../explorer/process/spec.ts';
import type { ServiceFile } from '../service/service-file.ts';
import type { RunningService } from '../service/running-service.ts';
import { Conversation } from '../wire/conversation.ts';
import { messagesIn, type Reply } from '../wire/resp.ts';
import type { Transport } from '../wire/transport.ts';
import { Connection } from './connection.ts';
import { ConnectingAgain } from './connecting-again.ts';
import type { FrontClient } from './front.ts';
import { OwnClient, type Client } from './own-client.ts';
import type { Holder, ProcessPool } from './pool.ts';
import { untilQuiet, type Owed, type Watched } from './quiet.ts';
import { ServiceCalls } from './service-calls.ts';
import { alike, elsewhere, gaveUp, gaveUpWaiting, late } from './service-faults.ts';
import { shownCommand, type Driver, type ServiceProcess } from './service-process.ts';

export interface InstanceParts {
  file: ServiceFile;
  pool: ProcessPool;
  database: Database;
  spec: InstanceSpec;
}

/** A process of a service as the explorer drives it. It has one once it is asked for what takes one. */
export class ServiceInstance implements Instance, Driver, Holder {
  readonly #pool: ProcessPool;
  readonly #database: Database;
  readonly #cold: boolean;
  readonly #transport: Transport;
  readonly #calls: ServiceCalls;
  readonly #connectingAgain: ConnectingAgain;
  readonly #written: string[][] = [];
  readonly #told: number[] = [];
  readonly #settled: (Settled | undefined)[] = [];
  readonly #connections: Connection[] = [];
  readonly #byClient = new Map<Client, Connection>();
  /** Commands of clients that have sent nothing before. */
  readonly #fresh = new Map<FrontClient, string[]>();
  #process: ServiceProcess | undefined;
  #lending: Promise<ServiceProcess> | undefined;
  #own: OwnClient | undefined;
  #activity = 0;
  #isApplying = false;
  /** Nothing came from the process since it was told something: it had come to rest before, so that what comes is a reaction. */
  #isUnheard = false;
  #failure: unknown;
  isGone = false;

  constructor({ file, pool, database, spec }: InstanceParts) {
    this.#pool = pool;
    this.#database = database;
    this.#cold = spec.cold ?? false;
    this.#transport = spec.transport();
    this.#connectingAgain = new ConnectingAgain(pool.habit);
    this.#calls = new ServiceCalls(file.service, spec.sale, {
      process: () => this.#running(),
      command: (words) => {
        pool.noteOfSale(words);
        return this.#command((own, duplex) => own.send(duplex, words));
      },
      load: () => this.#load(),
      onUndeclared: (status) => void pool.undeclared.add(status),
    });
  }

  async apply(event: InstanceEvent): Promise<void> {
    this.#pool.requireSound();
    if (this.isGone) throw new Error('a process of the service was taken away before its history was over');
    this.#pool.touch(this);
    this.#isApplying = true;
    this.#isUnheard = true;
    this.#process?.onTelling();
    try {
      this.#happen(event);
      await this.#quiet();
      this.#connectingAgain.onQuiet();
      this.#pool.requireSound();
      if (event.type === 'call' && event.call.method === 'purchase') this.#requireOurRedis();
      if (this.#process && this.#cold) this.#pool.note(this.#process);
    } finally {
      this.#isApplying = false;
    }
  }

  /** One that never asked our Redis and talks to somebody has a Redis of its own: nothing more is sold there. */
  #requireOurRedis(): void {
    if (!this.#process || this.#process.hasSent) return;
    const peers = this.#process.foreignPeers();
    if (peers.length > 0) throw elsewhere(peers);
  }

  observe(): Observation {
    const seen = this.look();
    return { ...seen, written: seen.written.map((commands) => [...commands]), settled: [...seen.settled] };
  }

  look(): Observation {
    const seen = { ...NOTHING_BESIDE, written: this.#written, settled: this.#settled };
    return this.#pool.isCluster ? { ...seen, toCluster: this.#ofService } : seen;
  }

  kill(): Promise<void> {
    this.lose();
    this.#pool.giveBack(this);
    return Promise.resolve();
  }

  leave(): Promise<void> {
    return this.kill();
  }

  lose(): void {
    this.isGone = true;
    for (const { duplex } of this.#connections) duplex.removeAllListeners('data').destroy();
  }

  isIdle(): boolean {
    const isAnswered = this.#written.every(
      (commands, i) => this.#connections[i]!.isCut || commands.length === this.#told[i],
    );
    return !this.#settled.includes(undefined) && isAnswered && this.#fresh.size === 0;
  }

  onConnected(): void {
    this.#connectingAgain.onConnected();
  }

  onCommand(client: FrontClient, bytes: string): void {
    if (this.isGone) return;
    this.#isUnheard = false;
    if (!this.#isApplying) this.#pool.onFault(late(shownCommand(bytes)));
    const fault = this.#database.refuses(client.database);
    if (fault) this.#pool.onFault(fault);
    const known = this.#byClient.get(client);
    if (known) known.duplex.write(bytes, 'latin1');
    else this.#fresh.set(client, [...(this.#fresh.get(client) ?? []), bytes]);
  }

  onClosed(client: FrontClient): void {
    if (this.isGone) return;
    const known = this.#byClient.get(client);
    const held = known
      ? this.#written[known.number]!.slice(this.#told[known.number])
      : (this.#fresh.get(client) ?? []);
    this.#fresh.delete(client);
    if (held.length > 0) this.#pool.onFault(gaveUp(shownCommand(held[0]!)));
  }

  #happen(event: InstanceEvent): void {
    switch (event.type) {
      case 'call':
        this.#call(event.call);
        return;
      case 'deliver':
        this.#told[event.connection]! += messagesIn(event.bytes);
        this.#transport.deliver(event.connection, event.bytes);
        return;
      case 'cut':
        this.#cut(event.connection);
        return;
      default:
        throw new Error(`a service hears nothing of ${event.type}`);
    }
  }

  #call(call: Call): void {
    const index = this.#settled.push(undefined) - 1;
    if (call.method === 'purchase') this.#pool.requests++;
    const settle = (settled: Settled): void => {
      this.#activity++;
      this.#isUnheard = false;
      if (!this.#isApplying && !this.isGone) this.#pool.onFault(this.#unasked());
      this.#settled[index] = settled;
    };
    void this.#calls.perform(call).then(settle);
  }

  /** An answer came that nobody had a part in. */
  #unasked(): CannotExplore {
    const held = this.#written.flatMap((commands, i) =>
      this.#connections[i]!.isCut ? [] : commands.slice(this.#told[i]),
    );
    return held[0] === undefined ? late('an answer') : gaveUpWaiting(shownCommand(held[0]));
  }

  #cut(connection: number): void {
    const known = this.#connections[connection]!;
    known.isCut = true;
    this.#byClient.delete(known.client);
    this.#transport.cut(connection);
    if (known.client !== this.#own) this.#connectingAgain.onCut();
    known.client.cut();
  }

  async #running(): Promise<RunningService> {
    this.#lending ??= this.#pool.lend(this, this.#cold);
    try {
      this.#process ??= await this.#lending;
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
    this.#process.driver = this;
    this.#activity++;
    return this.#process.running;
  }

  #command(send: (own: OwnClient, duplex: Duplex) => Promise<Reply>): Promise<Reply> {
    this.#own ??= new OwnClient();
    const { duplex } = this.#byClient.get(this.#own) ?? this.#connect(this.#own);
    return send(this.#own, duplex);
  }

  /** Who serves has loaded its scripts before, so that they are there when the sale is opened. */
  async #load(): Promise<void> {
    if (!this.#pool.loads) await this.#running(); // before one has started, nobody knows what it loads
    for (const bytes of this.#pool.loads ?? []) {
      const reply = await this.#command((own, duplex) => own.sendBytes(duplex, bytes));
      if (typeof reply === 'object' && reply?.kind === 'error')
        throw new Error(`Redis refuses ${shownCommand(bytes)}: ${reply.message}`);
    }
  }

  async #quiet(): Promise<void> {
    for (;;) {
      const before = this.#process;
      const driver = {
        owed: () => this.#owed(),
        onStill: () => this.#onStill(),
        activity: () => this.#activity,
        isWriting: () => this.#transport.busy(),
        isUnheard: () => this.#isUnheard,
      };
      if (before) await before.quiet(driver);
      else await untilQuiet({ ...driver, ...this.#untilProcess(driver) });
      // It has got a process meanwhile, which has to be looked at as well.
      if (this.#process === before) return;
    }
  }

  /** Nothing runs but what is here, and a process that starts is waited for: once it is there, nobody looks at it here. */
  #untilProcess(driver: Pick<Watched, 'owed'>): Pick<Watched, 'stamp' | 'isUnread' | 'owed' | 'onStill'> {
    const isStarting = (): boolean => this.#lending !== undefined && this.#failure === undefined;
    return {
      stamp: () => (isStarting() && this.#process === undefined ? undefined : ''),
      isUnread: () => false,
      owed: () => (this.#process ? 'nothing' : driver.owed()),
      onStill: () => {
        if (this.#process === undefined) this.#onStill();
      },
    };
  }

  /** Numbers of the connections that the service has opened itself. */
  get #ofService(): number[] {
    return this.#connections.flatMap(({ client, number }) => (client === this.#own ? [] : [number]));
  }

  #onStill(): void {
    this.#pool.requireSound();
    if (this.#failure !== undefined) throw this.#failure as Error;
    this.#number();
  }

  /**
   * Clients that have sent something for the first time get their numbers, by what they have sent: in which order connections
   * come about differs from run to run.
   */
  #number(): void {
    const sorted = [...this.#fresh].map(([client, sent]) => ({ client, sent, text: sent.join('') }));
    sorted.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
    for (const [i, { text, sent }] of sorted.entries())
      if (sorted[i + 1]?.text === text) throw alike(shownCommand(sent[0]!));
    this.#fresh.clear();
    for (const { client, sent } of sorted) this.#connect(client).duplex.write(sent.join(''), 'latin1');
  }

  #connect(client: Client): Connection {
    const number = this.#written.push([]) - 1;
    this.#told.push(0);
    const own = new Conversation({ clientId: () => 1, onForeign: () => {} });
    const onCommand = (bytes: string): void => {
      this.#activity++;
      this.#written[number]!.push(bytes);
    };
    const duplex = this.#transport.open(number, { onCommand, own });
    const connection = new Connection(number, client, duplex);
    duplex.on('data', (data: Buffer) => {
      this.#activity++;
      connection.receive(data.toString('latin1'));
    });
    this.#connections.push(connection);
    this.#byClient.set(client, connection);
    connection.greet();
    return connection;
  }

  #owed(): Owed {
    const owed = this.#settled.filter((settled) => settled === undefined).length;
    if (owed === 0) return this.#connectingAgain.isAwaited ? 'behind' : 'nothing';
    const waiting = this.#written.map((commands, i) =>
      this.#connections[i]!.isCut ? 0 : commands.length - this.#told[i]!,
    );
    const commands = waiting.reduce((sum, one) => sum + one, 0);
    if (commands === 0) return 'all';
    return commands < owed || this.#connectingAgain.isAwaited ? 'behind' : 'nothing';
  }
}

/** What a module does and a service's process does not, as far as can be seen from outside. */
const NOTHING_BESIDE = {
  timers: [],
  limits: 0,
  clockReads: 0,
  putOff: undefined,
  picks: 0,
  ambientDraws: 0,
  envDraws: 0,
  names: [],
} as const;
