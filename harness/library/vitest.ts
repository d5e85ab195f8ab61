import { beforeAll, expect } from 'vitest';
import { counterexampleOf, explorationText } from '../../reports/text/explore.ts';
import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import type { ExplorationDocument } from '../documents/exploration.ts';
import { findServer } from '../redis/find/find-server.ts';
import { watchClients } from './earlier-clients.ts';

/** What has to hold. */
export interface Holding {
  /** All that say something of the sale, unless given. */
  properties?: readonly Property[];
  /** Whether it is enough that nothing was found where not every interleaving could be covered. */
  allowBounded?: boolean;
}

interface OversellMatchers<R> {
  /**
   * Of what `explore()` from `oversell` found, or is about to: every property holds, in every interleaving. What could not be
   * decided fails. A failure shows the counterexample.
   */
  toHold: (holding?: Holding) => Promise<R>;
  /** Some interleaving violates it. */
  toViolate: (property: Property) => Promise<R>;
}

declare module 'vitest' {
  interface Matchers<T> extends OversellMatchers<T> {}
}

watchClients();

/** To look for a Redis, and to fetch one where there is none, must not count as the time of a test. */
const FETCHING_MS = 600_000;
beforeAll(async () => void (await findServer({})), FETCHING_MS);

expect.extend({
  async toHold(received: unknown, { properties, allowBounded = false }: Holding = {}) {
    const found = await exploredBy(received, 'toHold');
    const asked = properties ?? PROPERTIES;
    const wrong = [
      ...asked.flatMap((property) => notHolding(found, property, properties !== undefined)),
      ...notDecided(found, asked, allowBounded),
    ];
    return {
      pass: wrong.length === 0,
      message: () => (this.isNot ? `${found.strategy} holds: ${explorationText(found)}` : wrong.join('\n\n')),
    };
  },

  async toViolate(received: unknown, property: Property) {
    const found = await exploredBy(received, 'toViolate');
    const { verdict } = found.properties[property] ?? {};
    return {
      pass: verdict === 'violated',
      message: () =>
        this.isNot
          ? violationText(found, property)
          : `${property} is not violated by ${found.strategy}: ${explorationText(found)}`,
    };
  },
});

/** What a property has against it, as a failure shows it; empty: nothing. */
function notHolding(found: ExplorationDocument, property: Property, isNamed: boolean): string[] {
  const { verdict } = found.properties[property];
  if (verdict === 'violated') return [violationText(found, property)];
  return verdict === 'n/a' && isNamed
    ? [`${property} says nothing of this sale, so it cannot be asked to hold`]
    : [];
}

/** Without a file that `oversell replay` could run again, this test can. */
function violationText(found: ExplorationDocument, property: Property): string {
  const again = found.properties[property].counterexample?.file == null;
  const text = counterexampleOf(found, property);
  return again
    ? `${text}\nAgain: this test, with seed: ${found.scope.seed} in the options of explore()`
    : text;
}

/** Why something is open. Where not every interleaving was covered, that may be allowed. */
function notDecided(
  { coverage, notes, properties }: ExplorationDocument,
  asked: readonly Property[],
  allowBounded: boolean,
): string[] {
  if (coverage !== 'exhausted') {
    const why = [coverage, ...notes].join('; ');
    const remedy = 'give a smaller sale, or allowBounded: true';
    return allowBounded ? [] : [`not every interleaving was covered (${why}): ${remedy}`];
  }
  const open = asked.filter((property) => properties[property].verdict === 'inconclusive');
  return open.length === 0 ? [] : [`${open.join(', ')} could not be decided: ${notes.join('; ')}`];
}

/** @throws TypeError if that is nothing that explore() found */
async function exploredBy(received: unknown, matcher: string): Promise<ExplorationDocument> {
  const found = (await received) as Partial<ExplorationDocument> | undefined;
  if (found?.properties && found.coverage && found.notes) return found as ExplorationDocument;
  throw new TypeError(`${matcher} is asked of what explore() from 'oversell' found`);
}
