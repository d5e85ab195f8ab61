/** What stands at a place where nothing stands. */
export const NOTHING_THERE = Symbol('nothing');

/** What stands at a place of a JSON document. Source: RFC 6901. */
export function valueAt(document: unknown, pointer: string): unknown {
  let value = document;
  for (const escaped of pointer.split('/').slice(1)) {
    const key = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return NOTHING_THERE;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
