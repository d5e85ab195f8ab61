/** Of Node's own, which come with the first use of fetch: no state of who used it. */
const isOfNode = (key: PropertyKey): boolean =>
  typeof key === 'symbol' && (key.description?.startsWith('undici.') ?? false);

/** Properties of globalThis that are somebody's. */
export const ownGlobalKeys = (): PropertyKey[] => Reflect.ownKeys(globalThis).filter((key) => !isOfNode(key));

/** Properties of globalThis that appeared while a user's file was loaded to see what it exports. */
export const userGlobals = new Set<PropertyKey>();

/** Loads a user's file, and notes what it leaves on globalThis: processes that are explored begin without it. */
export async function notingGlobals<T>(load: () => Promise<T>): Promise<T> {
  const before = new Set(ownGlobalKeys());
  try {
    return await load();
  } finally {
    for (const key of ownGlobalKeys()) if (!before.has(key)) userGlobals.add(key);
  }
}
