import type { PurchaseRequest, Sale } from '../../../strategies/contract.ts';
import { NONSENSE } from '../../documents/nonsense.ts';
import type { Scope } from '../../documents/scope.ts';

/** Units that buyer `b` asks for: the given quantities, dealt out cyclically. */
export const dealt = (quantities: readonly number[], buyers: number): number[] =>
  Array.from({ length: buyers }, (_, b) => quantities[b % quantities.length]!);

/** Buyers are A, B, C …, as in the diagrams. */
export const letter = (index: number): string => String.fromCharCode(65 + index);

export const userNamed = (user: number): string => `user-${letter(user)}`;

/**
 * Ids of one width that appear nowhere else, so that renaming a buyer is renaming these words wherever they stand,
 * in commands, replies and contents alike.
 */
export const requestOf = (scope: Scope, buyer: number): PurchaseRequest => ({
  requestId: `request-${letter(buyer)}`,
  userId: userNamed(buyer % scope.users),
  quantity: scope.quantities[buyer]!,
  ...(isNonsense(scope, buyer) && NONSENSE[scope.nonsense!]),
});

/** Whether what the buyer asks for makes no sense, so that nothing but its refusal as such is right. */
export const isNonsense = (scope: Scope, buyer: number): boolean =>
  scope.nonsense !== undefined && buyer === 0;

/** Ids of the buyers that drain the sale at rest; they stay what they are under any renaming. */
export const freshRequest = (n: number): PurchaseRequest => ({
  requestId: `drain-${String(n).padStart(4, '0')}`,
  userId: `fresh-${String(n).padStart(4, '0')}`,
  quantity: 1,
});

/** What a user of the sale tries to buy at rest, for the n-th time. */
export const furtherRequest = (user: number, n: number): PurchaseRequest => ({
  ...freshRequest(n),
  userId: userNamed(user),
});

export const saleOf = (scope: Scope): Sale => ({
  sku: 'item',
  stock: scope.stock,
  ...(scope.perUserLimit === undefined ? {} : { perUserLimit: scope.perUserLimit }),
});

export const buyersOf = (scope: Scope, instance: number): number[] =>
  Array.from({ length: scope.buyers }, (_, b) => b).filter((b) => b % scope.instances === instance);

const ID = /(request|user)-([A-Z])/g;

/** The renaming of ids that takes buyer `b` to buyer `to[b]`, and its user along. `to` must keep users together. */
export function renamer(scope: Scope, to: readonly number[]): (text: string) => string {
  const users = new Map(to.map((target, b) => [letter(b % scope.users), letter(target % scope.users)]));
  return (text) =>
    text.replace(ID, (id, kind: string, of: string) => {
      const target = kind === 'user' ? users.get(of) : letter(to[of.charCodeAt(0) - 65] ?? -1);
      return target === undefined || target < 'A' ? id : `${kind}-${target}`;
    });
}

/** Buyers and users whose ids stand in the text, as the ids. */
export const idsIn = (text: string): Set<string> => new Set(text.match(ID));

/** The one buyer whom an id names; undefined for that of a user who is several buyers, or of nobody. */
export function buyerNamed({ buyers, users }: Scope, id: string): number | undefined {
  const [kind, of = ''] = id.split('-');
  const index = of.charCodeAt(0) - 'A'.charCodeAt(0);
  const shared = kind === 'user' && index + users < buyers;
  return index >= (kind === 'user' ? users : buyers) || shared ? undefined : index;
}
