type NumberArray = Uint8Array | Int32Array | Float64Array;

/** A longer array that begins with the same numbers, and goes on with zeros. */
export function widened<T extends NumberArray>(array: T, length: number): T {
  const wider = new (array.constructor as new (length: number) => T)(length);
  wider.set(array);
  return wider;
}

/**
 * The slots of a hash table with open addressing, for these entries and more: a slot holds entry + 1, or 0 where it
 * is free, and the search for an entry begins at its hash modulo the number of slots.
 *
 * @param slots how many; a power of two, more than there are entries
 */
export function hashSlots(hashes: Int32Array, entries: number, slots: number): Int32Array<ArrayBuffer> {
  const table = new Int32Array(slots);
  for (let entry = 0; entry < entries; entry++) {
    let slot = hashes[entry]! & (slots - 1);
    while (table[slot] !== 0) slot = (slot + 1) & (slots - 1);
    table[slot] = entry + 1;
  }
  return table;
}
