/** Properties of globalThis that appeared while a user's file was loaded to see what it exports. */
export const userGlobals = new Set<PropertyKey>();

/** Loads a user's file, and notes what it leaves on globalThis: processes that are explored begin without it. */
export async function notingGlobals<T>(load: () => Promise<T>): Promise<T> {
  const before = new Set(Reflect.ownKeys(globalThis));
  try {
    return await load();
  } finally {
    for (const key of Reflect.ownKeys(globalThis)) if (!before.has(key)) userGlobals.add(key);
  }
}
