import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { EnvironmentError, UsageError } from '../ground/errors.ts';
import { heapLimitBytes, inMegabytes } from '../ground/memory.ts';
import { onExit } from '../ground/lifetime.ts';
import { OUR_WORKER } from '../wire/elsewhere.ts';
import { NotNamed } from '../wire/refusal.ts';
import type { InstanceFault, InstanceReport, InstanceRun, InstanceTask } from './task.ts';

/** So that what lives as long as a purchase in flight dies young: thousands of them outlive the default of 16. */
const YOUNG_MB = 64;

/** What runs on a thread: a file of package.json's imports, and its function. */
interface Entry {
  file: string;
  run: string;
}
const STRATEGIES: Entry = { file: '#worker', run: 'runInstance' };

/** Threads of compiled code, one per application instance. Figures must never come through a transpiler. */
export class InstancePool<Task extends object = InstanceTask> {
  readonly #pool: Piscina<Task, InstanceReport>;
  #lastError: Error | undefined;
  /** Where a run is cut short, nothing must write any more when a server is tidied up. */
  readonly #unregister: () => void;

  /** @throws EnvironmentError if the workers were not compiled */
  constructor(instances: number, entry = STRATEGIES) {
    const worker = fileURLToPath(import.meta.resolve(entry.file));
    if (!existsSync(worker)) {
      throw new EnvironmentError('NOT_BUILT', `${worker} is missing`, 'npm run build');
    }
    this.#pool = new Piscina({
      filename: worker,
      name: entry.run,
      minThreads: instances,
      maxThreads: instances,
      idleTimeout: Infinity,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      // With atomics, piscina puts an idle worker's event loop to sleep, sockets included.
      atomics: 'disabled',
      argv: [OUR_WORKER],
      recordTiming: false,
    });
    // A thread that fails outside of a task: kept, because without a listener it would end the process.
    this.#pool.on('error', (error: Error) => (this.#lastError = error));
    this.#unregister = onExit({ release: () => this.close() });
  }

  /**
   * Runs all instances at the same time, each on a thread of its own.
   *
   * @throws UsageError if the strategy does not load, its seller() fails or it would end its process; EnvironmentError
   *   for the rest
   */
  async run(tasks: readonly Task[]): Promise<InstanceRun[]> {
    let reports: InstanceReport[];
    try {
      reports = await Promise.all(tasks.map((task) => this.#pool.run(task)));
    } catch (error) {
      const cause: NodeJS.ErrnoException = this.#lastError ?? (error as Error);
      if (cause.code === 'ERR_WORKER_OUT_OF_MEMORY') throw outOfMemory(cause);
      throw new EnvironmentError(
        'WORKER_DIED',
        `a worker thread died: ${cause.message}`,
        'look for errors that the strategy throws outside its promises, or give Node more memory',
        { cause },
      );
    }
    return reports.map((report) => {
      if (report.kind === 'fault') throw errorOf(report);
      return report;
    });
  }

  /** Ends every thread, whatever it does. */
  async close(): Promise<void> {
    this.#unregister();
    await this.#pool.destroy();
  }
}

/**
 * The threads of a session, kept from one trial to the next: compiled once and warm. After a run that failed or
 * left purchases open they are replaced, because what still goes on in them would disturb the next one; and so are those in
 * which a module has sent something when it was loaded, which the next sale needs, too.
 */
export class SessionPool implements AsyncDisposable {
  readonly #pools = new Map<number, InstancePool>();

  async lend<T extends { hung: number; sentBefore?: true }>(
    instances: number,
    run: (pool: InstancePool) => Promise<T>,
  ): Promise<T> {
    const pool = this.#pools.get(instances) ?? new InstancePool(instances);
    this.#pools.set(instances, pool);
    let clean = false;
    try {
      const done = await run(pool);
      clean = done.hung === 0 && !done.sentBefore;
      return done;
    } finally {
      if (!clean) {
        this.#pools.delete(instances);
        await pool.close();
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
  }
}

const outOfMemory = (cause: Error): UsageError =>
  new UsageError(
    'OUT_OF_MEMORY',
    `an instance has filled the memory of its thread, ${inMegabytes(heapLimitBytes())}, while it sold`,
    'let the code keep less from one purchase to the next; or, if it needs that much, give Node more: NODE_OPTIONS=--max-old-space-size=8192',
    { cause },
  );

function errorOf({ during, code, message, remedy, stack, refused }: InstanceFault): Error {
  const cause = { stack };
  if (refused) return new NotNamed({ code: code!, message, remedy: remedy!, place: refused.place });
  if (during === 'connecting') {
    return new EnvironmentError(code ?? 'NO_CONNECTION', message, remedy ?? 'check that Redis runs', {
      cause,
    });
  }
  return new UsageError(
    code ?? 'STRATEGY_FAILED',
    `an instance failed while ${during}: ${message}`,
    remedy ?? 'correct the strategy: an instance that fails cannot sell',
    { cause },
  );
}
