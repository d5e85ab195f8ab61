import { UsageError } from '../ground/errors.ts';

/** What a template may stand for. */
export const PLACEHOLDERS = ['sku', 'user', 'request', 'quantity', 'stock'] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];
export type Values = Partial<Record<Placeholder, string>>;

/** What opens a sale, and what reads it, knows of no buyer. */
export const OF_SALE: readonly Placeholder[] = ['sku', 'stock'];

export interface Template {
  placeholders: readonly Placeholder[];
  filled(values: Values): string;
}

const QUOTED = /^"([^"]*)"$/;

/**
 * A text with placeholders: `stock:{sku}`. One in double quotes is taken as it is.
 *
 * @param where it stands, for messages: "keys"
 * @throws UsageError if it has a placeholder that there is not, or not there
 */
export function template(
  text: string,
  where: string,
  allowed: readonly Placeholder[] = PLACEHOLDERS,
): Template {
  const [, quoted] = QUOTED.exec(text) ?? [];
  if (quoted !== undefined) return { placeholders: [], filled: () => quoted };
  const placeholders = [...text.matchAll(/\{(\w+)\}/g)].map(([whole, name]) => {
    const found = allowed.find((one) => one === name);
    if (found !== undefined) return found;
    const known = (PLACEHOLDERS as readonly string[]).includes(name!);
    const why = known ? 'and nobody buys there yet' : 'which is no placeholder';
    const choices = allowed.map((one) => `{${one}}`).join(', ');
    throw new UsageError(
      'BAD_TEMPLATE',
      `${where} has ${whole}, ${why}`,
      `choose from ${choices}; a text in double quotes is sent as it stands`,
    );
  });
  return {
    placeholders,
    filled: (values) => text.replaceAll(/\{(\w+)\}/g, (_, name: Placeholder) => values[name] ?? ''),
  };
}

/**
 * An argument of the script: `quantity` stands for `{quantity}`, and a number for itself. Any other word may be a
 * placeholder that was spelled wrong.
 *
 * @throws UsageError as `template`, and for such a word
 */
export function argument(text: string): Template {
  if ((PLACEHOLDERS as readonly string[]).includes(text)) return template(`{${text}}`, 'args');
  if (QUOTED.test(text) || /\{\w+\}/.test(text) || /^-?\d+(\.\d+)?$/.test(text)) {
    return template(text, 'args');
  }
  throw new UsageError(
    'BAD_TEMPLATE',
    `args has "${text}", which is no placeholder`,
    `choose from ${PLACEHOLDERS.join(', ')}; a text in double quotes is sent as it stands: '"${text}"'`,
  );
}

/**
 * Commands as a person types them, separated by semicolons: words by spaces, of which one in double quotes may have some.
 * They open or read a sale.
 *
 * @throws UsageError if there is none, or as `template`
 */
export function commands(text: string, where: string): Template[][] {
  const found = (text.match(/(?:"[^"]*"|[^;"])+/g) ?? [])
    .map((one) => one.match(/"[^"]*"|\S+/g) ?? [])
    .filter((words) => words.length > 0);
  if (found.length === 0) {
    throw new UsageError('BAD_TEMPLATE', `${where} has no command`, `write one, as GET stock:{sku}`);
  }
  return found.map((words) => words.map((word) => template(word, where, OF_SALE)));
}
