import type { CursorContext } from './cursor-context.ts';
import { StartAgain } from '../cannot-explore.ts';
import type { Scope } from '../../documents/scope.ts';
import { buyerNamed, buyersOf, idsIn, isNonsense, renamer, requestOf } from '../scope/ids.ts';

/**
 * Instances whose exchange changes nothing but names: one buyer each, of the same quantity, whose user is either
 * theirs alone or the same. Only such exchanges keep who shares what with whom.
 */
export function classesOf(scope: Scope): number[] {
  const buyers = (i: number): number[] => buyersOf(scope, i);
  const key = (i: number): string => {
    const [buyer, ...others] = buyers(i);
    if (buyer === undefined || others.length > 0) return `instance ${i}`;
    const user = buyer % scope.users;
    const alone =
      Array.from({ length: scope.buyers }, (_, b) => b).filter((b) => b % scope.users === user).length === 1;
    return `${scope.quantities[buyer]} ${alone ? 'own' : user}${isNonsense(scope, buyer) ? ' nonsense' : ''}`;
  };
  const keys = Array.from({ length: scope.instances }, (_, i) => key(i));
  return keys.map((k) => keys.indexOf(k));
}

/**
 * How an instance walks in the histories of another: under exchanged ids, and seeing no others than its own. One that
 * sees another buyer's id, the recorded role's included, is not what another instance would be in its place.
 */
export function exchangeContext(
  scope: Scope,
  role: number,
  instance: number,
): Pick<CursorContext, 'swap' | 'requireOwnIds'> {
  const exchange = Array.from({ length: scope.buyers }, (_, b) =>
    b === role ? instance : b === instance ? role : b,
  );
  const own = new Set(
    buyersOf(scope, instance).flatMap((b) => [requestOf(scope, b).requestId, requestOf(scope, b).userId]),
  );
  return {
    swap: role === instance ? (text) => text : renamer(scope, exchange),
    requireOwnIds: (text) => {
      for (const id of idsIn(text)) {
        if (!own.has(id)) throw new StartAgain('symmetry', `a buyer is told another buyer's id: ${id}`);
      }
    },
  };
}

/** Whether some instances walk in the histories of another one. */
export const sharesHistories = (space: {
  reductions: { symmetry: boolean };
  classes: readonly number[];
}): boolean => space.reductions.symmetry && new Set(space.classes).size < space.classes.length;

/** Most renamings under which one history or one step is run again. */
export const MOST_RENAMINGS = 120;

/**
 * Every way to put the members of the classes in the places of the buyers that a text names, but for the one that
 * leaves it as it is; each as the buyer whose place buyer `b` takes. Only these can show that a name matters: one
 * exchange of all of them would miss a choice by the hash of a user that it leaves alone.
 *
 * @returns undefined if there are more than MOST_RENAMINGS
 */
export function renamingsOf(scope: Scope, classes: readonly number[], text: string): number[][] | undefined {
  const named = new Set([...idsIn(text)].flatMap((id) => buyerNamed(scope, id) ?? []));
  let all: number[][] = [Array.from({ length: scope.buyers }, (_, b) => b)];
  for (const c of new Set(classes)) {
    const members = classes.flatMap((other, i) => (other === c ? [i] : []));
    const places = members.filter((member) => named.has(member));
    if (members.length < 2 || places.length === 0) continue;
    const chosen = arrangements(members, places.length, MOST_RENAMINGS);
    if (!chosen || chosen.length * all.length > MOST_RENAMINGS + 1) return undefined;
    all = all.flatMap((to) => chosen.map((images) => placed(to, members, places, images)));
  }
  return all.filter((to) => [...named].some((b) => to[b] !== b));
}

/** Ordered choices of so many items; undefined if there are more than `most`. */
function arrangements(items: readonly number[], count: number, most: number): number[][] | undefined {
  let all: number[][] = [[]];
  for (let i = 0; i < count; i++) {
    all = all.flatMap((chosen) =>
      items.filter((item) => !chosen.includes(item)).map((item) => [...chosen, item]),
    );
    if (all.length > most) return undefined;
  }
  return all;
}

/** The members that nothing is said of take the places that are left, in order. */
function placed(
  to: readonly number[],
  members: readonly number[],
  places: readonly number[],
  images: readonly number[],
): number[] {
  const result = [...to];
  places.forEach((place, i) => (result[place] = images[i]!));
  const free = members.filter((member) => !images.includes(member));
  for (const member of members) if (!places.includes(member)) result[member] = free.shift()!;
  return result;
}
