import { createHook, executionAsyncId } from 'node:async_hooks';
import { limitStacks } from '../ground/built-ins.ts';
import { UsageError } from '../ground/errors.ts';
import { userPositions } from '../ground/places.ts';
import type { Format } from '../loader/source.ts';
import { stackText } from '../ground/thrown.ts';

/** Where a connection goes: a host and a port, or the path of a Unix socket. The options of a client have both. */
export interface Address {
  host?: string | undefined;
  port?: number | undefined;
  path?: string | undefined;
}

/** `127.0.0.1:6379`, `[::1]:6379`, `/run/redis.sock`. Never with a login. */
export function addressText({ host = DEFAULT_HOST, port, path }: Address): string {
  if (path !== undefined) return path;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Node's own, where a host is left out. */
export const DEFAULT_HOST = 'localhost';

/** Code under test asked for a server that was not named for the run, or for what could reach one unseen. */
export class NotNamed extends UsageError {
  /** `file:line` of the code that asked, or its file, as far as it is known. */
  readonly place: string | undefined;

  constructor({ code, message, remedy, place }: Pick<NotNamed, 'code' | 'message' | 'remedy' | 'place'>) {
    super(code, message, remedy);
    this.place = place;
  }
}

const KINDS = {
  server: {
    code: 'SERVER_NOT_NAMED',
    remedy:
      'use the client that open(), seller() and purchase() are handed, and leave out connections to anything else',
  },
  protocol: {
    code: 'NOT_REDIS',
    remedy:
      'leave it out where the sale is explored, or put a function of its own in its place: nothing but Redis is there',
  },
  foreign: {
    code: 'NOT_REDIS',
    remedy: '--allow-connect <host:port> lets it, or leave it out where the sale is run',
  },
  unled: {
    code: 'SERVER_NOT_NAMED',
    remedy:
      'drop --redis, and it leads to a server of the run’s own; or name it with --allow-connect <host:port>; or use the client that open(), seller() and purchase() are handed',
  },
  earlier: {
    code: 'EARLIER_CONNECTION',
    remedy:
      'give the file to fromModule() of oversell, which evaluates it for each process, so that its clients are of the run',
  },
  unseen: {
    code: 'CONNECTIONS_UNSEEN',
    remedy: 'leave it out where the sale is run: what it connects to could not be seen, nor refused',
  },
} as const;

/** What was refused, and the stack of who asked. The line that the user wrote takes a compiler to find out. */
export class Refusal {
  readonly #kind: keyof typeof KINDS;
  readonly #what: string;
  readonly #stack: string;
  readonly #format: Format;

  /**
   * @param format how the code that asked was compiled
   * @param asked where it did, if that is not here
   */
  constructor(kind: keyof typeof KINDS, what: string, format: Format, asked: Asked = askedHere()) {
    this.#kind = kind;
    this.#what = what;
    this.#format = format;
    const stack = asked.stack();
    this.#stack = isUsersDoing(stack) ? stack : (origins.get(asked.within) ?? '');
  }

  async error(): Promise<NotNamed> {
    // Only now: it brings a compiler.
    const { placeInStack } = await import('../loader/source.ts');
    const found = await placeInStack(this.#stack, this.#format);
    const place = found && `${found.file}:${found.line}`;
    return new NotNamed({
      ...KINDS[this.#kind],
      message: `${place === undefined ? '' : `${place}: `}it ${this.#what}`,
      place,
    });
  }
}

/** Where code asked for something. To write a stack out takes longer than to keep it. */
export interface Asked {
  stack: () => string;
  /** The asynchronous resource. */
  within: number;
}

export function askedHere(): Asked {
  const { stackTraceLimit } = Error;
  limitStacks(DEEP);
  const here = new Error('here');
  limitStacks(stackTraceLimit);
  return { stack: () => stackText(here), within: executionAsyncId() };
}

const isUsersDoing = (stack: string): boolean => userPositions(stack).length > 0;

const DEEP = 100;

/** Asynchronous resource → a stack with a line of the user's, of the code that led to it. */
const origins = new Map<number, string>();

/** Many more than there are where clients are made; to look at so many takes some tenths of a second at most. */
const MOST = 5_000;

/**
 * From now on it is known which line led to what happens in later turns: a client that is made here connects in one,
 * where the stack does not tell any more. It costs microseconds a promise, so nothing that is measured runs under it.
 * @param most promises and the like that are looked at
 */
export function trackOrigins(most = MOST): Disposable {
  origins.clear();
  let left = most;
  const hook = createHook({
    init(id) {
      if (--left < 0) return void hook.disable();
      const stack = askedHere().stack();
      const origin = isUsersDoing(stack) ? stack : origins.get(executionAsyncId());
      if (origin !== undefined) origins.set(id, origin);
    },
  }).enable();
  return { [Symbol.dispose]: () => void hook.disable() };
}

/** What can be told where no line is known: the file that was asked for. */
export function inFile(error: unknown, file: string | undefined): unknown {
  if (!(error instanceof NotNamed) || error.place !== undefined || file === undefined) return error;
  const { code, message, remedy } = error;
  return new NotNamed({ code, message: `${file}: ${message}`, remedy, place: file });
}

/**
 * Runs code under test; if it is refused something and the line is not known, it runs again under `trackOrigins`.
 *
 * @param file the user's, if it is one
 * @param run `again` is true the second time
 * @throws NotNamed with the line, if the second run comes to it
 */
export async function locating<T>(file: string | undefined, run: (again: boolean) => Promise<T>): Promise<T> {
  try {
    return await run(false);
  } catch (error) {
    if (!(error instanceof NotNamed) || error.place !== undefined) throw error;
    using _ = trackOrigins(Infinity);
    await run(true).catch((second: unknown) => {
      // What the first run left behind may stand in the way of the second.
      throw inFile(second instanceof NotNamed ? second : error, file);
    });
    throw inFile(error, file);
  }
}
