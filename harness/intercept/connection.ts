import type { Duplex } from 'node:stream';
import { encodeCommand, messageEnd } from '../wire/resp.ts';
import type { Client } from './own-client.ts';

/** Which protocol replies come in: clients are told them in their own. */
const GREETING = encodeCommand(['HELLO', '3']);

/** One connection of the process, by the number under which the explorer knows it. */
export class Connection {
  readonly number: number;
  readonly client: Client;
  readonly duplex: Duplex;
  #received = '';
  /** The server's answer to our own greeting has come. */
  #isGreeted = false;
  isCut = false;

  constructor(number: number, client: Client, duplex: Duplex) {
    this.number = number;
    this.client = client;
    this.duplex = duplex;
    duplex.on('error', () => {}); // told by its end
    duplex.once('end', () => client.end());
  }

  greet(): void {
    this.duplex.write(GREETING, 'latin1');
  }

  /** Bytes (latin1) come from the server: its client is told whole replies. */
  receive(text: string): void {
    this.#received += text;
    let whole = 0;
    while (whole < this.#received.length) {
      const end = messageEnd(this.#received, whole);
      if (end < 0) break;
      if (!this.#isGreeted) {
        this.#isGreeted = true;
        this.#received = this.#received.slice(end);
        continue;
      }
      whole = end;
    }
    if (whole > 0 && !this.isCut) this.client.tell(this.#received.slice(0, whole));
    this.#received = this.#received.slice(whole);
  }
}
