import { restoredBroken } from './built-ins.ts';
import { onReplaced, UsageError } from './errors.ts';
import { thrownWords } from './thrown.ts';

/** A client as far as it is ended here. */
interface Ending {
  disconnect(): void;
  stream?: { removeAllListeners(): unknown; destroy(): unknown };
}

let frozen = false;

/** Ends a client, also one that code under test has frozen: it cannot note any more what becomes of it. */
export function endClient(client: Ending): void {
  if (Object.isExtensible(client)) {
    client.disconnect();
    return;
  }
  frozen = true;
  client.stream?.removeAllListeners();
  client.stream?.destroy();
}

/** Whether an error that nobody caught is that of a client which was to change and could not. */
function isOfFrozenClient(error: unknown): boolean {
  const { name, message, stack } = thrownWords(error);
  return (
    name === 'TypeError' &&
    stack.includes('/ioredis/') &&
    /read only property|is not extensible/.test(message)
  );
}

/**
 * What code under test has done to what was lent to it: the functions that are built in, and its clients. Whatever comes
 * after that says nothing.
 * @param error that came of it, perhaps
 * @returns undefined: nothing
 */
export function spoiltBy(error?: unknown): UsageError | undefined {
  const broken = restoredBroken();
  if (broken.length > 0) return onReplaced(broken, error);
  if (!frozen && (error === undefined || !isOfFrozenClient(error))) return undefined;
  return frozenClient(error);
}

/** What is told of one. @param cause what came of it, perhaps */
export function frozenClient(cause?: unknown): UsageError {
  frozen = false;
  return new UsageError(
    'CLIENT_FROZEN',
    'a client that was handed to the code is frozen, sealed or not extensible, and a client changes as it works',
    'leave out Object.freeze, Object.seal and Object.preventExtensions of the client that open(), seller() and purchase() are handed',
    { cause },
  );
}
