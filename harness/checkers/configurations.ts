import type { Model } from './linearizability.ts';

const FIRST_CAPACITY = 1 << 6;

/** A set of small integers. Its hash changes with each member, so that it need not be computed afresh. */
export class Members {
  readonly words: Int32Array;
  hash = 0;

  constructor(size: number) {
    this.words = new Int32Array((size + 31) >>> 5);
  }

  add(id: number): void {
    this.words[id >>> 5]! |= 1 << (id & 31);
    this.hash ^= scramble(id);
  }

  remove(id: number): void {
    this.words[id >>> 5]! &= ~(1 << (id & 31));
    this.hash ^= scramble(id);
  }
}

/**
 * The configurations (placed operations, state) that a search has entered. Hashes only find candidates: members and
 * states are compared in full.
 *
 * Members are kept as the words that differ from "all before are members, none after is", behind the number of
 * words before. Most of a long history is such a prefix, so an entry stays short. All entries lie in one array:
 * millions of small ones would cost several times their size.
 */
export class Configurations<S> {
  readonly #equal: (a: S, b: S) => boolean;
  readonly #hash: (state: S) => number | string;
  readonly #states: S[] = [];
  #hashes = new Int32Array(FIRST_CAPACITY);
  /** Entry i lies in #words from #ends[i − 1] (or 0) to #ends[i]. */
  #ends = new Float64Array(FIRST_CAPACITY);
  #words = new Int32Array(FIRST_CAPACITY * 4);
  /** Open addressing, at most half full; holds entry + 1, 0 is free. */
  #slots = new Int32Array(FIRST_CAPACITY * 2);

  constructor(model: Pick<Model<S, never, never>, 'equal' | 'hash'>) {
    this.#equal = model.equal?.bind(model) ?? Object.is;
    this.#hash = model.hash?.bind(model) ?? hashOfPrimitive;
  }

  get size(): number {
    return this.#states.length;
  }

  /** @returns whether the configuration is new */
  add(members: Members, state: S): boolean {
    const hash = members.hash ^ hashWord(this.#hash(state));
    const from = this.#end(this.#states.length - 1);
    const to = this.#write(members.words, from);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]! - 1;
      if (this.#hashes[entry] !== hash || !this.#sameWords(entry, from, to)) continue;
      if (this.#equal(this.#states[entry]!, state)) return false;
    }
    const entry = this.#states.push(state) - 1;
    this.#slots[slot] = entry + 1;
    this.#hashes[entry] = hash;
    this.#ends[entry] = to;
    if (this.#states.length === this.#ends.length) this.#grow();
    return true;
  }

  #end(entry: number): number {
    return entry < 0 ? 0 : this.#ends[entry]!;
  }

  /** Writes the set behind the last entry. @returns where it ends */
  #write(words: Int32Array, at: number): number {
    let first = 0;
    while (first < words.length && words[first] === -1) first++;
    let last = words.length;
    while (last > first && words[last - 1] === 0) last--;
    const end = at + 1 + last - first;
    if (end > this.#words.length) this.#words = longer(this.#words, Math.max(end, this.#words.length * 2));
    this.#words[at] = first;
    for (let i = first; i < last; i++) this.#words[at + 1 + i - first] = words[i]!;
    return end;
  }

  #sameWords(entry: number, from: number, to: number): boolean {
    const start = this.#end(entry - 1);
    if (this.#end(entry) - start !== to - from) return false;
    for (let i = from; i < to; i++) if (this.#words[i] !== this.#words[start + i - from]) return false;
    return true;
  }

  #grow(): void {
    this.#hashes = longer(this.#hashes, this.#hashes.length * 2);
    const ends = new Float64Array(this.#ends.length * 2);
    ends.set(this.#ends);
    this.#ends = ends;
    this.#slots = new Int32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let entry = 0; entry < this.#states.length; entry++) {
      let slot = this.#hashes[entry]! & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = entry + 1;
    }
  }
}

function longer(words: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(length);
  wider.set(words);
  return wider;
}

function hashOfPrimitive(state: unknown): number | string {
  return typeof state === 'number' || typeof state === 'string' ? state : 0;
}

function hashWord(hash: number | string): number {
  if (typeof hash === 'number') return Number.isSafeInteger(hash) ? scramble(hash | 0) : 0;
  let word = 0x811c9dc5;
  for (let i = 0; i < hash.length; i++) word = Math.imul(word ^ hash.charCodeAt(i), 0x01000193);
  return word;
}

/** The finalizer of MurmurHash3: each number gets its own well mixed word. */
function scramble(id: number): number {
  let word = id + 0x9e3779b9;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return word ^ (word >>> 16);
}
