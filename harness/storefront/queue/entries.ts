import type { BookLine, SetAside } from '../book/order-book.ts';

/** One entry of a product's stream. */
export interface Entry {
  product: string;
  id: string;
  /** Names and values in turn. */
  fields: readonly string[];
}

const NAMES = ['request', 'user', 'quantity'] as const;

/** What an entry says, or why it says nothing that can be written down. */
export function linesOf(entry: Entry): BookLine[] | SetAside {
  const { product, id, fields } = entry;
  const lines: BookLine[] = [];
  for (let i = 0; i < fields.length; i += 2 * NAMES.length) {
    const part = fields.slice(i, i + 2 * NAMES.length);
    const wrong = NAMES.findIndex((name, n) => part[2 * n] !== name || part[2 * n + 1] === undefined);
    if (wrong >= 0) return aside(entry, `"${NAMES[wrong]}" is missing at field ${i / 2 + wrong + 1}`);
    const [, token = '', , user = '', , text = ''] = part;
    const quantity = Number(text);
    if (token === '' || user === '') return aside(entry, 'a request or user is empty');
    if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(quantity) || quantity === 0) {
      return aside(entry, `"${text}" is no quantity`);
    }
    lines.push({ product, token, user, quantity, entry: id });
  }
  return lines.length > 0 ? lines : aside(entry, 'it has no fields');
}

/** @param reason why a person has to look at it */
export const aside = ({ product, id, fields }: Entry, reason: string): SetAside => ({
  product,
  entry: id,
  content: JSON.stringify(fields),
  reason,
});
