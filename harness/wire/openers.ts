import { createHook, executionAsyncId } from 'node:async_hooks';
import { limitStacks } from '../ground/built-ins.ts';
import { filesIn, isOfClientLibrary } from '../ground/client-libraries.ts';
import { isUsers } from '../ground/places.ts';
import { stackText } from '../ground/thrown.ts';

/** More than there are while a file is loaded that makes a client: beyond, nobody knows who opens a connection. */
const MOST = 20_000;

/** Frames of a client library, from where it is asked to where it connects, and more. */
const DEEP = 50;

/**
 * Finds out whether a connection is opened by a client that the user's own files have made, or by one of some package: the client
 * libraries connect at once, or a tick later.
 */
export class Openers implements Disposable {
  readonly #limit = Error.stackTraceLimit;
  /** Asynchronous resource → where it was made. */
  readonly #made = new Map<number, Error>();
  readonly #hook = createHook({
    init: (id) => {
      if (this.#made.size < MOST) this.#made.set(id, new Error('made'));
    },
  }).enable();

  constructor() {
    limitStacks(DEEP);
  }

  /** Of a connection that is opened here and now. */
  get isUsersOwn(): boolean {
    const opener =
      openerIn(stackText(new Error('opens'))) ?? openerIn(stackText(this.#made.get(executionAsyncId())));
    return opener !== undefined && isUsers(opener);
  }

  [Symbol.dispose](): void {
    this.#hook.disable();
    this.#made.clear();
    limitStacks(this.#limit);
  }
}

/** Whose file asked the client library, or is none. */
function openerIn(stack: string): string | undefined {
  for (const file of filesIn(stack)) if (!isOfClientLibrary(file)) return file;
  return undefined;
}
