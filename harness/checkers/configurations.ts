import { hashSlots, widened } from '../ground/arrays.ts';
import type { Model } from './model.ts';

/** Most searches are tiny, and arrays this small cost nothing: V8 keeps 64 bytes within its own heap. */
const FIRST_CAPACITY = 8;
/** Of an entry besides its words: hash, end, two slots, and the reference to its state. */
const ENTRY_BYTES = 4 + 8 + 8 + 8;

/** A set of small integers. What is asked of it is kept up with each member, so that it need not be found afresh. */
export class Members {
  readonly words: Int32Array;
  hash = 0;
  /** All words before this one are full. */
  full = 0;
  /** This word and all behind it are empty. */
  end = 0;

  constructor(size: number) {
    this.words = new Int32Array((size + 31) >>> 5);
  }

  add(id: number): void {
    const at = id >>> 5;
    this.words[at]! |= 1 << (id & 31);
    this.hash ^= scramble(id);
    if (at >= this.end) this.end = at + 1;
    while (this.words[this.full] === -1) this.full++;
  }

  remove(id: number): void {
    const at = id >>> 5;
    this.words[at]! &= ~(1 << (id & 31));
    this.hash ^= scramble(id);
    if (at < this.full) this.full = at;
    while (this.end > 0 && this.words[this.end - 1] === 0) this.end--;
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
  #words = new Int32Array(FIRST_CAPACITY * 2);
  /** Open addressing, at most half full; holds entry + 1, 0 is free. */
  #slots = new Int32Array(FIRST_CAPACITY * 2);

  constructor(model: Pick<Model<S, never, never>, 'equal' | 'hash'>) {
    this.#equal = model.equal?.bind(model) ?? Object.is;
    this.#hash = model.hash?.bind(model) ?? hashOfPrimitive;
  }

  /** Besides the states. */
  get bytes(): number {
    return this.#end(this.#states.length - 1) * 4 + this.#states.length * ENTRY_BYTES;
  }

  /** @returns whether the configuration is new */
  add(members: Members, state: S): boolean {
    const hash = members.hash ^ hashWord(this.#hash(state));
    const from = this.#end(this.#states.length - 1);
    const to = this.#write(members, from);
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
  #write({ words, full, end }: Members, at: number): number {
    const to = at + 1 + Math.max(end - full, 0);
    if (to > this.#words.length) this.#words = widened(this.#words, Math.max(to, this.#words.length * 2));
    this.#words[at] = full;
    for (let i = full; i < end; i++) this.#words[at + 1 + i - full] = words[i]!;
    return to;
  }

  #sameWords(entry: number, from: number, to: number): boolean {
    const start = this.#end(entry - 1);
    if (this.#end(entry) - start !== to - from) return false;
    for (let i = from; i < to; i++) if (this.#words[i] !== this.#words[start + i - from]) return false;
    return true;
  }

  #grow(): void {
    this.#hashes = widened(this.#hashes, this.#hashes.length * 2);
    this.#ends = widened(this.#ends, this.#ends.length * 2);
    this.#slots = hashSlots(this.#hashes, this.#states.length, this.#slots.length * 2);
  }
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
