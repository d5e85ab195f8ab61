import { hashSlots, widened } from '../arrays.ts';

const FIRST_CAPACITY = 1024;

/**
 * Each distinct string once, as UTF-8 in one buffer, known by a small integer. A parser interns the bytes as they
 * lie in the file; a JavaScript string is made only when somebody asks for the text.
 */
export class StringTable {
  size = 0;
  #bytes = Buffer.allocUnsafe(FIRST_CAPACITY * 8);
  /** String i lies in #bytes from #ends[i − 1] (or 0) to #ends[i]. */
  #ends = new Float64Array(FIRST_CAPACITY);
  #hashes = new Int32Array(FIRST_CAPACITY);
  /** Open addressing, at most half full; holds id + 1, 0 is free. */
  #slots = new Int32Array(FIRST_CAPACITY * 4);
  #scratch = Buffer.allocUnsafe(256);

  intern(text: string): number {
    if (text.length * 3 > this.#scratch.length) this.#scratch = Buffer.allocUnsafe(text.length * 3);
    return this.internBytes(this.#scratch, 0, this.#scratch.write(text));
  }

  internBytes(source: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ source[i]!, 0x01000193);
    hash ^= hash >>> 15; // FNV's low bits alone cluster on ids that count up
    let slot = hash & (this.#slots.length - 1);
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & (this.#slots.length - 1)) {
      const id = this.#slots[slot]! - 1;
      if (this.#hashes[id] === hash && this.#equals(id, source, start, end)) return id;
    }
    this.#slots[slot] = this.size + 1;
    return this.#add(hash, source, start, end);
  }

  text(id: number): string {
    return this.#bytes.toString('utf8', this.#start(id), this.#ends[id]);
  }

  #start(id: number): number {
    return id === 0 ? 0 : this.#ends[id - 1]!;
  }

  #equals(id: number, source: Uint8Array, start: number, end: number): boolean {
    const from = this.#start(id);
    if (this.#ends[id]! - from !== end - start) return false;
    for (let i = start; i < end; i++) if (source[i] !== this.#bytes[from + i - start]) return false;
    return true;
  }

  #add(hash: number, source: Uint8Array, start: number, end: number): number {
    const id = this.size++;
    const from = this.#start(id);
    const needed = from + end - start;
    if (needed > this.#bytes.length) this.#reserveBytes(Math.max(needed, this.#bytes.length * 2));
    for (let i = start; i < end; i++) this.#bytes[from + i - start] = source[i]!;
    this.#ends[id] = needed;
    this.#hashes[id] = hash;
    if (this.size === this.#ends.length) this.#reserveIds(this.size * 2);
    return id;
  }

  /** Makes room for so many strings in all, if they go on to be as long as those so far. */
  reserve(capacity: number): void {
    if (capacity <= this.#ends.length) return;
    const used = this.size === 0 ? 0 : this.#ends[this.size - 1]!;
    this.#reserveBytes(Math.ceil((used / Math.max(this.size, 1)) * capacity));
    this.#reserveIds(capacity);
  }

  #reserveBytes(capacity: number): void {
    if (capacity <= this.#bytes.length) return;
    const wider = Buffer.allocUnsafe(capacity);
    this.#bytes.copy(wider);
    this.#bytes = wider;
  }

  #reserveIds(capacity: number): void {
    this.#ends = widened(this.#ends, capacity);
    this.#hashes = widened(this.#hashes, capacity);
    let slots = this.#slots.length;
    while (slots < 2 * capacity) slots *= 2;
    this.#slots = hashSlots(this.#hashes, this.size, slots);
  }
}
