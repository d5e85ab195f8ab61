const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const ZERO = 0x30;
/** A number of so many digits is below 2^53, so adding digit by digit is exact. */
const EXACT_DIGITS = 15;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
export const COLON = 0x3a;
export const COMMA = 0x2c;
export const OPEN = 0x7b;
export const CLOSE = 0x7d;
export const OPEN_LIST = 0x5b;
export const CLOSE_LIST = 0x5d;

/** A text's bytes in UTF-8, to be looked for. */
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The keys of an object, and in which order they came last time: most files keep to one. */
export class Keys {
  readonly words: readonly Uint8Array[];
  /** Which key came behind each; behind none of them, the first. */
  readonly #next: Int32Array;
  #last = 0;

  constructor(names: readonly string[]) {
    this.words = names.map((name) => bytes(`"${name}"`));
    this.#next = Int32Array.from([...names, ''], (_, i) => (i + 1) % (names.length + 1));
  }

  begin(): void {
    this.#last = this.words.length;
  }

  expected(): number {
    return this.#next[this.#last]! % this.words.length;
  }

  met(key: number): void {
    this.#next[this.#last] = key;
    this.#last = key;
  }
}

/**
 * Reads plain JSON, byte by byte and without making strings: known keys, whole numbers, strings without escapes.
 * Where the bytes are anything else it has failed, and reads on without sense until somebody asks.
 */
export class ByteScanner {
  protected source: Uint8Array = new Uint8Array();
  protected at = 0;
  protected failed = false;
  #end = 0;

  protected begin(source: Uint8Array, start: number, end: number): void {
    this.source = source;
    this.at = start;
    this.#end = end;
    this.failed = false;
  }

  /** Goes to the line's end, if nothing but spaces is before it. */
  protected endOfLine(): boolean {
    this.#skipSpaces();
    if (this.source[this.at] === RETURN) this.at++;
    return this.at === this.#end || this.source[this.at] === NEWLINE;
  }

  #skipSpaces(): void {
    while (this.at < this.#end && this.source[this.at] === SPACE) this.at++;
  }

  /** Goes past the one byte, and spaces before and behind it. */
  protected punctuation(byte: number): boolean {
    if (this.source[this.at] === SPACE) this.#skipSpaces();
    if (this.source[this.at] !== byte || this.at >= this.#end) return false;
    this.at++;
    if (this.source[this.at] === SPACE) this.#skipSpaces();
    return true;
  }

  /** Goes past a key and its colon. @returns its place among the keys; −1 if it is none of them */
  protected key(keys: Keys): number {
    const expected = keys.expected();
    let found = expected;
    if (!this.accept(keys.words[expected]!)) {
      found = keys.words.findIndex((word) => this.accept(word));
      if (found === -1) return -1;
    }
    keys.met(found);
    return this.punctuation(COLON) ? found : -1;
  }

  /** Goes past the word, if it stands here. */
  protected accept(word: Uint8Array): boolean {
    const source = this.source;
    const at = this.at;
    const { length } = word;
    if (at + length > this.#end) return false;
    for (let i = 0; i < length; i++) if (source[at + i] !== word[i]) return false;
    this.at = at + length;
    return true;
  }

  protected expect(word: Uint8Array): void {
    if (!this.failed && !this.accept(word)) this.failed = true;
  }

  /** A whole number of up to 15 digits; a fraction, a sign or an exponent behind it is not of the shape. */
  protected number(): number {
    const source = this.source;
    const from = this.at;
    let at = from;
    let value = 0;
    for (; at < this.#end; at++) {
      const digit = source[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.at = at;
    const digits = at - from;
    const leadingZero = digits > 1 && source[from] === ZERO;
    if (digits === 0 || digits > EXACT_DIGITS || leadingZero) this.failed = true;
    return value;
  }

  /** A string without escapes. @returns where its text ends; it begins behind the quote that stands here */
  protected string(): number {
    const source = this.source;
    if (source[this.at] !== QUOTE) this.failed = true;
    for (let at = this.at + 1; at < this.#end; at++) {
      const byte = source[at]!;
      if (byte === BACKSLASH || byte < SPACE) break;
      if (byte !== QUOTE) continue;
      this.at = at + 1;
      return at;
    }
    this.failed = true;
    return this.at;
  }
}
