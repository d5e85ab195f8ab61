import type { Scope } from '../../documents/scope.ts';
import type { Property } from '../../../strategies/contract.ts';
import { FAULTS, NO_FAULTS } from '../../documents/faults.ts';
import { CannotExplore } from '../cannot-explore.ts';
import { AtRest } from './at-rest.ts';
import { Search } from './search.ts';
import { shortestViolation, type Path } from './shortest.ts';
import type { Parts } from '../space/setting.ts';
import { Space } from '../space/space.ts';

export interface Found {
  property: Property;
  scope: Scope;
  path: Path;
  /** Judges in the scope in which it was found. */
  rest: AtRest;
  /** The server when the sale had just been opened. */
  opened: number;
}

/** States that the search for the shortest interleaving may visit before any interleaving will do. */
const MOST_STATES = 150_000;
/** The same where each tick of a repeating timer is a step: histories become long, and are executed one by one. */
const MOST_TICKING = 5_000;
/** States of one scope, with equal ones merged, after which it counts as too large to be minimal in. */
const MOST_MERGED = 400_000;

/** Scopes within this one, smaller ones first: buyers, then units, then faults and the like. The scope itself comes last. */
function smallerScopes(scope: Scope): Scope[] {
  const scopes: Scope[] = [];
  for (let buyers = 1; buyers <= scope.buyers; buyers++) {
    for (let stock = Math.min(1, scope.stock); stock <= scope.stock; stock++) {
      for (const budget of smallerBudgets(scope)) {
        scopes.push({
          ...scope,
          ...budget,
          buyers,
          stock,
          quantities: scope.quantities.slice(0, buyers),
          users: Math.min(scope.users, buyers),
          instances: Math.min(scope.instances, buyers),
        });
      }
    }
  }
  return scopes;
}

type Budget = Pick<Scope, 'faults' | 'releases' | 'restocks' | 'jobs' | 'confirms'>;

/** Every choice of smaller budgets, those that spend least first. */
function smallerBudgets({ faults, releases, restocks, jobs, confirms }: Scope): Budget[] {
  let all: Budget[] = [{ faults: NO_FAULTS, releases: 0, restocks: 0, jobs: 0 }];
  const widen = (most: number, set: (budget: Budget, amount: number) => Budget): void => {
    all = all.flatMap((budget) => Array.from({ length: most + 1 }, (_, amount) => set(budget, amount)));
  };
  for (const fault of FAULTS) {
    widen(faults[fault], (budget, amount) => ({ ...budget, faults: { ...budget.faults, [fault]: amount } }));
  }
  widen(releases, (budget, amount) => ({ ...budget, releases: amount }));
  widen(restocks, (budget, amount) => ({ ...budget, restocks: amount }));
  widen(jobs, (budget, amount) => ({ ...budget, jobs: amount }));
  // Without any, sold would be taken for more than a hold.
  if (confirms !== undefined) widen(confirms - 1, (budget, amount) => ({ ...budget, confirms: amount + 1 }));
  const spent = (budget: Budget): number =>
    Object.values(budget.faults).reduce((sum, amount) => sum + amount, 0) +
    budget.releases +
    budget.restocks +
    budget.jobs +
    (budget.confirms ?? 0);
  return all.toSorted((a, b) => spent(a) - spent(b));
}

/** What is looked for. */
export interface Wanted {
  properties: ReadonlySet<Property>;
  /** Interleavings of the whole scope that will do where no search ends. */
  drawn: ReadonlyMap<Property, Path>;
  signal?: AbortSignal | undefined;
}

/** A minimal counterexample for each property, from the smallest scope that has one. */
export async function minimalCounterexamples(
  parts: Required<Parts>,
  { properties, drawn, signal }: Wanted,
): Promise<Found[]> {
  const { scope } = parts;
  // Each step of a counterexample is one that ran: no buyer stands for another, and no tick is left out.
  const plain = {
    ...parts,
    reductions: { ...parts.reductions, symmetry: false },
    rules: { ...parts.rules, ticks: false },
  };
  const found: Found[] = [];
  const open = new Set(properties);
  for (const smaller of smallerScopes(scope)) {
    if (open.size === 0 || signal?.aborted) break;
    const { violated, ticks } = await violatedWithin({ ...parts, scope: smaller }, [...open], signal);
    if (violated.size === 0) continue;
    const maxStates = ticks ? MOST_TICKING : MOST_STATES;
    const space = new Space({ ...plain, scope: smaller });
    const rest = new AtRest(space);
    const { server: opened } = await space.initial();
    for (const property of open) {
      if (!violated.has(property)) continue;
      const path = await shortestViolation(space, rest, property, { maxStates, signal });
      if (!path) continue;
      found.push({ property, scope: smaller, path, rest, opened });
      open.delete(property);
    }
  }
  const space = new Space(plain);
  for (const property of open) {
    const path = drawn.get(property);
    if (!path) continue;
    const { server: opened } = await space.initial();
    found.push({ property, scope, path, rest: new AtRest(space), opened });
  }
  return found;
}

async function violatedWithin(
  parts: Parts,
  properties: Property[],
  signal: AbortSignal | undefined,
): Promise<{ violated: Set<Property>; ticks: boolean }> {
  try {
    const space = new Space(parts);
    const options = { properties, maxStates: MOST_MERGED, ...(signal ? { signal } : {}) };
    const { violated } = await new Search(space, new AtRest(space), options).run();
    return { violated, ticks: (space.ticks?.leftOut.length ?? 0) > 0 };
  } catch (error) {
    // A strategy may refuse a scope smaller than the one that was asked for; then that one has no counterexample.
    if (error instanceof CannotExplore) return { violated: new Set(), ticks: false };
    throw error;
  }
}
