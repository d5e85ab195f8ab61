import { AsyncResource, createHook } from 'node:async_hooks';
import { isHarnessFrame, uncompiled } from '../../ground/places.ts';
import { isEvaluatingPackage } from './worlds.ts';
import { stackText } from '../../ground/thrown.ts';

/** An instance that may wait for something besides Redis. */
export interface Waiting {
  /** Work of the machine's own that has not ended, such as a signature: it keeps the instance from being quiet. */
  pendingWork: number;
  /** Something outside of Redis that the instance began to wait for. */
  waitsFor(resource: string, where: () => string): void;
}

/**
 * What may go on in a process while it is explored, by the type that Node gives each asynchronous resource. An
 * allow-list: whatever else it waits for (a type that a native package or a later Node brings) would end at a moment
 * that the search does not know of, so it is refused by name.
 */
const HARMLESS = new Set([
  'PROMISE',
  'Microtask',
  'TickObject',
  // Comes within the turn, and is counted where it is set.
  'Immediate',
  // A handler for SIGTERM and the like: nothing waits for it.
  'SIGNALWRAP',
]);

/** Work of the machine's own that always ends: waited for. */
const ENDING =
  /^(SIGN|VERIFY|HASH|CIPHER|KEYGEN|KEYPAIRGEN|SECRETKEYGEN|KEYEXPORT|DERIVEBITS|PBKDF2|SCRYPT|CHECKPRIME|RANDOMPRIME)REQUEST$/;

/** Of a file: what a package does with one while it is evaluated is over before anything else happens, as where it is shared. */
const OF_A_FILE = /^(FSREQCALLBACK|FSREQPROMISE)$/;

/** What people know the others by. */
const NAMES: readonly [RegExp, string][] = [
  [/^(FSREQ|FILEHANDLE|DIRHANDLE|BLOBREADER)/, 'a file'],
  [/^(FSEVENTWRAP|STATWATCHER)$/, 'a change of a file'],
  [/^(TCP|PIPE|TLS|UDP|JSUDP|TTY|WRITEWRAP|SHUTDOWNWRAP|JSSTREAM|STREAMPIPE)/, 'a socket of its own'],
  [/^(GETADDRINFO|GETNAMEINFO|QUERYWRAP|DNSCHANNEL)/, 'a name lookup'],
  [/^HTTP/, 'an HTTP answer'],
  [/^PROCESSWRAP$/, 'a child process'],
  [/^(WORKER|MESSAGEPORT)/, 'a worker thread or a message port'],
  [/^RANDOMBYTESREQUEST$/, 'random bytes from the system'],
  [/^ZLIB$/, 'a compression'],
  [/^Timeout$/, 'a real timer'],
];

const nameOf = (type: string): string =>
  NAMES.find(([pattern]) => pattern.test(type))?.[1] ?? `"${type}" (as Node names it)`;

/** Node sees each asynchronous resource when it is made, before it can finish: nothing slips through unseen. */
export function watchOutside(current: () => Waiting | undefined): Disposable {
  const standard = standardStreams();
  // Node makes the message ports with which it clones at the first clone: now, not as if explored code had made them.
  structuredClone(0);
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
    init(id, type, trigger, resource) {
      const world = HARMLESS.has(type) ? undefined : current();
      // JavaScript's own resources (a pool's, `AsyncResource.bind`) are contexts: nothing comes of them by itself.
      if (!world || resource instanceof AsyncResource || standard.has(trigger)) return;
      if (ENDING.test(type) || (isEvaluatingPackage() && OF_A_FILE.test(type))) {
        ending.set(id, world);
        world.pendingWork++;
        ends.enable();
      } else world.waitsFor(nameOf(type), () => firstFrame(stackText(new Error(type))));
    },
  }).enable();
  return {
    [Symbol.dispose]: () => {
      begins.disable();
      ends.disable();
    },
  };
}

/** Ids of what carries `console.log`: what is written there is nobody's business. */
const standardStreams = (): Set<number> =>
  new Set(
    [process.stdout, process.stderr].flatMap((stream) => {
      const { _handle: handle } = stream as { _handle?: { getAsyncId?: () => number } };
      return handle?.getAsyncId?.() ?? [];
    }),
  );

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
  return uncompiled(frame?.trim() ?? '');
}
