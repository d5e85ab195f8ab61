import { messagesIn } from './resp.ts';

const QUIT = /^\*1\r\n\$4\r\nquit\r\n$/i;

/** Whether the client asks the server to end its connection. */
export const isQuit = (command: string): boolean => QUIT.test(command);

/** Tells when a connection ends because its client has asked for it: with the reply to QUIT. */
export class Farewell {
  #written = 0;
  #told = 0;
  #lastReply = Infinity;

  wrote(command: string): void {
    this.#written++;
    if (isQuit(command)) this.#lastReply = Math.min(this.#lastReply, this.#written);
  }

  /** @returns whether these replies are its last */
  isLast(replies: string): boolean {
    this.#told += messagesIn(replies);
    return this.#told >= this.#lastReply;
  }
}
