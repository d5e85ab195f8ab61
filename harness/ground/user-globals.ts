/** Of those of Node's own that come with their first use: no state of who used them. */
const NODES_OWN: ReadonlySet<PropertyKey> = new Set([Symbol.for('undici.globalDispatcher.1')]);

/** Properties of globalThis that are somebody's. */
export const ownGlobalKeys = (): PropertyKey[] =>
  Reflect.ownKeys(globalThis).filter((key) => !NODES_OWN.has(key));

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
