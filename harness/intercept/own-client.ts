import type { Duplex } from 'node:stream';
import { decode, encodeCommand, messageEnd, type Reply } from '../wire/resp.ts';

/** Who is told the replies of a connection. */
export interface Client {
  tell(replies: string): void;
  /** The server closes the connection. */
  end(): void;
  /** The connection breaks. */
  cut(): void;
}

/** Sends commands that stand in the service file. */
export class OwnClient implements Client {
  readonly #waiting: ((reply: Reply) => void)[] = [];

  send(duplex: Duplex, words: readonly string[]): Promise<Reply> {
    return this.sendBytes(duplex, encodeCommand(words.map((word) => Buffer.from(word).toString('latin1'))));
  }

  /** @param bytes a command (latin1) */
  sendBytes(duplex: Duplex, bytes: string): Promise<Reply> {
    const reply = new Promise<Reply>((resolve) => this.#waiting.push(resolve));
    duplex.write(bytes, 'latin1');
    return reply;
  }

  tell(replies: string): void {
    for (let at = 0; at < replies.length;) {
      const end = messageEnd(replies, at);
      this.#waiting.shift()?.(decode(replies.slice(at, end)));
      at = end;
    }
  }

  end(): void {}
  cut(): void {}
}
