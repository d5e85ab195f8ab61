import { buyersOf, type Scope } from './scope.ts';

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
    return `${scope.quantities[buyer]} ${alone ? 'own' : user}`;
  };
  const keys = Array.from({ length: scope.instances }, (_, i) => key(i));
  return keys.map((k) => keys.indexOf(k));
}
