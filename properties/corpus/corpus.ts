import { fileURLToPath } from 'node:url';
import type { Subject } from '../../harness/explorer/process/spec.ts';
import { subjectOf } from '../../harness/explorer/process/subject.ts';
import type { Strategy } from '../../strategies/contract.ts';
import * as background from './background.ts';
import * as unseen from './unseen.ts';
import * as cancellations from './cancellations.ts';
import * as caches from './caches.ts';
import * as counters from './counters.ts';
import * as confirms from './confirms.ts';
import * as failures from './failures.ts';
import * as ledgers from './ledgers.ts';
import * as exclusions from './exclusions.ts';
import * as limits from './limits.ts';
import * as locks from './locks.ts';
import * as memories from './memories.ts';
import * as optimistic from './optimistic.ts';
import * as replies from './replies.ts';
import * as replicas from './replicas.ts';
import * as reservations from './reservations.ts';
import * as reserve from './reserve.ts';
import * as spread from './spread.ts';
import * as timeouts from './timeouts.ts';
import * as ways from './ways.ts';
import type { BlindSpot, Mutant, Variant } from './parts.ts';

/** File name → what it exports. */
const families = {
  background,
  caches,
  cancellations,
  confirms,
  counters,
  failures,
  exclusions,
  ledgers,
  limits,
  locks,
  memories,
  optimistic,
  replicas,
  replies,
  reservations,
  reserve,
  spread,
  timeouts,
  unseen,
  ways,
};

const all = Object.entries(families).flatMap(([family, exports]) =>
  Object.values(exports)
    .filter((one): one is Mutant | Variant | BlindSpot => typeof one === 'object')
    .map((one) => ({ family, one })),
);
const strategies = all.map(({ one }) => one);
/** Each has a mistake, and must be caught. */
export const mutants = strategies.filter((one): one is Mutant => 'caught' in one);
/** Each is right, and must not be accused. */
export const variants = strategies.filter((one): one is Variant => 'holdsIn' in one);
/** Each has a mistake that is not to be seen. */
export const blindSpots = strategies.filter((one): one is BlindSpot => 'unseen' in one);

const subjects = new Map<string, Promise<Subject>>();

/** Built-in strategies come from their own files, those of the corpus from their family's. */
export function subject(strategy: Strategy): Promise<Subject> {
  const known = subjects.get(strategy.name);
  if (known) return known;
  const family = all.find(({ one }) => one.name === strategy.name)?.family;
  const file = family && fileURLToPath(new URL(`./${family}.ts`, import.meta.url));
  const made = subjectOf({ strategy, ...(file !== undefined && { path: file }) });
  subjects.set(strategy.name, made);
  return made;
}
