/**
 * A set of integer vectors of one width, each known by the order of its arrival. Two typed arrays, off the heap: a
 * search of millions of states costs no garbage collection.
 */
export class VectorTable {
  readonly width: number;
  #vectors: Int32Array;
  /** Open addressing; 0 = free, else index + 1. */
  #slots: Int32Array;
  #size = 0;

  constructor(width: number) {
    this.width = width;
    this.#vectors = new Int32Array(width << 10);
    this.#slots = new Int32Array(1 << 11);
  }

  get size(): number {
    return this.#size;
  }

  /** Component `i` of vector `index`. */
  at(index: number, i: number): number {
    return this.#vectors[index * this.width + i]!;
  }

  /** Copies vector `index` into `target`. */
  read(index: number, target: Int32Array): void {
    const start = index * this.width;
    for (let i = 0; i < this.width; i++) target[i] = this.#vectors[start + i]!;
  }

  /** The index of an equal vector, added if there was none: then it is the old `size`. */
  add(vector: Int32Array): number {
    const mask = this.#slots.length - 1;
    let slot = hash(vector, this.width) & mask;
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const index = this.#slots[slot]! - 1;
      if (this.#equals(index, vector)) return index;
    }
    const index = this.#size++;
    this.#slots[slot] = index + 1;
    if ((index + 1) * this.width > this.#vectors.length) this.#vectors = doubled(this.#vectors);
    this.#vectors.set(vector, index * this.width);
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return index;
  }

  #equals(index: number, vector: Int32Array): boolean {
    const start = index * this.width;
    for (let i = 0; i < this.width; i++) if (this.#vectors[start + i] !== vector[i]) return false;
    return true;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    const vector = new Int32Array(this.width);
    for (let index = 0; index < this.#size; index++) {
      this.read(index, vector);
      let slot = hash(vector, this.width) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
    }
    this.#slots = slots;
  }
}

function doubled(array: Int32Array): Int32Array {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** Multiply and rotate, word by word (MurmurHash3's mixing). */
function hash(vector: Int32Array, width: number): number {
  let h = 0;
  for (let i = 0; i < width; i++) {
    let k = Math.imul(vector[i]!, 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    h ^= k;
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return h ^ (h >>> 13);
}
