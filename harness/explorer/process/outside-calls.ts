import { OutsideError, RowExistsError } from '../../../strategies/errors.ts';
import type { Outside, OutsideRow } from '../../../strategies/contract.ts';
import { decode, type Reply } from '../../wire/resp.ts';
import { outsideCommand, type OutsideCall } from '../outside-store.ts';

/** A call that has no answer yet. */
interface Waiting {
  heard: (reply: Reply) => void;
  failed: () => void;
}

/**
 * The stores beside Redis, as one process asks them: each call has a connection to itself until it is answered, so that calls
 * that are under way together take effect in any order.
 */
export class OutsideCalls {
  readonly #open: () => number;
  readonly #write: (connection: number, bytes: string) => void;
  readonly #waiting = new Map<number, Waiting>();
  /** Connections on which nothing is under way. */
  readonly #idle = new Set<number>();

  /** @param open makes a connection; `write` sends a call on one */
  constructor(open: () => number, write: (connection: number, bytes: string) => void) {
    this.#open = open;
    this.#write = write;
  }

  named(store: string): Outside {
    const ask = <T>(call: OutsideCall, args: readonly string[], told: (reply: Reply) => T): Promise<T> =>
      this.#ask(store, { call, args, told });
    return {
      insert: async (id, row = {}) =>
        ask('insert', [id, JSON.stringify(row)], (reply) => {
          if (isError(reply)) throw new RowExistsError(store, id);
        }),
      find: async (id) => ask('find', [id], (row) => (row === null ? undefined : parsed(row))),
      remove: async (id) => ask('remove', [id], nothing),
      rows: async () => ask('rows', [], rowsIn),
      append: async (message) => ask('append', [JSON.stringify(message)], nothing),
      messages: async () => ask('messages', [], (reply) => itemsIn(reply).map(parsed)),
      run: async (step) => ask('run', [step], nothing),
    };
  }

  /** The answer to the call on this connection. @returns false if there is none: it is a client's */
  hear(connection: number, bytes: string): boolean {
    const waiting = this.#take(connection);
    if (!waiting) return false;
    this.#idle.add(connection);
    waiting.heard(decode(bytes));
    return true;
  }

  /** The call on this connection fails, as far as the process is told. @returns false if there is none: it is a client's */
  fail(connection: number): boolean {
    const waiting = this.#take(connection);
    waiting?.failed();
    return waiting !== undefined;
  }

  #take(connection: number): Waiting | undefined {
    const waiting = this.#waiting.get(connection);
    this.#waiting.delete(connection);
    return waiting;
  }

  #ask<T>(
    store: string,
    asked: { call: OutsideCall; args: readonly string[]; told: (reply: Reply) => T },
  ): Promise<T> {
    const { call, args, told } = asked;
    // Made now, when the line that asks is on the stack.
    const error = new OutsideError(store, call);
    const [idle] = [...this.#idle].toSorted((a, b) => a - b);
    const connection = idle ?? this.#open();
    this.#idle.delete(connection);
    return new Promise((resolve, reject) => {
      this.#waiting.set(connection, {
        failed: () => reject(error),
        heard: (reply) => {
          try {
            resolve(told(reply));
          } catch (refused) {
            reject(asThrownAt(refused as Error, error));
          }
        },
      });
      this.#write(connection, outsideCommand(store, call, args));
    });
  }
}

/** The error, as if it had been thrown where the other one was made. */
function asThrownAt(error: Error, { stack = '' }: Error): Error {
  error.stack = `${error.name}: ${error.message}${stack.slice(stack.indexOf('\n    at '))}`;
  return error;
}

const nothing = (): void => {};

const isError = (reply: Reply): boolean =>
  typeof reply === 'object' && reply !== null && reply.kind === 'error';

const itemsIn = (reply: Reply): readonly Reply[] =>
  typeof reply === 'object' && reply !== null && reply.kind !== 'error' ? reply.items : [];

/** Bytes are held as latin1. */
const textOf = (reply: Reply): string => Buffer.from(reply as string, 'latin1').toString();
const parsed = (reply: Reply): OutsideRow => JSON.parse(textOf(reply)) as OutsideRow;

function rowsIn(reply: Reply): { id: string; row: OutsideRow }[] {
  const items = itemsIn(reply);
  return Array.from({ length: items.length / 2 }, (_, i) => ({
    id: textOf(items[2 * i]!),
    row: parsed(items[2 * i + 1]!),
  }));
}
