import { widened } from '../ground/arrays.ts';

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
  /**
   * Open addressing, at most five eighths full: slot i is the pair at 2i of a hash and id + 1, or 0 where it is free. The two
   * lie together because a large table is not in the processor's cache, and each look elsewhere is a wait.
   */
  #slots = new Int32Array(FIRST_CAPACITY * 2 * 2);
  #scratch = Buffer.allocUnsafe(256);

  intern(text: string): number {
    if (text.length * 3 > this.#scratch.length) this.#scratch = Buffer.allocUnsafe(text.length * 3);
    return this.internBytes(this.#scratch, 0, this.#scratch.write(text));
  }

  /** @param guess which string it may well be; looked at first */
  internBytes(source: Uint8Array, start: number, end: number, guess = -1): number {
    if (guess >= 0 && guess < this.size && this.#equals(guess, source, start, end)) return guess;
    const hash = hashOf(source, start, end);
    const slots = this.#slots;
    const mask = slots.length - 2;
    let at = (hash << 1) & mask;
    for (; slots[at + 1] !== 0; at = (at + 2) & mask) {
      const id = slots[at + 1]! - 1;
      if (slots[at] === hash && this.#equals(id, source, start, end)) return id;
    }
    slots[at] = hash;
    slots[at + 1] = this.size + 1;
    return this.#add(source, start, end);
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

  #add(source: Uint8Array, start: number, end: number): number {
    const id = this.size++;
    const from = this.#start(id);
    const needed = from + end - start;
    if (needed > this.#bytes.length) this.#reserveBytes(Math.max(needed, this.#bytes.length * 2));
    for (let i = start; i < end; i++) this.#bytes[from + i - start] = source[i]!;
    this.#ends[id] = needed;
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
    let length = this.#slots.length;
    while (length * 5 < capacity * 2 * 8) length *= 2;
    if (length === this.#slots.length) return;
    const wider = new Int32Array(length);
    for (let from = 0; from < this.#slots.length; from += 2) {
      if (this.#slots[from + 1] === 0) continue;
      let at = (this.#slots[from]! << 1) & (length - 2);
      while (wider[at + 1] !== 0) at = (at + 2) & (length - 2);
      wider[at] = this.#slots[from]!;
      wider[at + 1] = this.#slots[from + 1]!;
    }
    this.#slots = wider;
  }
}

/**
 * FNV-1a, its bits mixed, of all bytes but the last, whose bits come below and apart: names that count up, as most do, lie
 * near one another in the table, and one wait for memory serves ten of them.
 */
function hashOf(source: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end - 1; i++) hash = Math.imul(hash ^ source[i]!, 0x01000193);
  hash ^= hash >>> 15; // FNV's low bits alone cluster
  return (hash << 4) ^ (start === end ? 0 : source[end - 1]! * 3);
}
