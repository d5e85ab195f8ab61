import type { Redis } from 'ioredis';
import { performance } from 'node:perf_hooks';
import type { Seller } from '../../strategies/contract.ts';
import { isDefinite } from '../../strategies/errors.ts';
import { systemClock as clock } from '../ambient.ts';
import { Recorder } from '../history/recorder.ts';
import { Queue, requestOf } from './buyers.ts';
import type { Connections } from './connections.ts';
import type { Control } from './control.ts';
import type { Failures } from './failures.ts';
import type { InstanceRun, InstanceTask } from './task.ts';

const POLL_MS = 20;

/** What an instance sells with, ready before the start. */
export interface Shop {
  seller: Seller;
  /** The connection of each task; the same one for all if the strategy shares it. */
  lent: readonly Redis[];
  connections: Connections;
  failures: Failures;
}

/** One application instance that serves its share of the buyers. */
export class Instance {
  readonly #task: InstanceTask;
  readonly #control: Control;
  readonly #shop: Shop;
  readonly #startNs: number;
  readonly #queue: Queue;
  readonly #recorder = new Recorder();
  #commandsAtLastSale: number | undefined;

  constructor(task: InstanceTask, control: Control, shop: Shop, startNs: number) {
    this.#task = task;
    this.#control = control;
    this.#shop = shop;
    this.#startNs = startNs;
    this.#queue = new Queue(task.crowd, task.instance, task.instances);
  }

  async run(): Promise<Omit<InstanceRun, 'failures'>> {
    const { lent, connections } = this.#shop;
    connections.commands = 0;
    const before = performance.eventLoopUtilization();
    // All tasks begin in one tick: on a shared connection their first commands lie on the wire side by side.
    const tasks = Promise.all(lent.map((redis, i) => this.#serve(this.#task.firstProcess + i, redis)));
    const stalled = await this.#stalls(tasks);
    return {
      kind: 'ran',
      recording: this.#recorder.seal(),
      connections: connections.size,
      commands: this.#commandsAtLastSale ?? connections.commands,
      busy: performance.eventLoopUtilization(before).utilization,
      stalled,
    };
  }

  /** One task: one purchase after the other, until the buyers are served or the run is stopped. */
  async #serve(process: number, redis: Redis): Promise<void> {
    const { seller, connections, failures } = this.#shop;
    while (!this.#control.stopped) {
      const buyer = this.#queue.take();
      if (buyer === 0) return;
      const request = requestOf(this.#task.crowd, buyer);
      const row = this.#recorder.invoke(process, buyer, this.#now());
      try {
        const outcome = await seller.purchase(request, redis);
        this.#recorder.complete(row, outcome, this.#now());
        if (outcome.kind === 'sold') this.#commandsAtLastSale = connections.commands;
      } catch (error) {
        this.#recorder.fail(row, isDefinite(error), this.#now());
        failures.count(error);
      }
    }
  }

  /** Waits for the tasks. True: nothing was completed for the grace period, and some of them are still at it. */
  async #stalls(tasks: Promise<unknown>): Promise<boolean> {
    const ended = tasks.then(() => true);
    let completed = -1;
    let sinceNs = 0;
    for (;;) {
      if (this.#recorder.completed !== completed) {
        completed = this.#recorder.completed;
        sinceNs = clock.monotonicNs();
      } else if (clock.monotonicNs() - sinceNs > this.#task.graceMs * 1e6) return true;
      if (await Promise.race([ended, clock.sleep(POLL_MS)])) return false;
    }
  }

  #now(): number {
    return clock.monotonicNs() - this.#startNs;
  }
}
