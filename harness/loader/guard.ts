import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { isEnding } from '../ground/ending.ts';
import { watchBuiltIns } from '../ground/built-ins.ts';
import { onReplaced, UsageError } from '../ground/errors.ts';
import { namedThrown, thrownWords } from '../ground/thrown.ts';
import { HELD_MS, patientMs } from '../ground/patience.ts';
import { isHarnessFrame, placeOf, userPositions } from '../ground/places.ts';
import { spoiltBy } from '../ground/spoilt.ts';
import { isOfClosedConnection, onStray, othersListen, type StrayKind } from '../ground/strays.ts';

const WHAT: Record<StrayKind, string> = {
  unhandledRejection: 'a promise is rejected, and nobody catches it',
  uncaughtException: 'an error is thrown outside of every promise, and nobody catches it',
};

export interface Guard extends Disposable {
  /** From now on, whatever code that was judged still does counts for nothing. */
  over(): void;
}

interface GuardOptions {
  /**
   * Told of what would have ended this thread without a verdict: a UsageError, or an error of ours as it was thrown.
   */
  tell: (fault: Promise<unknown>) => void;
  /** Whether any of the judged code should be running now; else its errors count for nothing. Default: always. */
  running?: () => boolean;
}

/**
 * Keeps code that is judged from ending this thread: a call of `process.exit`, and errors that nobody catches. The
 * verdict would be lost, and an exit code would say what nobody has found out.
 */
export function guardThread({ tell, running = () => true }: GuardOptions): Guard {
  let over = false;
  const before = { exit: process.exit.bind(process), abort: process.abort.bind(process) };
  const forbidden = (call: string) => (): void => {
    if (over) return;
    const error = new Error(`${call} is called, and the run goes on`);
    if (running()) tell(exitFault(call, error));
    throw error;
  };
  Object.assign(process, { exit: forbidden('process.exit'), abort: forbidden('process.abort') });
  const undo = isMainThread ? guardProcess(forbidden) : undefined;
  const wait = limitedWait((error) => {
    if (!over && running()) tell(waitFault(error));
  });
  syncBuiltinESMExports();
  const strays = onStray((error, kind) => {
    const spoilt = spoiltBy(error); // first: what follows runs on what may be gone
    if (over || isOfClosedConnection(error)) return true;
    // Whoever listens in production would keep the process alive there, too.
    if (othersListen(kind)) return true;
    if (running()) tell(spoilt ? Promise.resolve(spoilt) : strayFault(kind, error));
    // Beside the judged code, an error of anybody else ends the thread.
    return running() || userPositions(framesOf(error).join('\n')).length > 0;
  });
  const builtIns = watchBuiltIns((names) => {
    if (over || !running()) return;
    tell(Promise.resolve(names.length > 0 ? onReplaced(names) : new Error(IDLE)));
  });
  return {
    over: () => (over = true),
    [Symbol.dispose]: () => {
      builtIns[Symbol.dispose]();
      wait[Symbol.dispose]();
      Object.assign(process, before);
      undo?.[Symbol.dispose]();
      syncBuiltinESMExports();
      strays[Symbol.dispose]();
    },
  };
}

/** What Node's own `process.exit` ends with, and a signal to oneself, would end the command without an answer, too. */
function guardProcess(forbidden: (call: string) => () => void): Disposable {
  const node = process as NodeJS.Process & { reallyExit: (exitCode?: number) => void };
  const before = { kill: process.kill.bind(process), reallyExit: node.reallyExit.bind(process) };
  const [exits, kills] = [forbidden('process.reallyExit'), forbidden('process.kill of its own process')];
  Object.assign(process, {
    reallyExit: (exitCode?: number) => (isEnding() ? before.reallyExit(exitCode) : exits()),
    kill: (pid: number, signal?: string | number) => {
      if (pid !== process.pid || signal === 0) return before.kill(pid, signal);
      kills();
      return true;
    },
  });
  return { [Symbol.dispose]: () => void Object.assign(process, before) };
}

type Wait = (array: Int32Array, index: number, value: number, timeoutMs?: number) => string;

/** A thread that waits so hears nobody, not even a debugger: it has to give up by itself. */
function limitedWait(tell: (error: Error) => void): Disposable {
  const wait = Atomics.wait as Wait;
  const limited: Wait = (array, index, value, timeoutMs = Infinity) => {
    const limitMs = patientMs(HELD_MS);
    const ended = wait(array, index, value, Math.min(timeoutMs, limitMs));
    if (ended !== 'timed-out' || timeoutMs <= limitMs) return ended;
    const error = new Error(`Atomics.wait has held the thread for ${limitMs / 1_000} s`);
    tell(error);
    throw error;
  };
  Object.assign(Atomics, { wait: limited });
  return { [Symbol.dispose]: () => void Object.assign(Atomics, { wait }) };
}

async function waitFault(error: Error): Promise<UsageError> {
  return new UsageError(
    'ENDLESS_WAIT',
    `${await placeIn(error)}${error.message}, and nobody wakes it`,
    'await what another thread does, or give Atomics.wait a time limit; --patience waits longer',
    { cause: error },
  );
}

const IDLE = 'the command has not ended, and there is nothing left that it could wait for';

const framesOf = (error: unknown): string[] => thrownWords(error).stack.split('\n').slice(1);

async function exitFault(call: string, error: Error): Promise<UsageError> {
  return new UsageError(
    'PROCESS_EXIT',
    `${await placeIn(error)}it calls ${call}, which would end the run before its verdict`,
    'throw an error instead, or return an outcome',
    { cause: error },
  );
}

async function strayFault(kind: StrayKind, error: unknown): Promise<unknown> {
  const place = await placeIn(error);
  if (place === '' && framesOf(error).some(isHarnessFrame)) return error;
  return new UsageError(
    'STRAY_ERROR',
    `${place}${WHAT[kind]}: ${namedThrown(error)}`,
    'catch it in the strategy: in production it ends the process',
    { cause: error },
  );
}

/** `file:line: ` of the user's code that it comes from; empty if it comes from elsewhere. */
async function placeIn(error: unknown): Promise<string> {
  const { stack } = thrownWords(error);
  if (stack === '') return '';
  // Only now: a run in which nothing goes wrong need not load what finds lines.
  const { placeInStack } = await import('./source.ts');
  const place = await placeInStack(stack, 'esm').catch(() => undefined);
  return place ? `${placeOf(place.file, place.line)}: ` : '';
}
