import { workerData } from 'node:worker_threads';
import { systemClock as clock } from '../ground/ambient.ts';
import { inMegabytes, isNearlyAll, residentBytes } from '../ground/memory.ts';
import { placeOf } from '../ground/places.ts';
import { Held } from '../ground/thread-cpu.ts';
import { MainThread, type Stopped } from './main-thread.ts';
import { FOR_WATCHDOG, type Fatal, type Watched } from './watchdog.ts';

// A session alone does not keep a thread alive.
setInterval(() => {}, 2 ** 30);

const { busy, limitMs, heapLimitBytes } = workerData as Watched;
const count = new Int32Array(busy);
const main = new MainThread();
const MAIN = `globalThis[Symbol.for('${FOR_WATCHDOG.description!}')]`;
/** Half a heap is not filled between two looks; nor is the rest of it between two closer ones. */
const LOOK_MS = 40;
const CLOSE_LOOK_MS = 5;
/** After it turned out to be garbage. */
const LATER_MS = 1_000;
/** A search of our own ends by itself before that. */
const FULL = 0.85;

/**
 * Looks at time and memory in turns. There is one loop, so that no timer of this thread is left where it has the process end:
 * one that fires while Node takes the process down aborts it now and then.
 */
async function watch(): Promise<never> {
  for (;;) {
    await lookAtTime();
    await clock.sleep(await lookAtMemory());
  }
}

let seen = Atomics.load(count, 0);
let held = heldFromNow();

/** Ends the process when one stretch of a strategy's code, which an odd number says, has held the thread for too long. */
async function lookAtTime(): Promise<void> {
  const now = Atomics.load(count, 0);
  if (now === seen && now % 2 !== 0 && held.tooLong(nowMs())) await tellOfLoop(now);
  if (now !== seen) held = heldFromNow();
  seen = now;
}

function nowMs(): number {
  return clock.monotonicNs() / 1e6;
}

/** The first thread of a process has its number. */
function heldFromNow(): Held {
  return new Held(process.pid, limitMs, nowMs());
}

/** If the stretch has ended meanwhile, the thread goes on. */
async function tellOfLoop(stretch: number): Promise<void> {
  const place = await main.stopInUsers();
  if (!place || Atomics.load(count, 0) !== stretch) return main.letGo();
  await report({
    isTheirs: true,
    code: 'ENDLESS_LOOP',
    message: `${placeOf(place.file, place.line)}: an endless loop: the code here went on for ${limitMs} ms without waiting for Redis or a timer`,
    remedy: 'bound the loop (env.maxAttempts for retries), or wait in it for what only time can bring',
  });
}

/**
 * Ends the process before its memory is full, which would end it without a word of ours.
 * @returns after how many milliseconds to look again
 */
async function lookAtMemory(): Promise<number> {
  const bytes = residentBytes();
  if (isNearlyAll(bytes)) await tellOfMemory(await main.stop(), bytes);
  // The heap is part of it: while that is small, the thread need not be asked.
  if (bytes <= heapLimitBytes / 2) return LOOK_MS;
  if (!(await isFull())) return CLOSE_LOOK_MS;
  // The debugger's own command would wait until the thread is free.
  await main.evaluate(`${MAIN}.collectGarbage()`);
  if (await isFull()) await tellOfMemory(await main.stop());
  return LATER_MS;
}

const isFull = async (): Promise<boolean> => Number(await main.evaluate(`${MAIN}.heapInUse()`)) > FULL;

async function tellOfMemory(at: Stopped, bytes?: number): Promise<void> {
  const place = main.placeOf(at);
  const isTheirs = place !== undefined || Atomics.load(count, 0) % 2 !== 0;
  const where = place ? `${placeOf(place.file, place.line)}: ` : '';
  await report({
    isTheirs,
    code: 'OUT_OF_MEMORY',
    message:
      bytes === undefined
        ? `${where}${inMegabytes(heapLimitBytes)} of memory are full, which is all that Node may have`
        : `${where}${inMegabytes(bytes)} of memory are in use, which is nearly all that this machine has`,
    remedy: `${isTheirs ? 'let the code keep less' : 'ask for a smaller scope'}; or, ${bytes === undefined ? `if it needs that much, give Node more: NODE_OPTIONS=--max-old-space-size=${twice(heapLimitBytes)}` : 'run it where there is more'}`,
  });
}

/** In megabytes. */
const twice = (bytes: number): number => Math.ceil((2 * bytes) / 2 ** 20);

/** Has the main thread, which stands still, tell of the fault and end the process. */
async function report(fatal: Fatal): Promise<void> {
  await main.evaluate(`${MAIN}.report(${JSON.stringify(fatal)})`);
}

// Last: the rest of this file has to be there for it.
await watch();
