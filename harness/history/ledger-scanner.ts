import {
  bytes,
  ByteScanner,
  CLOSE,
  CLOSE_LIST,
  COLON,
  COMMA,
  Keys,
  OPEN,
  OPEN_LIST,
} from './byte-scanner.ts';
import type { LedgerColumns } from './ledger.ts';
import { SALE_KEYS } from './line.ts';

const KIND = bytes('"op"');
const RECORDED = bytes('"recorded"');
const SALES = bytes('"sales"');

const [REQUEST, USER, QUANTITY] = SALE_KEYS.keys();
/** Each key of a sale, as bits by place in SALE_KEYS. */
const WHOLE_SALE = (1 << SALE_KEYS.length) - 1;

/** Reads a ledger's line as LineScanner reads an operation's; the kind comes before the sales. */
export class LedgerScanner extends ByteScanner {
  readonly #keys = new Keys(SALE_KEYS);

  /** @returns where the line ends, its sales then being in the ledger; else −1, and the ledger is as before */
  scan(source: Uint8Array, start: number, end: number, ledger: LedgerColumns): number {
    this.begin(source, start, end);
    const before = ledger.length;
    if (this.#line(ledger)) return this.at;
    ledger.length = before;
    return -1;
  }

  #line(ledger: LedgerColumns): boolean {
    const begins =
      this.punctuation(OPEN) &&
      this.accept(KIND) &&
      this.punctuation(COLON) &&
      this.accept(RECORDED) &&
      this.punctuation(COMMA) &&
      this.accept(SALES) &&
      this.punctuation(COLON) &&
      this.punctuation(OPEN_LIST);
    if (!begins) return false;
    if (!this.punctuation(CLOSE_LIST)) {
      do if (!this.#sale(ledger)) return false;
      while (this.punctuation(COMMA));
      if (!this.punctuation(CLOSE_LIST)) return false;
    }
    return this.punctuation(CLOSE) && this.endOfLine();
  }

  #sale(ledger: LedgerColumns): boolean {
    this.#keys.begin();
    if (!this.punctuation(OPEN)) return false;
    let [seen, requestFrom, requestTo, userFrom, userTo, quantity] = [0, 0, 0, 0, 0, 0];
    do {
      const key = this.key(this.#keys);
      if (key === -1 || (seen & (1 << key)) !== 0) return false;
      seen |= 1 << key;
      if (key === REQUEST) {
        requestFrom = this.at + 1;
        requestTo = this.string();
      } else if (key === USER) {
        userFrom = this.at + 1;
        userTo = this.string();
      } else if (key === QUANTITY) quantity = this.number();
      if (this.failed) return false;
    } while (this.punctuation(COMMA));
    if (seen !== WHOLE_SALE || !this.punctuation(CLOSE)) return false;
    const request = ledger.strings.internBytes(this.source, requestFrom, requestTo);
    // A user who buys once was first named behind the request.
    const user = ledger.strings.internBytes(this.source, userFrom, userTo, request + 1);
    ledger.pushRow(request, user, quantity);
    return true;
  }
}
