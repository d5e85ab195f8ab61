import type { Property } from '../../strategies/contract.ts';
import type { ScopeFlags } from '../commands/scope-flags.ts';
import type { ExplorationDocument } from '../documents/exploration.ts';
import type { Fault } from '../documents/faults.ts';
import type { Scope } from '../documents/scope.ts';
import type { Exploration } from '../explorer/explore.ts';
import { freshSeed, systemClock as clock, yearAhead } from '../ground/ambient.ts';
import { UsageError, type RunError } from '../ground/errors.ts';
import { runningOurs } from './earlier-clients.ts';
import { asOptions } from './options.ts';
import { chosenSubject, type Chosen, type Explorable } from './subjects.ts';

/** The small sale, how far it is explored, and what is asked; what is left out is as on the command line. */
export interface ExploreOptions extends Partial<Omit<ScopeFlags, 'faults' | 'quantities'>> {
  /** How often each may happen: `{ crash: 1, 'lost-reply': 1 }`. */
  faults?: Partial<Record<Fault, number>>;
  /** Units that the buyers ask for, in turn. */
  quantities?: readonly number[];
  /** Of a file that exports several: the name of the one that is meant. */
  strategy?: string;
  /** Judges this one alone, and stops when it is violated. */
  property?: Property;
  /** Stops after this many states, and samples the rest. */
  maxStates?: number;
  /** Folder in which the counterexamples get a folder, if there are any; default `runs`. */
  runs?: string;
  /** Ends the exploration with what there is by then. */
  signal?: AbortSignal;
}

/** As on the command line, where each has its flag. */
const DEFAULTS = {
  buyers: 3,
  stock: 2,
  attempts: 3,
  client: 'default',
  releases: 0,
  restocks: 0,
  jobs: 0,
  workers: 'everywhere',
} as const satisfies Partial<ScopeFlags>;

/**
 * Runs every interleaving of a small sale on a private server, as `oversell explore` does.
 *
 * @param subject a file that exports the strategy, as a URL or a path, the name of a built-in, or what `fromModule()` made: each
 * process of the sale evaluates it for itself. What `fromFunction()` made is one process
 * @returns what `oversell explore --json` prints; each counterexample of a file names its own file for `oversell replay`
 * @throws UsageError if it cannot be loaded or explored, or an option makes no sense; EnvironmentError if no Redis can be had,
 * or it is lost
 */
export function explore(subject: Explorable, options: ExploreOptions = {}): Promise<ExplorationDocument> {
  return runningOurs(() => exploreAll(subject, options));
}

async function exploreAll(
  explorable: Explorable,
  { strategy, property, maxStates, runs = 'runs', signal, ...sale }: ExploreOptions,
): Promise<ExplorationDocument> {
  const { requireFolder } = await import('../documents/write-file.ts');
  const { findServer } = await import('../redis/find/find-server.ts');
  const { startServer } = await import('../redis/server.ts');
  const { explore: exploreScope } = await import('../explorer/explore.ts');
  const asked = await scopeOf(sale);
  requireFolder('runs', runs);
  const chosen = await chosenSubject(explorable, strategy);
  const scope = chosen.isOneProcess ? inOneProcess(asked, sale.instances) : asked;
  const lost = new AbortController();
  const loss = { onLost: (fault: RunError) => lost.abort(fault), doing: () => undefined };
  const target = await startServer(await findServer({}), { loss });
  try {
    const exploration = await exploreScope({
      scope,
      subject: chosen.subject,
      target,
      ...(chosen.path !== undefined && { path: chosen.path }),
      ...(property !== undefined && { properties: [property] }),
      ...(maxStates !== undefined && { maxStates }),
      signal: signal ? AbortSignal.any([signal, lost.signal]) : lost.signal,
      now: () => clock.monotonicNs() / 1e6,
      epochMs: yearAhead(clock),
    }).catch(toldOfMemory(chosen));
    lost.signal.throwIfAborted();
    return await documented(exploration, chosen, runs);
  } finally {
    await target.close();
  }
}

async function scopeOf({
  faults = {},
  quantities = [1],
  ...sale
}: Omit<ExploreOptions, 'strategy'>): Promise<Scope> {
  const { scopeOfFlags } = await import('../commands/scope-flags.ts');
  return asOptions(() =>
    scopeOfFlags({
      ...DEFAULTS,
      seed: freshSeed(),
      ...sale,
      quantities: quantities.join(','),
      faults: Object.entries(faults)
        .map(([fault, budget]) => `${fault}=${budget}`)
        .join(','),
    }),
  );
}

/** @throws UsageError if several processes were asked for */
function inOneProcess(scope: Scope, asked: number | undefined): Scope {
  if (asked === undefined || asked === 1) return { ...scope, instances: 1 };
  throw new UsageError(
    'ONE_PROCESS',
    `instances is ${asked}, and the functions of fromFunction() are there once: one process`,
    'give the file to fromModule(), which evaluates it for each process, or leave out instances',
  );
}

/** What functions that were there before keep is no fault of theirs: it cannot be explored here. */
const toldOfMemory =
  ({ subject }: Chosen) =>
  async (error: unknown): Promise<never> => {
    const { Nondeterministic } = await import('../explorer/process/difference.ts');
    if (!subject.keepsMemory || !(error instanceof Nondeterministic)) throw error;
    throw new UsageError(
      'KEEPS_MEMORY',
      `${error.message}; what was imported before the exploration keeps something from one sale to the next`,
      'give the file that keeps it to fromModule(), which evaluates it for each process, and use it in no other way',
      { cause: error },
    );
  };

async function documented(
  exploration: Exploration,
  { isReplayable, isOneProcess }: Chosen,
  runs: string,
): Promise<ExplorationDocument> {
  const { explorationDocument } = await import('../explorer/document.ts');
  const { keepCounterexamples } = await import('../documents/kept-counterexamples.ts');
  const { folderOnDemand } = await import('../documents/run-folder.ts');
  const { Keeper } = await import('../documents/write-file.ts');
  const keeper = new Keeper();
  const folder = folderOnDemand(runs, clock.epochMs(), exploration.scope.seed);
  const files = isReplayable ? keepCounterexamples(exploration.properties, folder, keeper) : {};
  if (keeper.fault) throw keeper.fault;
  const document = explorationDocument(exploration, files);
  return isOneProcess ? { ...document, notes: [...document.notes, ONE_PROCESS] } : document;
}

const ONE_PROCESS =
  'instances 1: the functions of fromFunction() were imported already, so that all buyers are in one process';
