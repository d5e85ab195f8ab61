import type { Duplex } from 'node:stream';
import type {
  Call,
  Instance,
  InstanceEvent,
  Observation,
  Settled,
} from '../explorer/process/instance-events.ts';
import type { Database } from '../explorer/process/own-connections.ts';
import type { InstanceSpec } from '../explorer/process/spec.ts';
import type { ServiceFile } from '../service/service-file.ts';
import type { RunningService } from '../service/running-service.ts';
import { Conversation } from '../wire/conversation.ts';
import { encodeCommand, messageEnd, messagesIn, type Reply } from '../wire/resp.ts';
import type { Transport } from '../wire/transport.ts';
import type { FrontClient } from './front.ts';
import { OwnClient, type Client } from './own-client.ts';
import type { Holder, ProcessPool } from './pool.ts';
import { untilQuiet, type Owed, type Watched } from './quiet.ts';
import { ServiceCalls } from './service-calls.ts';
import { alike, elsewhere, gaveUp, late } from './service-faults.ts';
import { shownCommand, type Driver, type ServiceProcess } from './service-process.ts';

/** One connection of the process, by the number under which the explorer knows it. */
interface Wire {
  number: number;
  client: Client;
  duplex: Duplex;
  received: string;
  /** The server's answer to our own greeting has come. */
  isGreeted: boolean;
  isCut: boolean;
}

export interface InstanceParts {
  file: ServiceFile;
  pool: ProcessPool;
  database: Database;
  spec: InstanceSpec;
}

/** Which protocol replies come in: clients are told them in their own. */
const GREETING = encodeCommand(['HELLO', '3']);

/** A process of a service as the explorer drives it. It has one once it is asked for what takes one. */
export class ServiceInstance implements Instance, Driver, Holder {
  readonly #pool: ProcessPool;
  readonly #database: Database;
  readonly #cold: boolean;
  readonly #transport: Transport;
  readonly #calls: ServiceCalls;
  readonly #written: string[][] = [];
  readonly #told: number[] = [];
  readonly #settled: (Settled | undefined)[] = [];
  readonly #wires: Wire[] = [];
  readonly #byClient = new Map<Client, Wire>();
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
    this.#calls = new ServiceCalls(file.service, spec.sale, {
      process: () => this.#running(),
      command: (words) => this.#command(words),
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
    return { ...NOTHING_BESIDE, written: this.#written, settled: this.#settled };
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
    for (const { duplex } of this.#wires) duplex.removeAllListeners('data').destroy();
  }

  isIdle(): boolean {
    const isAnswered = this.#written.every(
      (commands, i) => this.#wires[i]!.isCut || commands.length === this.#told[i],
    );
    return !this.#settled.includes(undefined) && isAnswered && this.#fresh.size === 0;
  }

  onCommand(client: FrontClient, bytes: string): void {
    if (this.isGone) return;
    this.#isUnheard = false;
    if (!this.#isApplying) this.#pool.onFault(late(shownCommand(bytes)));
    const fault = this.#database.refuses(client.database);
    if (fault) this.#pool.onFault(fault);
    const wire = this.#byClient.get(client);
    if (wire) wire.duplex.write(bytes, 'latin1');
    else this.#fresh.set(client, [...(this.#fresh.get(client) ?? []), bytes]);
  }

  onClosed(client: FrontClient): void {
    if (this.isGone) return;
    const wire = this.#byClient.get(client);
    const held = wire
      ? this.#written[wire.number]!.slice(this.#told[wire.number])
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
      if (!this.#isApplying && !this.isGone) this.#pool.onFault(late('an answer'));
      this.#settled[index] = settled;
    };
    void this.#calls.perform(call).then(settle);
  }

  #cut(connection: number): void {
    const wire = this.#wires[connection]!;
    wire.isCut = true;
    this.#byClient.delete(wire.client);
    this.#transport.cut(connection);
    wire.client.cut();
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

  #command(words: readonly string[]): Promise<Reply> {
    this.#pool.noteOfSale(words);
    this.#own ??= new OwnClient();
    const { duplex } = this.#byClient.get(this.#own) ?? this.#connect(this.#own);
    return this.#own.send(duplex, words);
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

  #connect(client: Client): Wire {
    const number = this.#written.push([]) - 1;
    this.#told.push(0);
    const own = new Conversation({ clientId: () => 1, onForeign: () => {} });
    const onCommand = (bytes: string): void => {
      this.#activity++;
      this.#written[number]!.push(bytes);
    };
    const duplex = this.#transport.open(number, { onCommand, own });
    const wire: Wire = { number, client, duplex, received: '', isGreeted: false, isCut: false };
    duplex.on('data', (data: Buffer) => this.#receive(wire, data.toString('latin1')));
    duplex.on('error', () => {}); // told by its end
    duplex.once('end', () => client.end());
    this.#wires.push(wire);
    this.#byClient.set(client, wire);
    duplex.write(GREETING, 'latin1');
    return wire;
  }

  #receive(wire: Wire, text: string): void {
    this.#activity++;
    wire.received += text;
    let whole = 0;
    while (whole < wire.received.length) {
      const end = messageEnd(wire.received, whole);
      if (end < 0) break;
      if (!wire.isGreeted) {
        wire.isGreeted = true;
        wire.received = wire.received.slice(end);
        continue;
      }
      whole = end;
    }
    if (whole > 0 && !wire.isCut) wire.client.tell(wire.received.slice(0, whole));
    wire.received = wire.received.slice(whole);
  }

  #owed(): Owed {
    const owed = this.#settled.filter((settled) => settled === undefined).length;
    if (owed === 0) return 'nothing';
    const waiting = this.#written.map((commands, i) =>
      this.#wires[i]!.isCut ? 0 : commands.length - this.#told[i]!,
    );
    const commands = waiting.reduce((sum, one) => sum + one, 0);
    return commands === 0 ? 'all' : commands < owed ? 'behind' : 'nothing';
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
