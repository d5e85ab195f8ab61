import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import type { Counterexample } from '../documents/counterexample.ts';
import type { Audit, ExplorationDocument, Reductions } from '../documents/exploration.ts';
import type { Coverage } from '../documents/vocabulary.ts';
import { isLoss } from '../ground/errors.ts';
import { seededRandom } from '../ground/random.ts';
import { unlessLost } from '../ground/waiting.ts';
import { forgetMisfits, misfitOfSale } from '../ground/misfits.ts';
import { isOfLoss } from '../wire/raw-connection.ts';
import { locating } from '../wire/refusal.ts';
import { requirePrivate } from '../redis/target.ts';
import { CannotExplore, StartAgain } from './cannot-explore.ts';
import { Nondeterministic } from './process/difference.ts';
import { watchShared } from './process/own-globals.ts';
import { virtualGlobals } from './process/virtual.ts';
import { askedOf, maxStatesOf, type ExplorationRequest } from './exploration-request.ts';
import { ALL_RULES, type Rules } from './rules.ts';
import { AtRest } from './search/at-rest.ts';
import { conclusionOf, overall, verdictOf, type Conclusion } from './search/conclusion.ts';
import { counterexamplesOf } from './search/counterexamples.ts';
import { confirmsOf } from './scope/payments.ts';
import { rehearse } from './search/rehearsal.ts';
import { sample, type Sample } from './search/sampling.ts';
import { Search, type SearchProgress, type SearchResult } from './search/search.ts';
import type { Path } from './search/shortest.ts';
import { verify } from './search/verify.ts';
import { ServerMemo } from './server/memo.ts';
import { leaveOut } from './start-again.ts';
import { audit, NO_AUDIT, type AuditFindings } from './sockets/audit.ts';
import { everyRealInterleaving } from './sockets/unreduced.ts';
import { requireAsked } from './space/perform.ts';
import { abilitiesIn } from './space/abilities.ts';
import { ALL_REDUCTIONS, NOTHING_REDUCED, sharesPackages, type Parts } from './space/setting.ts';
import { Space } from './space/space.ts';

export interface ExploreOptions extends ExplorationRequest {
  /** True: nothing is reduced, over real sockets, every interleaving from fresh state. */
  unreduced?: boolean;
  /** False: every path is walked on its own. */
  merging?: boolean;
  /** Interleavings that are replayed over real sockets. */
  auditSamples?: number;
  /** For tests that leave a rule out. */
  rules?: Partial<Rules>;
  onProgress?: (progress: SearchProgress & { elapsedMs: number }) => void;
  /** When the clock of the explored processes begins, ms since the epoch: see `yearAhead`. */
  epochMs?: number;
  now: () => number;
}

/** As its document, but with what is of use to code that runs here. */
export interface Exploration extends Omit<ExplorationDocument, 'properties' | 'interleavings' | 'outcomes'> {
  properties: Conclusion['properties'];
  interleavings: bigint;
  outcomes: ReadonlySet<string>;
}

const DEFAULT_AUDIT_SAMPLES = 16;

/**
 * Runs every interleaving of the scope.
 * @throws CannotExplore if the strategy does what cannot be explored soundly; NotNamed if it connects to anything;
 * UsageError on a borrowed server
 */
export async function explore(options: ExploreOptions): Promise<Exploration> {
  requirePrivate(options.target, 'explore');
  using _ = virtualGlobals(options.epochMs);
  forgetMisfits();
  const found = await locating(options.path, () => exploreOn(options));
  const misfit = misfitOfSale();
  if (misfit) throw new CannotExplore(misfit.message, misfit.remedy);
  return found;
}

async function exploreOn(options: ExploreOptions): Promise<Exploration> {
  const memo = await ServerMemo.open(options.target, { ...ALL_RULES, ...options.rules });
  try {
    memo.hasOwnClock = options.subject.service !== undefined;
    const failure = await rehearse(options.scope, options.subject, memo);
    const alone = failure === undefined ? {} : { alone: failure };
    if (options.unreduced)
      return { ...(await exploreUnreduced(await paying(options, memo), memo)), ...alone };
    const merging = options.merging ?? true;
    const reductions: Reductions = { ...ALL_REDUCTIONS, merging, symmetry: merging };
    const rules: Partial<Rules> = {};
    // What a package has connected to when it was looked at is nobody's: each process evaluates it for itself.
    if (options.subject.packagesConnect && sharesPackages(options.subject, ALL_RULES))
      rules.ownPackages = true;
    let { scope } = options;
    for (;;) {
      try {
        const given = { ...options, scope, rules: { ...options.rules, ...rules } };
        return { ...(await exploreWith(given, memo, reductions)), ...alone };
      } catch (error) {
        // What a package keeps from one process to the next shows at once where a history is run again meanwhile.
        const packages = sharesPackages(options.subject, { ...ALL_RULES, ...options.rules, ...rules });
        if (error instanceof Nondeterministic && packages) {
          rules.ownPackages = true;
          continue;
        }
        // So does what a process of a service keeps from one history to the next.
        if (error instanceof Nondeterministic && options.subject.service?.insistOnFresh()) continue;
        if (error instanceof Nondeterministic && options.subject.service)
          throw options.subject.service.differs(error);
        if (!(error instanceof StartAgain)) throw error;
        if (error.cause === 'confirms') scope = { ...scope, confirms: confirmsOf(scope) };
        // Each history has a process to itself from now on.
        else if (error.cause !== 'kept-by-service') await leaveOut(error, { reductions, rules, memo });
      }
    }
  } finally {
    await memo.close();
  }
}

async function exploreWith(
  options: ExploreOptions,
  memo: ServerMemo,
  reductions: Reductions,
): Promise<Exploration> {
  const { scope, subject, now } = options;
  const startedMs = now();
  const requireUnchanged = watchShared();
  const parts = { scope, subject, memo, reductions, rules: { ...ALL_RULES, ...options.rules } };
  const space = new Space(parts);
  const properties = askedOf(options);
  space.histories.signal = options.signal;
  const result = await searched(options, space, startedMs);
  const elapsedMs = now() - startedMs;
  const { serverCommands } = memo;
  const { signal } = options;
  const isInterrupted = (): boolean => signal?.aborted ?? false;
  const stopped = properties.length === 1 && result.violated.has(properties[0]!);
  const wants = !result.exhausted && !isInterrupted() && !stopped;
  const sampled = wants ? await unlessGone(signal, sampleOf(options, space, memo), undefined) : undefined;
  const chance = isInterrupted() ? undefined : await unlessGone(signal, verify(space), undefined);
  requireUnchanged();
  // What was not looked at again to the end is not known.
  if (isInterrupted()) result.exhausted = false;
  const { audit: audited, found } = isInterrupted()
    ? NO_AUDIT
    : await unlessGone(signal, auditOf(options, space, memo, result), NO_AUDIT);
  if (isInterrupted()) result.exhausted = false;
  const drawn = new Map([...found, ...(sampled?.found ?? [])]);
  for (const property of drawn.keys()) result.violated.add(property);
  const shown = shownOf(options, parts, { result, drawn, explored: space });
  const counterexamples = await unlessGone(signal, shown, new Map<Property, Counterexample>());
  const isShown = (property: Property): boolean =>
    !result.violated.has(property) || counterexamples.has(property);
  const isUnlike = audited.mismatches.length > 0 || !properties.every(isShown);
  // What came after the search was done by processes that had served others, and nobody has run it again in one that had not.
  if (isUnlike && !isInterrupted() && subject.service?.insistOnFresh())
    throw new StartAgain('kept-by-service', 'a process of the service keeps something');
  await unlessGone(signal, Promise.resolve(subject.service?.requireSound()), undefined);
  const judged = { question: options, result, space, sampled, chance, audited, counterexamples };
  return {
    ...conclusionOf(judged),
    interleavings: result.interleavings,
    states: result.states,
    transitions: result.transitions,
    serverCommands,
    elapsedMs,
    statesPerSecond: Math.round(result.states / Math.max(elapsedMs / 1000, 1e-3)),
    audit: audited,
    reductions: { ...reductions },
    outcomes: result.outcomes,
  };
}

/** In a function of its own, so that nothing but what it found outlives the search: its states fill the memory. */
async function searched(options: ExploreOptions, space: Space, startedMs: number): Promise<SearchResult> {
  const { signal, now, onProgress } = options;
  const search = new Search(space, new AtRest(space), {
    properties: askedOf(options),
    maxStates: maxStatesOf(options),
    ...(signal ? { signal } : {}),
    onProgress: (progress) => onProgress?.({ ...progress, elapsedMs: now() - startedMs }),
  });
  return search.run();
}

/** What some work comes to, or, where the server is lost meanwhile, that there is nothing. */
async function unlessGone<T>(signal: AbortSignal | undefined, work: Promise<T>, nothing: T): Promise<T> {
  try {
    return await unlessLost(signal, work);
  } catch (error) {
    if (await isOfLoss(error, signal)) return nothing;
    throw error;
  }
}

/** How long an interrupted exploration looks for what it has seen violated. */
const SHOWING_MS = 3_000;
/** Interleavings that it draws where it has not found it by then. */
const WALKS_AT_THE_END = 200;

/** What was seen: the properties that are violated, and interleavings that were drawn. */
interface Seen {
  result: SearchResult;
  drawn: ReadonlyMap<Property, Path>;
  explored: Space;
}

/** Counterexamples to what was seen violated, also where an interruption came first: it is known then, and has to be shown. */
async function shownOf(
  options: ExploreOptions,
  parts: Required<Parts>,
  { result: { violated }, drawn, explored }: Seen,
): Promise<Map<Property, Counterexample>> {
  const { signal, scope } = options;
  const found = signal?.aborted
    ? new Map<Property, Counterexample>()
    : await counterexamplesOf(options, parts, violated, drawn);
  const asked = askedOf(options);
  const missing = (): Set<Property> =>
    new Set([...violated].filter((property) => asked.includes(property) && !found.has(property)));
  if (!signal?.aborted || isLoss(signal.reason)) return found;
  const show = async (paths: ReadonlyMap<Property, Path>): Promise<void> => {
    const late = { ...options, signal: AbortSignal.timeout(SHOWING_MS) };
    for (const one of await counterexamplesOf(late, parts, missing(), paths)) found.set(...one);
  };
  if (missing().size > 0) await show(drawn);
  if (missing().size === 0) return found;
  const random = seededRandom(scope.seed).fork('sample');
  const space = plainSpace(options, explored, parts.memo);
  const walked = await sample(space, random, WALKS_AT_THE_END, AbortSignal.timeout(SHOWING_MS));
  await show(new Map([...drawn, ...walked.found]));
  return found;
}

/** Interleavings that each scheduler draws where the search could not end. */
const WALKS_EACH = 1_000;

async function sampleOf(options: ExploreOptions, explored: Space, memo: ServerMemo): Promise<Sample> {
  const { scope, signal } = options;
  const random = seededRandom(scope.seed).fork('sample');
  return sample(plainSpace(options, explored, memo), random, WALKS_EACH, signal);
}

/** The same space with every buyer in their own place and no tick left out, so that a path reads as it ran. */
const plainSpace = ({ scope, subject }: ExploreOptions, explored: Space, memo: ServerMemo): Space =>
  new Space({
    scope,
    subject,
    memo,
    reductions: { ...explored.reductions, symmetry: false },
    rules: { ...explored.rules, ticks: false },
  });

async function auditOf(
  options: ExploreOptions,
  explored: Space,
  memo: ServerMemo,
  { exhausted, outcomes }: SearchResult,
): Promise<AuditFindings> {
  const samples = options.auditSamples ?? DEFAULT_AUDIT_SAMPLES;
  const { scope, subject, target } = options;
  if (samples === 0) return NO_AUDIT;
  const random = seededRandom(scope.seed).fork('audit');
  const expected = exhausted ? outcomes : undefined;
  // Histories run one by one; processes that share a package may wait for each other in it, as those of production cannot.
  const evaluate = (): ReturnType<typeof subject.evaluate> => subject.evaluate(explored.rules.packages);
  const venue = { subject: { ...subject, evaluate }, memo, target };
  return audit(plainSpace(options, explored, memo), venue, { samples, random, expected });
}

/** With the confirms that the scope has where it names none; the reduced search finds out as it begins. */
async function paying(options: ExploreOptions, memo: ServerMemo): Promise<ExploreOptions> {
  const { scope, subject } = options;
  const abilities = await abilitiesIn({ ...scope, buyers: 0, instances: 0 }, subject, memo);
  requireAsked(scope, abilities);
  return abilities.confirm && scope.confirms === undefined
    ? { ...options, scope: { ...scope, confirms: confirmsOf(scope) } }
    : options;
}

/** The honest twin: as slow as it looks. It has no counterexamples to show; the reduced search has. */
async function exploreUnreduced(options: ExploreOptions, memo: ServerMemo): Promise<Exploration> {
  const { scope, subject, target, now, onProgress, signal } = options;
  const startedMs = now();
  const most = maxStatesOf(options);
  const tell = (interleavings: number): void =>
    onProgress?.({
      states: interleavings,
      transitions: interleavings,
      interleavings: BigInt(interleavings),
      elapsedMs: now() - startedMs,
    });
  const found = await everyRealInterleaving(
    scope,
    { subject, memo, target },
    { most, onProgress: tell, signal },
  );
  const elapsedMs = now() - startedMs;
  const coverage: Coverage = found.exhausted ? 'exhausted' : 'bounded';
  const nothing: Audit = { replayed: 0, mismatches: [] };
  const properties = {} as Conclusion['properties'];
  for (const property of PROPERTIES) {
    const verdict = verdictOf(property, PROPERTIES, found, nothing);
    properties[property] = { verdict, coverage, counterexample: null };
  }
  return {
    strategy: subject.strategy.name,
    ...(options.path === undefined ? {} : { path: options.path }),
    verdict: overall(Object.values(properties).map(({ verdict }) => verdict)),
    coverage,
    notes: found.exhausted ? [] : [signal?.aborted ? 'interrupted' : `stopped at ${most} interleavings`],
    properties,
    scope: { ...scope, maxStates: most, server: target.description },
    interleavings: BigInt(found.interleavings),
    states: found.interleavings,
    transitions: found.interleavings,
    serverCommands: memo.serverCommands,
    elapsedMs,
    statesPerSecond: Math.round(found.interleavings / Math.max(elapsedMs / 1000, 1e-3)),
    audit: nothing,
    reductions: { ...NOTHING_REDUCED },
    outcomes: found.outcomes,
  };
}
