import type { Audit, ExplorationDocument, Reductions } from '../documents/exploration.ts';
import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import type { Coverage, Verdict } from '../documents/vocabulary.ts';
import { seededRandom } from '../ground/random.ts';
import type { RedisTarget } from '../redis/target.ts';
import { requirePrivate } from '../redis/target.ts';
import { scheduleOf, stepsOf } from './search/story.ts';
import { REMEDIES, type Counterexample } from '../documents/counterexample.ts';
import { StartAgain } from './errors.ts';
import { minimalCounterexamples } from './search/minimal.ts';
import { Rest } from './search/at-rest.ts';
import { ALL_RULES, type Rules } from './rules.ts';
import type { Scope } from '../documents/scope.ts';
import { Search, type Progress, type SearchResult } from './search/search.ts';
import { sample, type Sample } from './search/sampling.ts';
import { ServerMemo } from './server/memo.ts';
import type { Subject } from './process/spec.ts';
import { ALL_REDUCTIONS, type Parts } from './space/setting.ts';
import { Space } from './space/space.ts';
import { verify } from './search/verify.ts';
import { virtualGlobals } from './process/virtual.ts';
import { audit, NO_AUDIT, type AuditFindings } from './sockets/audit.ts';
import type { Path } from './search/shortest.ts';
import { everyRealInterleaving } from './sockets/unreduced.ts';

export interface ExploreOptions {
  scope: Scope;
  subject: Subject;
  /** Where a strategy of the user's lies. */
  path?: string;
  target: RedisTarget;
  /** All seven unless given; a single one stops the search as soon as it is violated. */
  properties?: readonly Property[];
  maxStates?: number;
  /** True: nothing is reduced, over real sockets, every interleaving from fresh state. */
  unreduced?: boolean;
  /** False: every path is walked on its own. */
  merging?: boolean;
  /** Interleavings that are replayed over real sockets. */
  auditSamples?: number;
  /** For tests that leave a rule out. */
  rules?: Partial<Rules>;
  signal?: AbortSignal;
  onProgress?: (progress: Progress & { elapsedMs: number }) => void;
  now: () => number;
}

/** As its document, but with what is of use to code that runs here. */
export interface Exploration extends Omit<ExplorationDocument, 'properties' | 'interleavings' | 'outcomes'> {
  properties: Record<Property, PropertyResult>;
  interleavings: bigint;
  outcomes: ReadonlySet<string>;
}

interface PropertyResult extends Omit<ExplorationDocument['properties'][Property], 'counterexample'> {
  counterexample: Counterexample | null;
}

const DEFAULT_MAX_STATES = 20_000_000;
const DEFAULT_AUDIT_SAMPLES = 16;

/**
 * Runs every interleaving of the scope.
 * @throws CannotExplore if the strategy does what cannot be explored soundly; UsageError on a borrowed server
 */
export async function explore(options: ExploreOptions): Promise<Exploration> {
  requirePrivate(options.target, 'explore');
  using _ = virtualGlobals();
  const memo = await ServerMemo.open(options.target, { ...ALL_RULES, ...options.rules });
  try {
    if (options.unreduced) return await exploreUnreduced(options, memo);
    const reductions = { ...ALL_REDUCTIONS, merging: options.merging ?? true };
    reductions.symmetry &&= reductions.merging;
    for (;;) {
      try {
        return await exploreWith(options, memo, reductions);
      } catch (error) {
        if (!(error instanceof StartAgain)) throw error;
        if (error.cause === 'symmetry') reductions.symmetry = false;
        else await memo.watch(error.message);
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
  const parts = { scope, subject, memo, reductions, rules: { ...ALL_RULES, ...options.rules } };
  const space = new Space(parts);
  const properties = options.properties ?? PROPERTIES;
  const search = new Search(space, new Rest(space), {
    properties,
    maxStates: options.maxStates ?? DEFAULT_MAX_STATES,
    ...(options.signal ? { signal: options.signal } : {}),
    onProgress: (progress) => options.onProgress?.({ ...progress, elapsedMs: now() - startedMs }),
  });
  const result = await search.run();
  const elapsedMs = now() - startedMs;
  const { serverCommands } = memo;
  const interrupted = options.signal?.aborted ?? false;
  const stopped = properties.length === 1 && result.violated.has(properties[0]!);
  const sampled =
    result.exhausted || interrupted || stopped ? undefined : await sampleOf(options, space, memo);
  const chance = interrupted ? undefined : await verify(space);
  const { audit: audited, found } = interrupted ? NO_AUDIT : await auditOf(options, space, memo, result);
  const drawn = new Map([...found, ...(sampled?.found ?? [])]);
  for (const property of drawn.keys()) result.violated.add(property);
  const counterexamples = interrupted ? new Map() : await counterexamplesOf(options, parts, result, drawn);
  const judged: Judged = { options, result, space, sampled, chance, audited, counterexamples };
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

/** Everything that a verdict depends on. */
interface Judged {
  options: ExploreOptions;
  result: SearchResult;
  space: Space;
  /** Interleavings drawn at random, where the search could not end. */
  sampled: Sample | undefined;
  /** Draws that were not tried could change what happens. */
  chance: string | undefined;
  audited: Audit;
  counterexamples: ReadonlyMap<Property, Counterexample>;
}

function conclusionOf(
  judged: Judged,
): Pick<Exploration, 'strategy' | 'path' | 'verdict' | 'coverage' | 'notes' | 'properties' | 'scope'> {
  const { options, result, space, sampled, chance, audited, counterexamples } = judged;
  const { scope, subject, target } = options;
  const maxStates = options.maxStates ?? DEFAULT_MAX_STATES;
  const asked = options.properties ?? PROPERTIES;
  const whole = result.exhausted && !space.cut;
  const coverage: Coverage = chance !== undefined || sampled ? 'sampled' : whole ? 'exhausted' : 'bounded';
  const properties = {} as Record<Property, PropertyResult>;
  for (const property of PROPERTIES) {
    const verdict = verdictOf(property, asked, result, audited);
    properties[property] = { verdict, coverage, counterexample: counterexamples.get(property) ?? null };
  }
  return {
    strategy: subject.strategy.name,
    ...(options.path === undefined ? {} : { path: options.path }),
    verdict: overall(asked.map((property) => properties[property].verdict)),
    coverage,
    notes: notesOf(judged, maxStates),
    properties,
    scope: { ...scope, maxStates, server: target.description },
  };
}

/** Why the coverage is less than exhausted, a verdict inconclusive, or a violation not shown. */
function notesOf(
  { options, result, space, sampled, chance, audited, counterexamples }: Judged,
  maxStates: number,
): string[] {
  const interrupted = options.signal?.aborted ?? false;
  const unshown = [...result.violated].filter((property) => !counterexamples.has(property));
  return [
    ...(interrupted ? ['interrupted'] : []),
    ...(chance === undefined ? [] : [chance]),
    ...(sampled ? [`stopped at ${maxStates} states`, ...sampled.notes] : []),
    ...(space.cut ? ['a purchase went on and on, and was cut: its retries are not bounded'] : []),
    ...audited.mismatches.map(
      ({ step, message }) => `audit: at step ${step + 1}, ${message}: this is a bug in oversell`,
    ),
    ...(interrupted ? [] : unshown).map(
      (property) =>
        `${property}: violated in the search, but no single interleaving was found that shows it: this is a bug in oversell`,
    ),
  ];
}

/** Interleavings that each scheduler draws where the search could not end. */
const WALKS_EACH = 1_000;

async function sampleOf(options: ExploreOptions, explored: Space, memo: ServerMemo): Promise<Sample> {
  const { scope, signal } = options;
  const random = seededRandom(scope.seed).fork('sample');
  return sample(plainSpace(options, explored, memo), random, WALKS_EACH, signal);
}

/** The same space with every buyer in their own place, so that a path reads as it ran. */
const plainSpace = ({ scope, subject }: ExploreOptions, explored: Space, memo: ServerMemo): Space =>
  new Space({
    scope,
    subject,
    memo,
    reductions: { ...explored.reductions, symmetry: false },
    rules: explored.rules,
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
  const venue = { subject, memo, target };
  return audit(plainSpace(options, explored, memo), venue, { samples, random, expected });
}

async function counterexamplesOf(
  options: ExploreOptions,
  parts: Required<Parts>,
  result: SearchResult,
  /** Interleavings that will do where no search ends. */
  drawn: ReadonlyMap<Property, Path>,
): Promise<Map<Property, Counterexample>> {
  const { subject, target, path } = options;
  const wanted = new Set(
    (options.properties ?? PROPERTIES).filter((property) => result.violated.has(property)),
  );
  const found = await minimalCounterexamples(
    { ...parts, reductions: { ...parts.reductions, merging: true } },
    { properties: wanted, drawn, signal: options.signal },
  );
  const counterexamples = new Map<Property, Counterexample>();
  for (const { property, scope: smaller, path: violation, rest, opened } of found) {
    counterexamples.set(property, {
      oversell: 1,
      kind: 'counterexample',
      strategy: subject.strategy.name,
      ...(path === undefined ? {} : { path }),
      property,
      message: violation.message,
      remedy: REMEDIES[property],
      minimal: violation.minimal,
      boots: 'events',
      server: target.description,
      scope: { ...smaller, quantities: [...smaller.quantities] },
      steps: await stepsOf(smaller, violation, rest, opened),
      schedule: scheduleOf(violation),
    });
  }
  return counterexamples;
}

/** The honest twin: as slow as it looks. It has no counterexamples to show; the reduced search has. */
async function exploreUnreduced(options: ExploreOptions, memo: ServerMemo): Promise<Exploration> {
  const { scope, subject, target, now, onProgress, signal } = options;
  const startedMs = now();
  const most = options.maxStates ?? DEFAULT_MAX_STATES;
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
  const properties = {} as Record<Property, PropertyResult>;
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
    reductions: { fuse: false, lateStarts: false, symmetry: false, merging: false },
    outcomes: found.outcomes,
  };
}

function verdictOf(
  property: Property,
  asked: readonly Property[],
  result: Pick<SearchResult, 'violated' | 'notApplicable' | 'exhausted'>,
  { mismatches }: Audit,
): Verdict {
  if (!asked.includes(property)) return 'inconclusive';
  if (result.violated.has(property)) return 'violated';
  if (result.exhausted && result.notApplicable.has(property)) return 'n/a';
  return result.exhausted && mismatches.length === 0 ? 'holds' : 'inconclusive';
}

function overall(verdicts: readonly Verdict[]): Exploration['verdict'] {
  if (verdicts.includes('violated')) return 'violated';
  return verdicts.includes('inconclusive') ? 'inconclusive' : 'holds';
}
