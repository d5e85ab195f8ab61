import { bytes, ByteScanner } from './byte-scanner.ts';
import type { LedgerColumns } from './ledger.ts';

const BEGIN = bytes('{"op":"recorded","sales":[');
const REQUEST = bytes('{"requestId":"');
const USER = bytes(',"userId":"');
const QUANTITY = bytes(',"quantity":');
const SALE_END = bytes('}');
const COMMA = bytes(',');
const LINE_END = bytes(']}');

/** Reads a ledger's line as `ledgerLine` writes it; on any other shape it gives up, as LineScanner does. */
export class LedgerScanner extends ByteScanner {
  /** @returns where the line ends, its sales then being in the ledger; else −1, and the ledger is as before */
  scan(source: Uint8Array, start: number, end: number, ledger: LedgerColumns): number {
    this.begin(source, start, end);
    const before = ledger.length;
    this.expect(BEGIN);
    if (!this.failed && !this.accept(LINE_END)) {
      do this.#sale(ledger);
      while (!this.failed && this.accept(COMMA));
      this.expect(LINE_END);
    }
    if (!this.failed && this.atEndOfLine) return this.at;
    ledger.length = before;
    return -1;
  }

  #sale(ledger: LedgerColumns): void {
    this.expect(REQUEST);
    const requestFrom = this.at;
    const requestTo = this.string();
    this.expect(USER);
    const userFrom = this.at;
    const userTo = this.string();
    this.expect(QUANTITY);
    const quantity = this.number();
    this.expect(SALE_END);
    if (this.failed) return;
    const request = ledger.strings.internBytes(this.source, requestFrom, requestTo);
    const user = ledger.strings.internBytes(this.source, userFrom, userTo);
    ledger.pushRow(request, user, quantity);
  }
}
