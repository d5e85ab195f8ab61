import { fileURLToPath } from 'node:url';
import type { Property } from '../../strategies/contract.ts';
import { scopeOfFlags, type ScopeFlags } from '../commands/scope-flags.ts';
import type { ExplorationDocument } from '../documents/exploration.ts';
import type { Fault } from '../documents/faults.ts';
import { keepCounterexamples } from '../documents/kept-counterexamples.ts';
import { folderOnDemand } from '../documents/run-folder.ts';
import { Keeper, requireFolder } from '../documents/write-file.ts';
import { explorationDocument } from '../explorer/document.ts';
import { explore as exploreScope } from '../explorer/explore.ts';
import { subjectOf } from '../explorer/process/subject.ts';
import { freshSeed, systemClock as clock, yearAhead } from '../ground/ambient.ts';
import { UsageError, type RunError } from '../ground/errors.ts';
import { chosenStrategies, type LoadedStrategy } from '../loader/strategies.ts';
import { findServer } from '../redis/find/find-server.ts';
import { startServer } from '../redis/server.ts';

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
 * @param subject a file that exports the strategy, as a URL or a path, or the name of a built-in. A file, because each process
 * of the sale evaluates it for itself: an object that was imported is one process.
 * @returns what `oversell explore --json` prints; each counterexample names the file for `oversell replay`
 * @throws UsageError if it cannot be loaded or explored, or an option makes no sense; EnvironmentError if no Redis can be had,
 * or it is lost
 */
export async function explore(
  subject: URL | string,
  options: ExploreOptions = {},
): Promise<ExplorationDocument> {
  const { faults, quantities, strategy, property, maxStates, runs = 'runs', signal, ...sale } = options;
  const scope = asOptions(() =>
    scopeOfFlags({
      ...DEFAULTS,
      seed: freshSeed(),
      ...sale,
      quantities: (quantities ?? [1]).join(','),
      faults: Object.entries(faults ?? {})
        .map(([fault, budget]) => `${fault}=${budget}`)
        .join(','),
    }),
  );
  requireFolder('runs', runs);
  const loaded = await chosen(subject, strategy);
  const keeper = new Keeper();
  const folder = folderOnDemand(runs, clock.epochMs(), scope.seed);
  const lost = new AbortController();
  const loss = { onLost: (fault: RunError) => lost.abort(fault), doing: () => undefined };
  const target = await startServer(await findServer({}), { loss });
  try {
    const exploration = await exploreScope({
      scope,
      subject: await subjectOf(loaded),
      target,
      ...(loaded.path !== undefined && { path: loaded.path }),
      ...(property !== undefined && { properties: [property] }),
      ...(maxStates !== undefined && { maxStates }),
      signal: signal ? AbortSignal.any([signal, lost.signal]) : lost.signal,
      now: () => clock.monotonicNs() / 1e6,
      epochMs: yearAhead(clock),
    });
    lost.signal.throwIfAborted();
    const files = keepCounterexamples(exploration.properties, folder, keeper);
    if (keeper.fault) throw keeper.fault;
    return explorationDocument(exploration, files);
  } finally {
    await target.close();
  }
}

async function chosen(subject: URL | string, name: string | undefined): Promise<LoadedStrategy> {
  if (typeof subject !== 'string' && !(subject instanceof URL)) {
    throw new UsageError(
      'NO_SUBJECT',
      'explore() was given no file',
      "give new URL('./sell.ts', import.meta.url), a path, or the name of a built-in strategy",
    );
  }
  const file = subject instanceof URL ? fileURLToPath(subject) : subject;
  const loaded = await chosenStrategies([file], { connections: 'held' });
  const found = loaded.filter(({ strategy }) => name === undefined || strategy.name === name);
  if (found.length === 1) return found[0]!;
  const names = loaded.map(({ strategy }) => strategy.name).join(', ');
  throw new UsageError(
    'UNKNOWN_STRATEGY',
    name === undefined
      ? `${subject.toString()} exports ${loaded.length} strategies, not one`
      : `${subject.toString()} exports no strategy "${name}"`,
    `choose one by the option strategy: ${names}`,
  );
}

/** The same, with options in the place of flags. */
function asOptions<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(error.code, inOptions(error.message), inOptions(error.remedy), { cause: error });
  }
}

/** `--per-user-limit` is `perUserLimit` here. */
const inOptions = (text: string): string =>
  text.replaceAll(/--([a-z-]+)/g, (_, flag: string) =>
    flag.replaceAll(/-([a-z])/g, (__, letter: string) => letter.toUpperCase()),
  );
