const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const ZERO = 0x30;
/** A number of so many digits is below 2^53, so adding digit by digit is exact. */
const EXACT_DIGITS = 15;
const NEWLINE = 0x0a;

/** A text's bytes in UTF-8, to be looked for. */
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/**
 * Reads JSON of one known shape, byte by byte and without making strings. Where the bytes are not of that shape it
 * has failed, and reads on without sense until somebody asks.
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

  protected get atEndOfLine(): boolean {
    return this.at === this.#end || this.source[this.at] === NEWLINE;
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

  /** A whole number of up to 15 digits. */
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

  /** A string without escapes, behind its first quote. @returns where it ends; the scan goes on behind its quote */
  protected string(): number {
    const source = this.source;
    for (let at = this.at; at < this.#end; at++) {
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
