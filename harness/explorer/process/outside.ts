import { createHook } from 'node:async_hooks';
import { isHarnessFrame } from '../../ground/places.ts';

/** An instance that may wait for something besides Redis. */
export interface Waiting {
  /** Work of the machine's own that has not ended, such as a signature: it keeps the instance from being quiet. */
  pendingWork: number;
  /** Something outside of Redis that the instance began to wait for. */
  waitsFor(resource: string, where: () => string): void;
}

/** Waits outside Redis that would make a purchase depend on more than its replies. */
const OUTSIDE = new Map([
  ['FSREQCALLBACK', 'a file'],
  ['FSREQPROMISE', 'a file'],
  ['TCPCONNECTWRAP', 'a socket of its own'],
  ['PIPECONNECTWRAP', 'a socket of its own'],
  ['UDPSENDWRAP', 'a socket of its own'],
  ['GETADDRINFOREQWRAP', 'a name lookup'],
  ['GETNAMEINFOREQWRAP', 'a name lookup'],
  ['QUERYWRAP', 'a name lookup'],
  ['HTTPCLIENTREQUEST', 'an HTTP answer'],
  ['PROCESSWRAP', 'a child process'],
  ['WORKER', 'a worker thread'],
  ['RANDOMBYTESREQUEST', 'random bytes from the system'],
  ['PBKDF2REQUEST', 'a key derivation'],
  ['SCRYPTREQUEST', 'a key derivation'],
  ['ZLIB', 'a compression'],
  ['Timeout', 'a real timer'],
]);

/** Work of the machine's own that always ends, and whose end nothing else of the sale can come before: waited for. */
const ENDING =
  /^(SIGN|VERIFY|HASH|CIPHER|KEYGEN|KEYPAIRGEN|SECRETKEYGEN|KEYEXPORT|DERIVEBITS|CHECKPRIME|RANDOMPRIME)REQUEST$/;

/** What waits for nothing outside, and is nearly all that there is: not worth a closer look. */
const ORDINARY = new Set(['PROMISE', 'TickObject', 'Immediate', 'Microtask']);

/** Node sees each asynchronous resource when it is made, before it can finish: nothing slips through unseen. */
export function watchOutside(current: () => Waiting | undefined): Disposable {
  const ending = new Map<number, Waiting>();
  const end = (id: number): void => {
    const world = ending.get(id);
    if (!world) return;
    ending.delete(id);
    world.pendingWork--;
    if (ending.size === 0) ends.disable();
  };
  // On only while there is such work: a hook of `destroy` makes Node track the end of every promise, which costs a
  // replay half as much again.
  const ends = createHook({ after: end, destroy: end });
  const begins = createHook({
    init(id, type) {
      if (ORDINARY.has(type)) return;
      const world = current();
      if (!world) return;
      if (ENDING.test(type)) {
        ending.set(id, world);
        world.pendingWork++;
        ends.enable();
      }
      if (OUTSIDE.has(type))
        world.waitsFor(OUTSIDE.get(type)!, () => firstFrame(new Error(type).stack ?? ''));
    },
  }).enable();
  return {
    [Symbol.dispose]: () => {
      begins.disable();
      ends.disable();
    },
  };
}

/** The line of a stack that is neither Node's, nor a package's, nor ours. */
function firstFrame(stack: string): string {
  const frame = stack
    .split('\n')
    .find(
      (line) =>
        /\((file:)?\/.*\)|at (file:)?\//.test(line) &&
        !line.includes('node_modules') &&
        !isHarnessFrame(line),
    );
  return frame?.trim() ?? '';
}
