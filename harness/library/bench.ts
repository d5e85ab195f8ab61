import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BenchFlags } from '../commands/measure-strategies.ts';
import type { BenchResult } from '../documents/figures.ts';
import { freshSeed } from '../ground/ambient.ts';
import { UsageError, type RunError } from '../ground/errors.ts';
import type { Progress } from '../ground/progress.ts';
import { runningOurs } from './earlier-clients.ts';
import { asOptions } from './options.ts';

type Measured =
  | 'mode'
  | 'rate'
  | 'arrivals'
  | 'slo'
  | 'inFlight'
  | 'trials'
  | 'baseline'
  | 'stock'
  | 'buyers';

/** As the flags of `oversell bench`; what is left out is as there. */
export interface BenchOptions extends Partial<Pick<BenchFlags, Measured | 'workers' | 'seconds' | 'seed'>> {
  profile?: BenchFlags['profile'];
  /** Folder for one history per strategy, of its last trial. Absent: they are not kept. */
  histories?: string;
  /** Ends the session with the trials that came to their end. */
  signal?: AbortSignal;
}

/** A file that exports strategies, by URL or path, or the name of a built-in. */
type Measurable = URL | string;

/**
 * Measures on a private server, as `oversell bench` does: throughput, response time, commands per sale, each with the verdict on
 * the sales that were measured. Threads load the files for themselves, so that a function cannot be given.
 *
 * @returns what `oversell bench --json` prints
 * @throws UsageError if a file cannot be loaded or an option makes no sense; EnvironmentError if no Redis can be had, or it is lost
 */
export async function bench(
  subjects: Measurable | readonly Measurable[],
  options: BenchOptions = {},
): Promise<BenchResult> {
  const named = (Array.isArray(subjects) ? subjects : [subjects]) as readonly Measurable[];
  const files = named.map(pathOf);
  if (files.length === 0) throw noSubject();
  requireWhole(options);
  const { measureStrategies } = await import('../commands/measure-strategies.ts');
  const { histories, signal, seed = freshSeed(), profile = 'quick', ...measured } = options;
  const lost = new AbortController();
  const flags = {
    ...measured,
    seed,
    profile,
    runs: '.',
    ...(histories !== undefined && { history: true as const }),
    makeFolder: () => folderAt(histories!),
  };
  const invocation = {
    progress: SILENT,
    signal: signal ? AbortSignal.any([signal, lost.signal]) : lost.signal,
    loss: { onLost: (fault: RunError) => lost.abort(fault), doing: () => undefined },
  };
  const found = await runningOurs(() => measureStrategies(files, flags, invocation)).catch(asOption);
  lost.signal.throwIfAborted();
  if (found.keeper.fault) throw found.keeper.fault;
  return found.measured;
}

function pathOf(subject: Measurable): string {
  if (subject instanceof URL) return fileURLToPath(subject);
  if (typeof subject === 'string') return subject;
  throw noSubject();
}

const noSubject = (): UsageError =>
  new UsageError(
    'NO_SUBJECT',
    'bench() was given no file',
    "give new URL('./sell.ts', import.meta.url), a path, or the name of a built-in strategy: each thread loads it for itself",
  );

const WHOLE = ['inFlight', 'trials', 'buyers', 'workers', 'seconds', 'rate'] as const;

/** @throws UsageError */
function requireWhole(options: BenchOptions): void {
  for (const name of [...WHOLE, 'stock'] as const) {
    const value = options[name];
    const least = name === 'stock' ? 0 : 1;
    if (value === undefined || (Number.isSafeInteger(value) && value >= least)) continue;
    throw new UsageError('BAD_OPTION', `${name} is ${String(value)}`, `give a whole number from ${least} on`);
  }
}

function folderAt(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}

/** A fault that names a flag names the option. */
const asOption = (error: unknown): never =>
  asOptions(() => {
    throw error;
  });

const SILENT: Progress = { now: () => {}, detail: () => {}, line: () => {}, end: () => {} };
