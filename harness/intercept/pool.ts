import { availableParallelism } from 'node:os';
import { CannotExplore } from '../explorer/cannot-explore.ts';
import { Habit } from './connecting-again.ts';
import { ServiceProcess, type ProcessOptions } from './service-process.ts';

/** Who has a process until it is taken away. */
export interface Holder {
  /** Nothing is under way in the process, so that it can serve another. */
  isIdle(): boolean;
  /** The process is taken away. */
  lose(): void;
}

export interface PoolOptions extends Omit<ProcessOptions, 'onFault' | 'onCluster'> {
  /** Processes at the same time. */
  most: number;
}

/** Processes that are started before anybody needs them, where each history has one of its own. */
const MOST_SPARES = Math.min(8, Math.max(2, availableParallelism()));

/**
 * Processes of the service. One that is idle serves the next history; one in which something is under way when nobody drives it
 * any more is ended, and another started.
 */
export class ProcessPool implements AsyncDisposable {
  readonly #options: PoolOptions;
  readonly #idle: ServiceProcess[] = [];
  /** The one that was lent longest ago first. */
  readonly #lent = new Map<Holder, ServiceProcess>();
  readonly #spares: Promise<ServiceProcess>[] = [];
  /** All that start, for whomever, and all that run: a run that is over may still wait for one. */
  readonly #starting = new Set<Promise<ServiceProcess>>();
  readonly #running = new Set<ServiceProcess>();
  /** Processes that are being ended, which nobody waits for before all is over. */
  readonly #ending = new Set<Promise<void>>();
  /** Ends the start of those that nobody will need. */
  readonly #closing = new AbortController();
  readonly habit = new Habit();
  /** A client of the service took its Redis for a cluster: then it is one, of one node, for all of them. */
  isCluster = false;
  #fault: Error | undefined;
  #loads: readonly string[] | undefined;
  /** Each history has a process to itself. */
  isFresh = false;
  /** Processes that were started. */
  started = 0;
  /** Statuses of answers that are not declared. */
  readonly undeclared = new Set<number>();
  #hasSent = false;
  /** Requests to buy. */
  requests = 0;
  /** Peers that were seen beside Redis, as host:port. */
  readonly foreignSockets = new Set<string>();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** What a process did when nobody asked. */
  readonly onFault = (fault: Error): void => void (this.#fault ??= fault);

  /** @throws CannotExplore what some process did when nobody asked */
  requireSound(): void {
    if (this.#fault) throw this.#fault;
  }

  /** From now on each history has a process to itself. @returns false if each has one already */
  insistOnFresh(): boolean {
    const wasFresh = this.isFresh;
    this.isFresh = true;
    return !wasFresh;
  }

  /** @param cold one that has served nobody */
  async lend(holder: Holder, cold: boolean): Promise<ServiceProcess> {
    this.requireSound();
    this.#closing.signal.throwIfAborted();
    const fresh = cold || this.isFresh;
    const process = fresh ? await this.#takeFresh() : (this.#idle.pop() ?? (await this.#take()));
    await process.forget();
    this.#closing.signal.throwIfAborted();
    this.#lent.set(holder, process);
    return process;
  }

  /** Some process has sent a command when it was asked for something. */
  get hasSent(): boolean {
    return this.#hasSent || [...this.#lent.values()].some((process) => process.hasSent);
  }

  /** Commands by which each process loads scripts while it starts; undefined where none has started yet. */
  get loads(): readonly string[] | undefined {
    return this.#loads;
  }

  /** It is used at this moment: others make room before it does. */
  touch(holder: Holder): void {
    const process = this.#lent.get(holder);
    if (!process) return;
    this.#lent.delete(holder);
    this.#lent.set(holder, process);
  }

  /** The service file has a command of its own. */
  noteOfSale(words: readonly string[]): void {
    this.#options.ignored?.noteOfSale(words);
  }

  giveBack(holder: Holder): void {
    const process = this.#lent.get(holder);
    if (!process) return;
    this.#lent.delete(holder);
    this.#hasSent ||= process.hasSent;
    this.note(process);
    process.driver = undefined;
    const isKept = holder.isIdle() && !this.isFresh && this.#idle.length < this.#options.most;
    if (isKept) this.#idle.push(process);
    else this.#end(process);
  }

  /** Notes to whom else it talks. */
  note(process: ServiceProcess): void {
    for (const peer of process.foreignPeers()) this.foreignSockets.add(peer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#starting);
    for (const process of this.#running) this.#end(process);
    await Promise.all(this.#ending);
  }

  #end(process: ServiceProcess): void {
    process.driver = undefined;
    if (!this.#running.delete(process)) return;
    const ending = process.close().then(() => void this.#ending.delete(ending));
    ending.catch(() => undefined); // told when all is over
    this.#ending.add(ending);
  }

  async #take(): Promise<ServiceProcess> {
    const isFull = this.#lent.size >= this.#options.most;
    const idle = isFull ? this.#reclaim() : undefined;
    if (idle) return idle;
    const taken = this.#spares.shift() ?? this.#boot();
    // One that takes part in a sale is seldom the last.
    if (this.#lent.size + this.#spares.length + 1 < this.#options.most) this.#bootAhead(1);
    return taken;
  }

  #takeFresh(): Promise<ServiceProcess> {
    if (this.#lent.size >= this.#options.most) {
      const idle = this.#reclaim();
      if (idle) this.#end(idle);
    }
    const taken = this.#spares.shift() ?? this.#boot();
    this.#bootAhead(MOST_SPARES);
    return taken;
  }

  /** Starts some that are not needed yet, while others work. */
  #bootAhead(count: number): void {
    while (this.#spares.length < count && !this.#closing.signal.aborted) {
      this.#spares.push(this.#boot());
    }
  }

  /** Takes a process away from whoever has not used it for longest, rather from one in which nothing is under way. */
  #reclaim(): ServiceProcess | undefined {
    const holders = [...this.#lent.keys()];
    const holder = holders.find((one) => one.isIdle()) ?? holders[0];
    if (!holder) return undefined;
    const isIdle = holder.isIdle();
    holder.lose();
    this.giveBack(holder);
    return isIdle ? this.#idle.pop() : undefined;
  }

  #boot(): Promise<ServiceProcess> {
    const { most: _, signal, ...given } = this.#options;
    const closing = this.#closing.signal;
    this.started++;
    const starting = ServiceProcess.boot({
      ...given,
      onFault: this.onFault,
      onCluster: () => (this.isCluster = true),
      // Once one has started, an interruption ends the search, which then tells what it has found: until then processes are needed.
      signal: signal && this.#loads === undefined ? AbortSignal.any([signal, closing]) : closing,
    });
    this.#starting.add(starting);
    starting
      .then(
        (process) => this.#started(process),
        () => undefined, // told to whoever takes it
      )
      .finally(() => this.#starting.delete(starting));
    return starting;
  }

  #started(process: ServiceProcess): void {
    this.#running.add(process);
    this.#loads ??= process.loads;
    if (String(process.loads) !== String(this.#loads)) this.onFault(startsOtherwise());
  }
}

const startsOtherwise = (): CannotExplore =>
  new CannotExplore(
    'nondeterministic: one process of the service loads other scripts while it starts than another',
    'let each load the same, whatever it finds: what is loaded twice does no harm',
  );
