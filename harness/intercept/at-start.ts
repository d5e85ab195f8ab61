import { createHash } from 'node:crypto';
import { decodeCommand } from '../wire/resp.ts';

const OK = '+OK\r\n';
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

/** As the first line of a library names it. */
const LIBRARY = /^#!\S+\s[^\n]*?\bname=(\w+)/;

/**
 * What a process sends to its Redis while it starts, before anybody asks for anything. Each process starts in the same way, so
 * that of what it sends two kinds need no search: what is answered by the server and not by the sale; and scripts and
 * libraries that it loads, which are there before it serves anybody and which others that start later load again, with no effect.
 * The latter are loaded where the sale is opened. All else may come between the commands of a sale, since a process may
 * start in the middle of one, and is refused.
 */
export class AtStart {
  readonly #digests = new Set<string>();
  readonly #libraries = new Map<string, string>();
  readonly #loads = new Set<string>();

  readonly #info: string;

  /** @param info what INFO is answered */
  constructor(info: string) {
    this.#info = info;
  }

  /** What it has loaded: commands, in an order that does not depend on when they came. */
  get loads(): string[] {
    return [...this.#loads].toSorted();
  }

  /** @returns what the server answers (RESP3); undefined where that depends on the sale, or the sale on it */
  answer(bytes: string): string | undefined {
    const args = decodeCommand(bytes);
    const [name, first, second] = args.map((arg) => arg.toUpperCase());
    switch (name) {
      case 'PING':
        return args.length > 1 ? bulk(args[1]!) : '+PONG\r\n';
      case 'ECHO':
        return bulk(args[1] ?? '');
      case 'QUIT':
        return OK;
      case 'INFO':
        return this.#info;
      case 'SCRIPT':
        return this.#script(bytes, first, args.slice(2));
      case 'FUNCTION':
        if (first === 'LIST') return this.#libraries.size === 0 ? '*0\r\n' : undefined;
        // Without REPLACE, whoever starts later is told that it is there.
        return first === 'LOAD' && second === 'REPLACE' ? this.#library(bytes, args[3] ?? '') : undefined;
      default:
        return undefined;
    }
  }

  #script(bytes: string, subcommand: string | undefined, args: readonly string[]): string | undefined {
    switch (subcommand) {
      case 'LOAD': {
        const digest = createHash('sha1')
          .update(args[0] ?? '', 'latin1')
          .digest('hex');
        this.#digests.add(digest);
        this.#loads.add(bytes);
        return bulk(digest);
      }
      case 'EXISTS':
        return `*${args.length}\r\n${args.map((digest) => `:${this.#digests.has(digest.toLowerCase()) ? 1 : 0}\r\n`).join('')}`;
      default:
        return undefined;
    }
  }

  #library(bytes: string, code: string): string | undefined {
    const name = LIBRARY.exec(code)?.[1];
    if (name === undefined || (this.#libraries.get(name) ?? code) !== code) return undefined;
    this.#libraries.set(name, code);
    this.#loads.add(bytes);
    return bulk(name);
  }
}
