import { decodeCommand, encodeCommand, messageEnd } from './resp.ts';
import { topologyCommand } from './topology.ts';

/**
 * What a client says to a server for which it was not made: what it logs in with there is no login here. How it introduces
 * itself, up to its first command, is told without logins, and so that the server answers what that one would; the rest
 * is passed on as it is, and counted.
 */
export class Introduction {
  #received = '';
  #database = '0';
  /** Its first command was sent. */
  #over = false;
  #isForeign = false;
  #silent = true;
  readonly #count = new CommandCount();

  /** It has said nothing at all. */
  get isSilent(): boolean {
    return this.#silent;
  }

  /** Commands that it sent, of which the first bytes are there; how it introduces itself is none. */
  get commands(): number {
    return this.#count.commands;
  }

  /** @returns what the server is told; undefined where its protocol is another one, from then on */
  tells(bytes: Buffer): Buffer | undefined {
    this.#silent &&= bytes.length === 0;
    if (this.#isForeign) return undefined;
    if (this.#over) {
      this.#count.add(bytes);
      return bytes;
    }
    this.#received += bytes.toString('latin1');
    return this.#introduced();
  }

  #introduced(): Buffer | undefined {
    let told = '';
    while (this.#received !== '') {
      if (this.#received[0] !== '*') {
        this.#isForeign = true;
        return undefined;
      }
      const end = messageEnd(this.#received, 0);
      if (end < 0) break;
      const instead = this.#inPlaceOf(decodeCommand(this.#received.slice(0, end)));
      if (instead === undefined) {
        this.#over = true;
        const rest = Buffer.from(this.#received, 'latin1');
        this.#received = '';
        this.#count.add(rest);
        return Buffer.concat([Buffer.from(told, 'latin1'), rest]);
      }
      told += encodeCommand(instead);
      this.#received = this.#received.slice(end);
    }
    return Buffer.from(told, 'latin1');
  }

  /** Of what introduces it: what is said in its place; undefined of a command. */
  #inPlaceOf(args: string[]): string[] | undefined {
    const [name = '', first = ''] = args.map((arg) => arg.toUpperCase());
    switch (name) {
      case 'HELLO': {
        const login = args.findIndex((arg, i) => i > 1 && arg.toUpperCase() === 'AUTH');
        return login < 0 ? args : args.toSpliced(login, 3);
      }
      // Answered with OK, and does nothing.
      case 'AUTH':
      case 'READONLY':
        return ['SELECT', this.#database];
      case 'SELECT':
        this.#database = first;
        return args;
      case 'INFO':
      case 'CLIENT':
      case 'ROLE':
        return args;
      case 'SENTINEL':
      case 'CLUSTER':
        return topologyCommand(args);
      default:
        return undefined;
    }
  }
}

const CR = 13;
const LF = 10;
const ARRAY = 42;
const ZERO = 48;
const NINE = 57;

/** Counts commands in bytes that come in pieces, each by its first byte. */
class CommandCount {
  commands = 0;
  /** Arguments that the command still lacks. */
  #lacking = 0;
  /** Bytes of an argument that are still to come, with its end of line. */
  #toCome = 0;
  /** Of the line that is being read. */
  #length = 0;
  #isArray = false;
  #inLine = false;

  add(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#toCome > 0) {
        const some = Math.min(this.#toCome, bytes.length - at);
        at += some;
        this.#toCome -= some;
        continue;
      }
      this.#read(bytes[at++]!);
    }
  }

  #read(byte: number): void {
    if (!this.#inLine) {
      this.#inLine = true;
      this.#isArray = byte === ARRAY && this.#lacking === 0;
      this.#length = 0;
      if (this.#lacking === 0) this.commands++;
    } else if (byte >= ZERO && byte <= NINE) {
      this.#length = this.#length * 10 + byte - ZERO;
    } else if (byte === LF) {
      this.#inLine = false;
      if (this.#isArray) this.#lacking = this.#length;
      else if (this.#lacking > 0) {
        this.#lacking--;
        this.#toCome = this.#length + 2;
      }
    } else if (byte !== CR) {
      this.#length = 0;
    }
  }
}
