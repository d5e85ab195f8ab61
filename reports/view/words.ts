import type { Cell } from '../../harness/documents/result.ts';
import type { Property } from '../../strategies/contract.ts';
import { grouped } from './figures.ts';

/** What a violation does to a sale, in the words of a table; the gravest first. */
export const EFFECTS: Record<Property, string> = {
  oversell: 'oversold',
  'double-sale': 'sells twice',
  'user-limit': 'over a limit',
  'lost-sale': 'loses sales',
  stranded: 'strands',
  'false-refusal': 'refuses wrongly',
  progress: 'gives up',
};
export const BY_GRAVITY = Object.keys(EFFECTS) as Property[];

/** The same in one word, for a column that has no room for two. */
export const SHORT: Record<Property, string> = {
  oversell: 'oversold',
  'double-sale': 'twice',
  'user-limit': 'limit',
  'lost-sale': 'loses',
  stranded: 'strands',
  'false-refusal': 'refuses',
  progress: 'gives up',
};

/** The same in one character: a matrix must be read on a phone, and without colours. */
export const SIGNS: Record<Property, string> = {
  oversell: '−',
  'double-sale': '2',
  'user-limit': 'U',
  'lost-sale': 'L',
  stranded: 'S',
  'false-refusal': 'R',
  progress: 'G',
};

/** Marks a violation that the strategy itself declares. */
export const DECLARED_MARK = '*';

/**
 * What is to be made of a cell. A weakness that the strategy declares is another thing than one of which it says
 * nothing, and that again than one where it promises the contrary.
 */
export type Kind = 'holds' | 'declared' | 'undeclared' | 'contradicted' | 'open' | 'n/a';

export function kindOf({ verdict, declared }: Pick<Cell, 'verdict' | 'declared'>): Kind {
  switch (verdict) {
    case 'holds':
    case 'n/a':
      return verdict;
    case 'inconclusive':
      return 'open';
    case 'violated':
      return declared === undefined ? 'undeclared' : declared === 'breaks' ? 'declared' : 'contradicted';
  }
}

/** `holds`, `inconclusive`, `n/a`; or what the violation does, in capitals unless it is declared. */
export function cellWord(property: Property, cell: Cell): string {
  const effect = effectOf(property, cell);
  if (effect === undefined) return cell.verdict;
  return kindOf(cell) === 'declared' ? `${effect} ${DECLARED_MARK}` : effect.toUpperCase();
}

/** "oversold by 3"; undefined if it is not violated. */
export function effectOf(property: Property, { verdict, evidence }: Cell): string | undefined {
  if (verdict !== 'violated') return undefined;
  const units = evidence[0]?.units;
  return EFFECTS[property] + (units === undefined ? '' : ` by ${grouped(units)}`);
}

export type Cells = Readonly<Record<Property, Cell>>;

const WORST_FIRST: readonly Kind[] = ['contradicted', 'undeclared', 'declared', 'open'];

/** The worst of an environment's cells: what was not declared comes first, then the gravest; undefined: all hold. */
export function worstOf(parts: readonly Cells[]): { property: Property; cell: Cell } | undefined {
  const cells = BY_GRAVITY.flatMap((property) => parts.map((part) => ({ property, cell: part[property] })));
  for (const kind of WORST_FIRST) {
    const found = cells.find(({ cell }) => kindOf(cell) === kind);
    if (found) return found;
  }
  return undefined;
}

/** `holds`, or `n/a` where no property says anything. */
export const harmless = (parts: readonly Cells[]): 'holds' | 'n/a' =>
  parts.every((part) => Object.values(part).every(({ verdict }) => verdict === 'n/a')) ? 'n/a' : 'holds';

/** The worst that one environment showed. */
export function environmentWord({ properties }: { properties: Cells }): string {
  const worst = worstOf([properties]);
  if (worst === undefined) return harmless([properties]);
  const { property, cell } = worst;
  return kindOf(cell) === 'open' ? `${property}: inconclusive` : cellWord(property, cell);
}
