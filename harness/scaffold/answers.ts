import { STYLES, type Style } from '../documents/styles.ts';
import { UsageError } from '../ground/errors.ts';

/** Files are named after it, and so is the strategy. @throws UsageError */
export function asName(text: string): string {
  if (/^[A-Za-z][\w-]*$/.test(text)) return text;
  throw new UsageError(
    'BAD_NAME',
    `"${text}" is no name of a strategy`,
    'give letters, digits and hyphens, as my-sale; --folder says where its files go',
  );
}

/** @throws UsageError */
export function asKey(text: string): string {
  const [unknown] = [...text.matchAll(/\{(\w+)\}/g)].flatMap(([whole, name]) =>
    name === 'sku' ? [] : [whole],
  );
  if (text !== '' && unknown === undefined) return text;
  const why = unknown === undefined ? 'is empty' : `has ${unknown}, and a key may have {sku} alone`;
  throw new UsageError('BAD_KEY', `the key ${why}`, 'name the key of the stock, as stock:{sku}');
}

/** A style, or its number in the list. @throws UsageError */
export function asStyle(text: string): Style {
  const found = STYLES.find((style, i) => style === text || String(i + 1) === text);
  if (found !== undefined) return found;
  throw new UsageError('BAD_STYLE', `there is no style "${text}"`, `choose from ${STYLES.join(', ')}`);
}

/** Words that mean something else in what is written. */
const OTHERS: readonly string[] = ['true', 'gave-up'];

/** @throws UsageError if that is what means sold */
export function asSoldOut(text: string): string {
  if (/^-?\d{1,15}$/.test(text) && text !== '1') return String(Number(text));
  if (/^(nil|null)$/.test(text)) return 'nil';
  if (/^[A-Za-z][\w -]*$/.test(text) && !OTHERS.includes(text)) return text;
  throw new UsageError(
    'BAD_ANSWER',
    `"${text}" cannot mean sold-out`,
    'give a number but 1, nil, false, or a word, as SOLD_OUT: 1 and true mean sold',
  );
}

/** That answer in TypeScript. @param fromLua as the client hears it from a script, in which false is nil */
export function inTypeScript(soldOut: string, fromLua: boolean): string {
  if (soldOut === 'nil' || (soldOut === 'false' && fromLua)) return 'null';
  return /^-?\d+$/.test(soldOut) || soldOut === 'false' ? soldOut : `'${soldOut}'`;
}

/** That answer in Lua. */
export const inLua = (soldOut: string): string =>
  soldOut === 'nil' || soldOut === 'false' || /^-?\d+$/.test(soldOut) ? soldOut : `'${soldOut}'`;
