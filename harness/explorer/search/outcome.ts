import type { Judgement } from '../../checkers/checker.ts';
import { violatedIn, type Finish } from './at-rest.ts';
import type { Scope } from '../../documents/scope.ts';
import { buyersOf, letter, renamer } from '../scope/scope.ts';
import { renameContent } from '../server/memo.ts';
import { classesOf } from '../space/symmetry.ts';

/** Beyond this many buyers an outcome is told as it is: trying all their orders would take too long. */
const MOST_EXCHANGED = 6;

/**
 * What one end of an interleaving comes to: an answer per request, the properties violated, and the logical
 * content of the server, up to renaming of interchangeable buyers. Searches that are reduced in different ways must
 * agree on the set of these.
 */
export function outcomeOf(
  scope: Scope,
  ends: readonly Finish[],
  judgement: Judgement,
  content: string,
): string {
  const violated = violatedIn(judgement);
  let least: string | undefined;
  for (const to of exchanges(scope)) {
    const renamed = ends
      .map(({ kind, buyer, fate }) => `${buyer < 0 ? '' : letter(to[buyer]!)} ${kind} ${fate}`)
      .toSorted();
    const outcome = JSON.stringify([renamed, violated, renameContent(content, renamer(scope, to))]);
    if (least === undefined || outcome < least) least = outcome;
  }
  return least!;
}

const remembered = new WeakMap<Scope, number[][]>();

/** Every exchange of interchangeable buyers, as the buyer whose place each one takes. */
function exchanges(scope: Scope): number[][] {
  const known = remembered.get(scope);
  if (known) return known;
  const identity = Array.from({ length: scope.buyers }, (_, b) => b);
  let result: number[][] = [identity];
  if (scope.buyers <= MOST_EXCHANGED) {
    const classes = classesOf(scope);
    const classOf = identity.map((b) => {
      const instance = b % scope.instances;
      return buyersOf(scope, instance).length === 1 ? classes[instance]! : -1 - b;
    });
    result = permutations(identity).filter((to) => to.every((target, b) => classOf[target] === classOf[b]));
  }
  remembered.set(scope, result);
  return result;
}

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}
