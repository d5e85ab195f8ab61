import { describe, expect, test } from 'vitest';
import { explore, type Exploration } from '../../harness/explorer/explore.ts';
import { systemClock } from '../../harness/ground/ambient.ts';
import { seededRandom } from '../../harness/ground/random.ts';
import { promptServer, scopeOf, type GivenScope } from '../helpers/exploring.ts';
import { overSockets, sorted, withoutReductions } from '../helpers/honest.ts';
import { randomProgram, subjectOfProgram, type RandomProgram } from '../helpers/programs.ts';
import { everything } from '../helpers/rotating.ts';
import { seed } from '../helpers/seed.ts';

const redis = promptServer();
/** Interleavings that the twin without merging may walk one by one. */
const MOST_WALKED = 2_000n;
/** Interleavings over real sockets. Where there are more, the outcomes of these are among those of the search. */
const MOST_REAL = everything ? 300 : 60;

async function searched(program: RandomProgram, merging: boolean): Promise<Exploration> {
  return explore({
    scope: scopeOf(program.scope),
    subject: subjectOfProgram(program),
    target: redis.target,
    auditSamples: merging ? 4 : 0,
    merging,
    now: () => systemClock.monotonicNs() / 1e6,
  });
}

/**
 * Over real sockets a command counts as written once the gate has it, some turns later. What is put off right after a
 * command that nobody waits for then seems to have come first, and the walk leaves out that the reply overtakes it.
 */
const forgetsAndPutsOff = ({ start, purchase }: RandomProgram): boolean => {
  const steps = [...start, ...purchase];
  return steps.includes('forget') && (steps.includes('put off') || steps.includes('immediate later'));
};

type Outcome = readonly [answers: unknown, violated: readonly string[], content: unknown];

/** Whether they differ in nothing but that the one violates more. */
const isStricter = ([a, more, c]: Outcome, [b, less, d]: Outcome): boolean =>
  JSON.stringify([a, c]) === JSON.stringify([b, d]) &&
  more.length > less.length &&
  less.every((property) => more.includes(property));

/**
 * In order, without those that violate less than another that differs in nothing else. A reduced search has calls begin
 * as late and end as early as they can. The same steps of calls that overlap more are other interleavings, which can only
 * explain more: that a buyer is refused, by a purchase or a release that was still under way.
 */
function comparable(outcomes: Iterable<string>): string[] {
  const all = sorted(outcomes);
  const parsed = all.map((outcome) => JSON.parse(outcome) as Outcome);
  return all.filter((_, i) => !parsed.some((other) => isStricter(other, parsed[i]!)));
}

/** What happens in the sale beside the purchases, in words. */
const asideOf = ({ faults = {}, releases, jobs }: GivenScope): string =>
  Object.entries({ ...faults, releases, jobs })
    .flatMap(([what, times]) => (times ? [`${what}=${times}`] : []))
    .join(', ');

/** Drawn once, and searched or compared wrongly. */
const WRONG_ONCE: readonly RandomProgram[] = [
  {
    // A release came neither before nor after replies that nobody waited for.
    start: [],
    purchase: ['forget', 'forget', 'immediate later', 'remember'],
    job: [],
    release: ['note'],
    scope: { stock: 1, buyers: 1, instances: 1, releases: 1 },
  },
  {
    // Who cancels did so before the last reply only where its process had started before that command.
    start: ['take'],
    purchase: ['note', 'look', 'remember'],
    job: [],
    release: ['count', 'sign'],
    scope: { stock: 1, buyers: 2, instances: 2, faults: { cancel: 1 } },
  },
  {
    // Whoever finds that they have signed already is refused: by a purchase under way, if that has begun before.
    start: [],
    purchase: ['sign', 'immediate later'],
    job: [],
    release: [],
    scope: { stock: 1, buyers: 2, instances: 2, faults: { 'lost-reply': 1 } },
  },
];

describe('a random program comes to the same outcomes however it is searched', () => {
  const random = seededRandom(seed).fork('programs');
  const drawn = Array.from({ length: everything ? 150 : 6 }, () => randomProgram(random));

  for (const [i, program] of [...WRONG_ONCE, ...drawn].entries()) {
    const { start, purchase, job, release, scope } = program;
    const besides = asideOf(scope);
    const aside = [
      ...start.map((step) => `${step} to start`),
      ...job.map((step) => `${step} by ${scope.workers}`),
      ...release.map((step) => `${step} to give back`),
    ];
    const steps = [...aside, ...purchase].join(', ');
    const who = `${scope.buyers} of ${scope.instances === 1 ? 'one process' : 'two processes'}`;
    test(`${i - WRONG_ONCE.length + 1}: ${steps}; ${who}${besides === '' ? '' : `, ${besides}`}`, async () => {
      const reduced = await searched(program, true);
      expect(reduced.audit.mismatches).toEqual([]);
      // With something else beside, chunks may be too many to try, which is said.
      const oneByOne = besides !== '' && reduced.coverage === 'bounded';
      if (oneByOne) expect(reduced.notes.join()).toMatch(/replies arrive in one chunk.*too many states/);
      else expect(reduced.coverage).toBe('exhausted');
      const outcomes = sorted(reduced.outcomes);
      if (reduced.interleavings <= MOST_WALKED) {
        const walked = await searched(program, false);
        expect(walked.interleavings).toBe(reduced.interleavings);
        expect(sorted(walked.outcomes)).toEqual(outcomes);
      }
      const subject = subjectOfProgram(program);
      const unreduced = await withoutReductions(redis.target, subject, scope);
      expect([...unreduced]).toEqual(expect.arrayContaining(outcomes));
      const found = comparable(outcomes);
      expect(comparable(unreduced)).toEqual(found);
      if (oneByOne) return; // over real sockets, replies come in chunks
      const real = await overSockets(redis.target, subject, scope, MOST_REAL);
      expect([...unreduced]).toEqual(expect.arrayContaining([...real.outcomes]));
      if (real.exhausted && !forgetsAndPutsOff(program)) expect(comparable(real.outcomes)).toEqual(found);
    });
  }
});
