import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Client, PurchaseOutcome, PurchaseRequest } from '../../strategies/contract.ts';
import { isDefinite } from '../../strategies/errors.ts';
import { systemClock as clock } from '../ground/ambient.ts';
import { Recorder, type Records } from '../history/recorder.ts';
import { arrivalTimes } from './arrivals.ts';
import { confirmsOfBuyer, Queue, crowdRequest } from './buyers.ts';
import type { Control } from './control.ts';
import type { Failures } from './failures.ts';
import { OpenLoop } from './open-loop.ts';
import type { InstanceRun, ServingTask } from './task.ts';

const POLL_MS = 20;
/** Whoever interrupts a run waits for it: what has not settled for so long is left then. */
const CUT_SHORT_MS = 500;

/** What an instance sells with, ready before the start: a strategy over its clients, or a service over HTTP. */
export interface Shop<Lent = Client> {
  seller: {
    purchase(request: PurchaseRequest, lent: Lent): Promise<PurchaseOutcome>;
    confirm?(request: PurchaseRequest): Promise<void>;
  };
  /** The connection of each task; the same one for all if the strategy shares it. */
  lent: readonly Lent[];
  /** What was sent over them. */
  connections: { readonly size: number; commands: number; roundTrips: number };
  failures: Failures;
  /** Pauses that the seller took so far. */
  pauses: { count: number };
}

interface InstanceOptions<Lent> {
  task: ServingTask;
  control: Control;
  shop: Shop<Lent>;
  /** The common start, of the monotonic clock. */
  startNs: number;
  /** Default: a recorder of every purchase. */
  records?: Records;
}

/** One application instance that serves its share of the buyers. */
export class ServingInstance<Lent = Client> {
  readonly #task: ServingTask;
  readonly #control: Control;
  readonly #shop: Shop<Lent>;
  readonly #startNs: number;
  readonly #queue: Queue;
  readonly #recorder: Records;
  /** Until the last sale, or until now if nothing was sold. One object: sales are many. */
  readonly #spent = { commands: 0, roundTrips: 0, pauses: 0 };
  #sold = false;
  #mostMemoryBytes = 0;

  constructor({ task, control, shop, startNs, records }: InstanceOptions<Lent>) {
    this.#task = task;
    this.#control = control;
    this.#shop = shop;
    this.#startNs = startNs;
    this.#queue = new Queue(task.crowd, task.instance, task.instances);
    this.#recorder = records ?? new Recorder(task.arrivals !== undefined);
  }

  async run(): Promise<Omit<InstanceRun, 'failures'>> {
    const { connections } = this.#shop;
    connections.commands = 0;
    connections.roundTrips = 0;
    const before = performance.eventLoopUtilization();
    const loop = this.#task.arrivals === undefined ? this.#closedLoop() : this.#openLoop();
    const stalled = await this.#stalls(loop.ended);
    const { idle, active } = performance.eventLoopUtilization(before);
    if (!this.#sold) this.#noteSpent();
    return {
      kind: 'ran',
      settled: this.#recorder.completed,
      recording: this.#recorder.seal(),
      connections: connections.size,
      ...this.#spent,
      unsent: loop.unsent(),
      // A generator that looks at the clock until the next buyer is due is not busy.
      busy: Math.max(0, active - loop.waitedMs()) / (idle + active),
      memoryBytes: this.#mostMemoryBytes,
      stalled,
      confirms: this.#shop.seller.confirm !== undefined,
    };
  }

  /** All tasks begin in one tick: on a shared connection their first commands lie on the wire side by side. */
  #closedLoop(): Loop {
    const tasks = this.#shop.lent.map((lent, i) => this.#serve(this.#task.firstProcess + i, lent));
    return { ended: Promise.all(tasks), unsent: () => 0, waitedMs: () => 0 };
  }

  /** One task: one purchase after the other, until the buyers are served or the run is stopped. */
  async #serve(process: number, lent: Lent): Promise<void> {
    while (!this.#control.stopped) {
      const buyer = this.#queue.take();
      if (buyer === 0) return;
      const row = this.#recorder.invoke(process, buyer, this.#now());
      // In place: a function of its own would be one more promise, and a third more to collect, for each purchase.
      try {
        const outcome = await this.#ask(buyer, lent);
        this.#complete(row, outcome);
        if (outcome.kind === 'sold' && this.#shop.seller.confirm) await this.#confirm(process, buyer);
      } catch (error) {
        this.#fail(row, error);
      }
    }
  }

  #openLoop(): Loop {
    const { firstProcess, inFlight, arrivals } = this.#task;
    const loop = new OpenLoop({
      next: arrivalTimes(arrivals!, this.#task),
      slots: inFlight,
      now: () => this.#now(),
      stopped: () => this.#control.stopped,
      purchase: (slot, intendedNs, noticedNs) => {
        const buyer = this.#queue.take();
        if (buyer === 0) return undefined;
        const row = this.#recorder.invoke(firstProcess + slot, buyer, this.#now());
        this.#recorder.arrived(row, intendedNs, noticedNs);
        return this.#purchase(firstProcess + slot, buyer, row, this.#shop.lent[slot]!);
      },
    });
    return { ended: loop.run(), unsent: () => loop.unsent, waitedMs: () => loop.waitedNs / 1e6 };
  }

  async #purchase(process: number, buyer: number, row: number, lent: Lent): Promise<void> {
    try {
      const outcome = await this.#ask(buyer, lent);
      this.#complete(row, outcome);
      if (outcome.kind === 'sold' && this.#shop.seller.confirm) await this.#confirm(process, buyer);
    } catch (error) {
      this.#fail(row, error);
    }
  }

  #ask(buyer: number, lent: Lent): Promise<PurchaseOutcome> {
    return this.#shop.seller.purchase(crowdRequest(this.#task.crowd, buyer), lent);
  }

  /** The buyer pays, at the process that sold. Never throws. */
  async #confirm(process: number, buyer: number): Promise<void> {
    for (let times = confirmsOfBuyer(buyer); times > 0 && !this.#control.stopped; times--) {
      const row = this.#recorder.invokeConfirm(process, buyer, this.#now());
      try {
        await this.#shop.seller.confirm!(crowdRequest(this.#task.crowd, buyer));
        this.#recorder.confirmed(row, this.#now());
        this.#noteSpent();
      } catch (error) {
        this.#fail(row, error);
      }
    }
  }

  #complete(row: number, outcome: PurchaseOutcome): void {
    this.#recorder.complete(row, outcome, this.#now());
    if (outcome.kind !== 'sold') return;
    this.#sold = true;
    this.#noteSpent();
  }

  #fail(row: number, error: unknown): void {
    this.#recorder.fail(row, isDefinite(error), this.#now());
    this.#shop.failures.count(error);
  }

  #noteSpent(): void {
    const { connections, pauses } = this.#shop;
    this.#spent.commands = connections.commands;
    this.#spent.roundTrips = connections.roundTrips;
    this.#spent.pauses = pauses.count;
  }

  /** Waits for the tasks. True: nothing was completed for the grace period, and some of them are still at it. */
  async #stalls(tasks: Promise<unknown>): Promise<boolean> {
    const ended = tasks.then(() => true);
    let completed = -1;
    let sinceNs = 0;
    for (;;) {
      this.#noteMemory();
      const waiting = this.#recorder.completed < this.#recorder.invoked;
      if (this.#recorder.completed !== completed || !waiting) {
        completed = this.#recorder.completed;
        sinceNs = clock.monotonicNs();
      } else if (clock.monotonicNs() - sinceNs > this.#graceMs() * 1e6) return true;
      if (await Promise.race([ended, clock.sleep(POLL_MS)])) return false;
    }
  }

  #graceMs(): number {
    const { graceMs } = this.#task;
    return this.#control.isCutShort ? Math.min(graceMs, CUT_SHORT_MS) : graceMs;
  }

  #noteMemory(): void {
    const { used_heap_size, external_memory } = getHeapStatistics();
    this.#mostMemoryBytes = Math.max(this.#mostMemoryBytes, used_heap_size + external_memory);
  }

  #now(): number {
    return clock.monotonicNs() - this.#startNs;
  }
}

interface Loop {
  ended: Promise<unknown>;
  /** Arrivals that were due and never became a purchase. */
  unsent(): number;
  /** For the clock, with nothing to do. */
  waitedMs(): number;
}
