import net from 'node:net';
import { filesIn, isOfClientLibrary } from '../ground/client-libraries.ts';
import { isOurs } from '../ground/ours.ts';

/** Frames from where a client library connects to Node's own. */
const DEEP = 30;

let seen = false;
let watching = false;
let running = 0;

/**
 * From now on it is known whether a client library has connected in this thread outside of a run of ours. Functions that were
 * imported may keep such a client, and commands that wait in it for a connection could be seen by nobody.
 */
export function watchClients(): void {
  if (watching) return;
  watching = true;
  // eslint-disable-next-line typescript/unbound-method -- it is called on the socket
  const { connect } = net.Socket.prototype;
  net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
    if (!seen && running === 0 && !isOurs()) seen = isAskedByClient();
    return Reflect.apply(connect, this, args) as net.Socket;
  };
}

export const hasEarlierClient = (): boolean => seen;

/** What connects meanwhile is ours, or is looked after. */
export async function runningOurs<T>(body: () => Promise<T>): Promise<T> {
  running++;
  try {
    return await body();
  } finally {
    running--;
  }
}

function isAskedByClient(): boolean {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = DEEP;
  const { stack = '' } = new Error('connects');
  Error.stackTraceLimit = stackTraceLimit;
  return [...filesIn(stack)].some(isOfClientLibrary);
}
