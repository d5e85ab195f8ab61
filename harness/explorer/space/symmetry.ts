import type { Ground } from './ground.ts';
import { StartAgain } from '../errors.ts';
import type { Scope } from '../../documents/scope.ts';
import { buyersOf, idsIn, isNonsense, renamer, requestOf } from '../scope/scope.ts';

/** Buyers' ids with their order reversed: whatever depends on more than which ids are equal comes out differently. */
export const mirror = (text: string): string =>
  text.replace(/(request|user)-([A-Z])/g, (_, kind: string, of: string) => {
    return `${kind}-${String.fromCharCode(65 + 90 - of.charCodeAt(0))}`;
  });

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

/** How an instance walks in the histories of another: under exchanged ids, and seeing no others. */
export function exchangeGround(
  scope: Scope,
  role: number,
  instance: number,
): Pick<Ground, 'swap' | 'requireOwnIds'> {
  const exchange = Array.from({ length: scope.buyers }, (_, b) =>
    b === role ? instance : b === instance ? role : b,
  );
  const idsOf = (slot: number): string[] =>
    buyersOf(scope, slot).flatMap((b) => [requestOf(scope, b).requestId, requestOf(scope, b).userId]);
  const own = new Set([...idsOf(role), ...idsOf(instance)]);
  return {
    swap: role === instance ? (text) => text : renamer(scope, exchange),
    requireOwnIds: (text) => {
      for (const id of idsIn(text)) {
        if (!own.has(id)) throw new StartAgain('symmetry', 'a buyer sees the ids of another');
      }
    },
  };
}
