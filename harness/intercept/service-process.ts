import type { Certificate } from './certificate.ts';
import { CannotExplore } from '../explorer/cannot-explore.ts';
import { EnvironmentError } from '../ground/errors.ts';
import { INFO_REPLY, INFO_REPLY_OF_NODE } from '../wire/handshake.ts';
import { decodeCommand, readable } from '../wire/resp.ts';
import { lastWords } from '../service/last-words.ts';
import { startService, type RunningService } from '../service/running-service.ts';
import type { ServiceFile } from '../service/service-file.ts';
import { AtStart } from './at-start.ts';
import type { IgnoredCommands } from './ignored-commands.ts';
import type { PassedCommands } from './passed-commands.ts';
import { hidden, type OnFault } from './service-faults.ts';
import { Front, type FrontClient, type Listener } from './front.ts';
import type { OwnNetwork, OwnNetworks } from './own-network.ts';
import { ProcessorTime } from './processor-time.ts';
import { untilQuiet, type Watched } from './quiet.ts';
import { ForeignPeers, isUnread, strangerAt } from './sockets.ts';

/** Who drives a process for the time being. */
export interface Driver {
  onConnected(): void;
  onCommand(client: FrontClient, bytes: string): void;
  onClosed(client: FrontClient): void;
}

/** What whoever drives it knows of what is under way. */
export interface Driving extends Pick<Watched, 'owed' | 'onStill' | 'activity' | 'isWriting'> {
  /** It has given no sign yet that it read what it was told. */
  isUnheard(): boolean;
}

export interface ProcessOptions {
  file: ServiceFile;
  onFault: OnFault;
  /** Its clients take what they were given for a cluster. */
  onCluster?: () => void;
  /** `{folder}` of all processes. Absent: it has one of its own. */
  folder?: string;
  /** Absent: nothing is spoken there but RESP. */
  certificate?: Certificate;
  /** What its clients are answered to COMMAND; absent: it is a command like others. */
  commandTable?: string;
  /** Absent: it is in that of the machine. */
  networks?: OwnNetworks;
  /** Commands that are no part of the search; absent: all are. */
  ignored?: IgnoredCommands;
  signal?: AbortSignal;
}

/** Whoever checks whether a server lives: its answer does not depend on the sale. */
const PING = /^\*1\r\n\$4\r\nping\r\n$/i;
const PONG = '+PONG\r\n';
const QUIT = /^\*1\r\n\$4\r\nquit\r\n$/i;

/** One process of the service, with all that it forks, and the front behind which its commands are held. */
export class ServiceProcess implements Listener {
  readonly #onFault: OnFault;
  readonly onCluster: () => void;
  #front!: Front;
  #running!: RunningService;
  #network: OwnNetwork | undefined;
  #passed: PassedCommands | undefined;
  #time!: ProcessorTime;
  #peers!: ForeignPeers;
  /** The first of its processes, whose network is that of all. */
  #pid = 0;
  #activity = 0;
  /** How its threads stood before it was told something; undefined while one ran. */
  #toldAt: string | undefined;
  #isClosing = false;
  #isStarting = true;
  readonly #atStart: AtStart;
  /** Ends its start, once what it does there must end the run. */
  readonly #refused = new AbortController();
  /** How it ended by itself. */
  #ended: string | undefined;
  driver: Driver | undefined;
  /** It has sent a command to the Redis that it was given. */
  hasSent = false;

  private constructor({ file, onFault, onCluster = () => {} }: ProcessOptions) {
    this.#atStart = new AtStart(file.service.cluster ? INFO_REPLY_OF_NODE : INFO_REPLY);
    this.#onFault = onFault;
    this.onCluster = onCluster;
  }

  /**
   * Starts one, and waits until it is ready and quiet.
   * @throws EnvironmentError if it does not come up; CannotExplore if it sends to start what belongs to the sale
   */
  static async boot(options: ProcessOptions): Promise<ServiceProcess> {
    const { file, folder, certificate, commandTable, onFault, networks, ignored, signal } = options;
    const process = new ServiceProcess(options);
    const network = await networks?.open();
    process.#network = network;
    process.#passed = await ignored?.forProcess(onFault);
    process.#front = await Front.open(process, {
      own: network?.server,
      secure: certificate?.context,
      commandTable,
      isNode: file.service.cluster,
    });
    const refused = process.#refused.signal;
    try {
      process.#running = await startService({
        file,
        redisPort: process.#front.port,
        abrupt: true,
        ...(folder !== undefined && { folder }),
        ...(certificate && { redisCa: certificate.ca }),
        ...(network && { network }),
        onProgress: () => {},
        signal: signal ? AbortSignal.any([signal, refused]) : refused,
      });
    } catch (error) {
      await process.#front[Symbol.asyncDispose]();
      process.#passed?.close();
      await network?.[Symbol.asyncDispose]();
      if (refused.aborted) throw refused.reason;
      throw network ? error : withPortsNamed(error);
    }
    void process.#running.ended().then((how) => (process.#ended = how));
    const pids = process.#running.pids();
    process.#pid = pids[0] ?? 0;
    process.#time = new ProcessorTime(pids);
    process.#peers = new ForeignPeers(process.#ports);
    try {
      const stranger = strangerAt(process.#running.route.address.port, pids);
      if (stranger !== undefined) throw hidden(stranger);
      await process.quiet(NOBODY);
      refused.throwIfAborted();
      await process.#passed?.keep();
    } catch (error) {
      await process.close();
      throw error;
    }
    process.#isStarting = false;
    return process;
  }

  /** Commands by which it has loaded scripts and libraries while it started. */
  get loads(): string[] {
    return this.#atStart.loads;
  }

  get running(): RunningService {
    return this.#running;
  }

  /** To whom else it talks at this moment, as host:port. */
  foreignPeers(): string[] {
    return this.#peers.of(this.#time.pids);
  }

  /** Another history begins: of what its ignored commands wrote in the last one nothing is left. */
  async forget(): Promise<void> {
    await this.#passed?.restore();
  }

  /** It is about to be told something. */
  onTelling(): void {
    this.#toldAt = this.#time.stamp();
  }

  /**
   * Some thread has run since it was told something, as whoever reads that has to. To ask Linux whether it was read takes as long as
   * a purchase.
   */
  #hasRun(): boolean {
    // What goes on by itself makes threads run, too.
    if (this.#passed) return false;
    return this.#toldAt !== undefined && this.#time.stamp() !== this.#toldAt;
  }

  /** Waits until nothing moves in it. @throws CannotExplore if it has ended, or never comes to rest */
  async quiet(driver: Driving): Promise<void> {
    await untilQuiet({
      activity: () => this.#activity + driver.activity(),
      stamp: () => this.#time.stamp(),
      isWriting: () => this.#front.isWriting || driver.isWriting() || (this.#passed?.isBusy ?? false),
      isUnread: () => driver.isUnheard() && !this.#hasRun() && isUnread(this.#pid, this.#ports),
      owed: () => driver.owed(),
      onStill: () => {
        if (this.#ended !== undefined) throw this.#hasEnded(this.#ended);
        driver.onStill();
      },
    });
  }

  onActivity(): void {
    this.#activity++;
  }

  onConnected(): void {
    this.#activity++;
    this.driver?.onConnected();
  }

  get passes(): Listener['passes'] {
    const passed = this.#passed;
    return passed && ((client, bytes) => passed.pass(client, bytes));
  }

  onCommand(client: FrontClient, bytes: string): void {
    this.#activity++;
    this.hasSent ||= !this.#isStarting && !PING.test(bytes);
    if (this.driver) this.driver.onCommand(client, bytes);
    else if (this.#isStarting) this.#answer(client, bytes);
    else if (PING.test(bytes)) client.tell(PONG);
    else if (!this.#isClosing) this.#onFault(unasked(bytes));
  }

  #answer(client: FrontClient, bytes: string): void {
    const reply = this.#atStart.answer(bytes);
    if (reply !== undefined) {
      client.tell(reply);
      if (QUIT.test(bytes)) client.end();
      return;
    }
    const fault = startsASale(bytes);
    this.#onFault(fault);
    this.#refused.abort(fault);
  }

  onClosed(client: FrontClient): void {
    this.#passed?.closed(client);
    this.driver?.onClosed(client);
  }

  onForeign(): void {
    this.#onFault(
      new CannotExplore(
        'it speaks something else than RESP to the port that it was given for its Redis',
        'let it connect without TLS, or name {redis_ca} in its file; and send commands as arrays of bulk strings, as client libraries do',
      ),
    );
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#time[Symbol.dispose]();
    await this.#running.close();
    await this.#front[Symbol.asyncDispose]();
    this.#passed?.close();
    await this.#network?.[Symbol.asyncDispose]();
  }

  get #ports(): number[] {
    return [this.#front.port, this.#running.route.address.port];
  }

  #hasEnded(how: string): CannotExplore {
    const said = lastWords(this.#running.said());
    return new CannotExplore(
      `a process of the service is gone: ${how}${said && `. It said:\n${said}`}`,
      'let it outlive what happened to it: in production somebody has to start it again',
    );
  }
}

/** One that listens at a port of its own choice is waited for in vain. */
function withPortsNamed(error: unknown): unknown {
  if (!(error instanceof EnvironmentError) || error.code !== 'SERVICE_NOT_READY') return error;
  const cluster = /cluster/i.test(error.message)
    ? '; where its client is one of a cluster, say so (--cluster)'
    : '';
  const remedy = `${error.remedy}${cluster}; let it listen at {port}, or at PORT of its environment, or name the port that is written into its code (--http-port 5000)`;
  return new EnvironmentError(error.code, error.message, remedy, { cause: error });
}

/** Nobody drives it. */
const NOBODY: Driving = {
  owed: () => 'nothing',
  onStill: () => {},
  activity: () => 0,
  isWriting: () => false,
  isUnheard: () => true,
};

/** A command in one line, for people. */
export function shownCommand(bytes: string): string {
  const [name = '', ...args] = decodeCommand(bytes).map(readable);
  return [name.toUpperCase(), ...args].join(' ').slice(0, 120);
}

const unasked = (bytes: string): CannotExplore =>
  new CannotExplore(
    `it sends ${shownCommand(bytes)} by itself, when nobody asks for anything`,
    'start it without what it does by itself (a poller, a sweeper): what it sends must come of a request',
  );

const startsASale = (bytes: string): CannotExplore =>
  new CannotExplore(
    `it sends ${shownCommand(bytes)} by itself, while it starts: a process may start in the middle of a sale, and what the command does there is not explored`,
    'do it where the sale is opened (--open), or with the first request that needs it; to start, a service may load scripts (SCRIPT LOAD, FUNCTION LOAD REPLACE), PING, and ask for INFO',
  );
