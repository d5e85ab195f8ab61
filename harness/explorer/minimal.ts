import type { Property } from '../../strategies/contract.ts';
import { CannotExplore } from './errors.ts';
import { Rest } from './rest.ts';
import type { Rules } from './rules.ts';
import type { Scope } from './scope.ts';
import { Search } from './search.ts';
import type { ServerMemo } from './server-memo.ts';
import { explain, shortestViolation, type Path } from './shortest.ts';
import { Space, type Reductions, type Subject } from './space.ts';

export interface Found {
  property: Property;
  scope: Scope;
  path: Path;
  /** Judges in the scope in which it was found. */
  rest: Rest;
  /** The server when the sale had just been opened. */
  opened: number;
  /** What is violated, in a sentence. */
  message: string;
}

/** States that the search for the shortest interleaving may visit before any interleaving will do. */
const MOST_STATES = 150_000;

/** Scopes within this one, smaller ones first: buyers, then units, then faults. The scope itself comes last. */
export function smallerScopes(scope: Scope): Scope[] {
  const scopes: Scope[] = [];
  for (let buyers = 1; buyers <= scope.buyers; buyers++) {
    for (let stock = Math.min(1, scope.stock); stock <= scope.stock; stock++) {
      for (let crash = 0; crash <= scope.faults.crash; crash++) {
        scopes.push({
          ...scope,
          buyers,
          stock,
          quantities: scope.quantities.slice(0, buyers),
          users: Math.min(scope.users, buyers),
          instances: Math.min(scope.instances, buyers),
          faults: { crash },
        });
      }
    }
  }
  return scopes;
}

/** A minimal counterexample for each property, from the smallest scope that has one. */
export async function minimalCounterexamples(
  scope: Scope,
  subject: Subject,
  memo: ServerMemo,
  reductions: Reductions,
  properties: ReadonlySet<Property>,
  rules: Rules,
  signal?: AbortSignal,
): Promise<Found[]> {
  const found: Found[] = [];
  const open = new Set(properties);
  for (const smaller of smallerScopes(scope)) {
    if (open.size === 0 || signal?.aborted) break;
    const violated = await violatedWithin(smaller, subject, memo, reductions, rules, [...open]);
    if (violated.size === 0) continue;
    const space = new Space(smaller, subject, memo, { ...reductions, symmetry: false }, rules);
    const rest = new Rest(space);
    const { server: opened } = await space.initial();
    for (const property of open) {
      if (!violated.has(property)) continue;
      const path = await shortestViolation(space, rest, property, MOST_STATES);
      if (!path)
        throw new Error(
          `${property} is violated in the merged search and not in the plain one: a bug of ours`,
        );
      found.push({
        property,
        scope: smaller,
        path,
        rest,
        opened,
        message: await explain(space, rest, property, path),
      });
      open.delete(property);
    }
  }
  return found;
}

async function violatedWithin(
  scope: Scope,
  subject: Subject,
  memo: ServerMemo,
  reductions: Reductions,
  rules: Rules,
  properties: Property[],
): Promise<Set<Property>> {
  try {
    const space = new Space(scope, subject, memo, reductions, rules);
    return (await new Search(space, new Rest(space), { properties, maxStates: Infinity }).run()).violated;
  } catch (error) {
    // A strategy may refuse a scope smaller than the one that was asked for; then that one has no counterexample.
    if (error instanceof CannotExplore) return new Set();
    throw error;
  }
}
