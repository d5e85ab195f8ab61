import { PROPERTIES, type Property } from '../../../strategies/contract.ts';
import type { Counterexample } from '../../documents/counterexample.ts';
import type { Audit, ExplorationDocument } from '../../documents/exploration.ts';
import type { Coverage, Verdict } from '../../documents/vocabulary.ts';
import { hasOwnLimit } from '../process/spec.ts';
import { askedOf, maxStatesOf, type ExplorationRequest } from '../exploration-request.ts';
import { EXTRAS, type Extra } from '../../documents/faults.ts';
import { amountsOf } from '../scope/budgets.ts';
import type { Space } from '../space/space.ts';
import type { Sample } from './sampling.ts';
import type { SearchResult } from './search.ts';

interface PropertyResult extends Omit<ExplorationDocument['properties'][Property], 'counterexample'> {
  counterexample: Counterexample | null;
}

/** What an exploration comes to. */
export interface Conclusion extends Pick<
  ExplorationDocument,
  'strategy' | 'path' | 'clients' | 'verdict' | 'coverage' | 'notes' | 'scope' | 'unspent'
> {
  properties: Record<Property, PropertyResult>;
}

/** Everything that a verdict depends on. */
export interface Judged {
  question: ExplorationRequest;
  result: SearchResult;
  space: Space;
  /** Interleavings drawn at random, where the search could not end. */
  sampled: Sample | undefined;
  /** Draws that were not tried could change what happens. */
  chance: string | undefined;
  audited: Audit;
  counterexamples: ReadonlyMap<Property, Counterexample>;
}

/**
 * No process that sells sent a command, in any interleaving: there was nothing to interleave, and whatever holds holds
 * of nothing. The strategy sells from memory. One that fetched
 * units when it started may sell them from memory; requests that make no sense are refused without a command.
 */
const isSilent = ({ result, space: { scope, histories, layout } }: Judged): boolean =>
  result.exhausted && scope.nonsense === undefined && !histories.anySent((role) => role < layout.slots);

/** The verdict on each property asked about, how much was covered, and why no more. */
export function conclusionOf(judged: Judged): Conclusion {
  const { question, result, space, sampled, chance, audited, counterexamples } = judged;
  const { scope, subject, target, path } = question;
  const maxStates = maxStatesOf(question);
  const asked = askedOf(question);
  const unseen = subject.service?.unseen();
  const limited = (unseen?.bounded.length ?? 0) > 0;
  const whole = result.exhausted && !space.cut && !leavesOutChunks(space) && !limited;
  const coverage: Coverage = chance !== undefined || sampled ? 'sampled' : whole ? 'exhausted' : 'bounded';
  const silent = isSilent(judged);
  const properties = {} as Record<Property, PropertyResult>;
  for (const property of PROPERTIES) {
    const found = verdictOf(property, asked, result, audited);
    const verdict = silent && found === 'holds' ? 'inconclusive' : found;
    properties[property] = { verdict, coverage, counterexample: counterexamples.get(property) ?? null };
  }
  return {
    strategy: subject.strategy.name,
    ...(path === undefined ? {} : { path }),
    ...(subject.clients && { clients: subject.clients }),
    verdict: judgesNothing(judged)
      ? 'inconclusive'
      : overall(asked.map((property) => properties[property].verdict)),
    coverage,
    notes: [...notesOf(judged), ...(unseen?.bounded ?? []), ...(unseen?.notes ?? [])],
    ...unspentOf(judged),
    properties,
    scope: { ...scope, maxStates, server: target.description },
  };
}

/**
 * What was asked for and never came: a key that expires where none has a TTL, a retry where every answer is certain.
 * Whoever reads that a property holds with it would think that it had been put to the test.
 */
function unspentOf({ result, question: { scope, subject } }: Judged): { unspent?: Extra[] } {
  if (!result.exhausted) return {};
  const amounts = amountsOf(scope);
  // Nobody asks for the time that passes before a confirm, and a client's own time limit passes without being paid.
  const free: Extra[] = hasOwnLimit(subject.strategy) ? ['late', 'timeout'] : ['late'];
  const asked = EXTRAS.filter((extra) => amounts[extra] > 0 && !free.includes(extra));
  const unspent = asked.filter((extra) => !result.spent.has(extra));
  return unspent.length > 0 ? { unspent } : {};
}

const NOTHING_SENT =
  'no purchase sent a command, so there was nothing to explore: let purchase() use the client that it, or seller(), is handed';

const SERVICE_SENT_NOTHING =
  'no request made the service send a command to the Redis that it was given, so there was nothing to explore: let it connect to REDIS_URL, or to REDIS_HOST and REDIS_PORT, or put {redis_port} into its start command';

/** Replies of which two or more arrive in one chunk change what a process does, and make too many states. */
const leavesOutChunks = ({ rules }: Space): boolean => rules.sharedChunks === 'left out';

/** The one property that was asked about has no meaning here: a limit that is not set, a ledger that is not kept. */
const judgesNothing = ({ question, result, audited }: Judged): boolean =>
  askedOf(question).every((property) => verdictOf(property, [property], result, audited) === 'n/a');

/** Why the coverage is less than exhausted, a verdict inconclusive, or a violation not shown. */
function notesOf(judged: Judged): string[] {
  const { question, result, space, sampled, chance, audited, counterexamples } = judged;
  const interrupted = question.signal?.aborted ?? false;
  const unshown = [...result.violated].filter((property) => !counterexamples.has(property));
  return [
    ...(interrupted ? ['interrupted'] : []),
    ...(isSilent(judged) ? [question.subject.service ? SERVICE_SENT_NOTHING : NOTHING_SENT] : []),
    ...(judgesNothing(judged)
      ? [`${askedOf(question).join()}: says nothing of this sale (n/a), and nothing else was asked about`]
      : []),
    ...(chance === undefined ? [] : [chance]),
    ...(question.subject.strategy.reserves ? [RESERVES] : []),
    ...(result.stopped === undefined ? [] : [result.stopped]),
    ...(sampled?.notes ?? []),
    ...(space.cut ? [`a purchase never ended and was cut off: ${unbounded(question)}`] : []),
    ...(leavesOutChunks(space)
      ? [
          'what a process does for several buyers depends on which replies arrive in one chunk; with what else was asked for, that makes too many states: they arrived one by one',
        ]
      : []),
    ...audited.mismatches.map(
      ({ step, message }) => `audit: at step ${step + 1}, ${message}: ${UNLIKE_THE_SEARCH}`,
    ),
    ...(interrupted ? [] : unshown).map((property) => `${property}: ${whyUnshown(judged, property)}`),
  ];
}

const unbounded = ({ subject }: ExplorationRequest): string =>
  subject.service
    ? 'the service asks again without a limit; let it give up after a few times for the run, where it waits for a lock for example'
    : 'its retries (env.maxAttempts) or its ticks are not bounded';

const RESERVES =
  'as the strategy says that it reserves units, whoever was refused while a purchase that failed may have held them was refused rightly';

/** Whose fault it is cannot be told: oversell sees no state that processes share beside Redis. */
const UNLIKE_THE_SEARCH =
  'either the code keeps something where its processes share it (inside a built-in object, in a file, in an addon), or this is a bug in oversell';

/** Why there is no counterexample of what the search saw violated. */
function whyUnshown({ question, space }: Judged, property: Property): string {
  if (!askedOf(question).includes(property))
    return 'violated, and not asked about: leave out --property to be shown how';
  return space.ticks?.leftOut.length
    ? 'no interleaving was looked for long enough to show it, as each tick of a repeating timer is a step of it'
    : 'violated in the search, but no single interleaving was found that shows it: this is a bug in oversell';
}

/** What is known of one property. */
export function verdictOf(
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

/** The worst of the verdicts, for all of them together. */
export function overall(verdicts: readonly Verdict[]): Conclusion['verdict'] {
  if (verdicts.includes('violated')) return 'violated';
  return verdicts.includes('inconclusive') ? 'inconclusive' : 'holds';
}
