import { Session, type Debugger } from 'node:inspector';
import { workerData } from 'node:worker_threads';
import { systemClock as clock } from '../ground/ambient.ts';
import { isUsers, placeOf } from '../ground/places.ts';
import { Held } from '../ground/thread-cpu.ts';
import { placeIn, type Place } from '../loader/looping.ts';
import { REPORT, type Stuck, type Watched } from './watchdog.ts';

// A session alone does not keep a thread alive.
setInterval(() => {}, 2 ** 30);

const { busy, limitMs } = workerData as Watched;
const count = new Int32Array(busy);

const session = new Session();
session.connectToMainThread();
for (;;) {
  await untilStuck();
  const place = await whereItLoops();
  if (place) await report(place);
}

/** Resolves when one stretch of a strategy's code, which an odd number says, has held the thread for too long. */
async function untilStuck(): Promise<void> {
  let seen = Atomics.load(count, 0);
  let held = heldFromNow();
  for (;;) {
    await clock.sleep(limitMs / 20);
    const now = Atomics.load(count, 0);
    if (now !== seen) held = heldFromNow();
    else if (now % 2 !== 0 && held.tooLong(nowMs())) return;
    seen = now;
  }
}

function nowMs(): number {
  return clock.monotonicNs() / 1e6;
}

/** The first thread of a process has its number. */
function heldFromNow(): Held {
  return new Held(process.pid, limitMs, nowMs());
}

/**
 * Stops the main thread in code of the user's, and lets it stand there. What loops comes by again and again, so it is
 * there already, or it runs into a breakpoint.
 * @returns undefined if the stretch has ended meanwhile: then the thread goes on
 */
async function whereItLoops(): Promise<Place | undefined> {
  const stretch = Atomics.load(count, 0);
  const scripts = new Map<string, Debugger.ScriptParsedEventDataType>();
  session.on('Debugger.scriptParsed', ({ params }) => {
    if (isUsers(params.url)) scripts.set(params.scriptId, params);
  });
  await post('Debugger.enable');
  let callFrames = await pausedBy('Debugger.pause');
  if (!callFrames.some(({ location }) => scripts.has(location.scriptId))) {
    for (const scriptId of scripts.keys()) await breakEverywhere(scriptId);
    callFrames = await pausedBy('Debugger.resume');
  }
  const frame = callFrames.find(({ location }) => scripts.has(location.scriptId));
  if (frame && Atomics.load(count, 0) === stretch) {
    return placeIn(scripts.get(frame.location.scriptId)!, frame.location);
  }
  session.removeAllListeners();
  await post('Debugger.disable');
  return undefined;
}

async function pausedBy(method: string): Promise<Debugger.CallFrame[]> {
  const paused = new Promise<Debugger.CallFrame[]>((resolve) =>
    session.once('Debugger.paused', ({ params }) => resolve(params.callFrames)),
  );
  await post(method);
  return paused;
}

async function breakEverywhere(scriptId: string): Promise<void> {
  const start = { scriptId, lineNumber: 0 };
  const { locations } = await post<Debugger.GetPossibleBreakpointsReturnType>(
    'Debugger.getPossibleBreakpoints',
    { start },
  );
  for (const location of locations) await post('Debugger.setBreakpoint', { location });
}

/** Has the main thread, which stands still, tell of the fault and end the process. */
async function report({ file, line }: Place): Promise<void> {
  const stuck: Stuck = [
    'ENDLESS_LOOP',
    `${placeOf(file, line)}: an endless loop: the code here went on for ${limitMs} ms without waiting for Redis or a timer`,
    'bound the loop (env.maxAttempts for retries), or wait in it for what only time can bring',
  ];
  const expression = `globalThis[Symbol.for('${REPORT.description!}')](...${JSON.stringify(stuck)})`;
  await post('Runtime.evaluate', { expression });
}

function post<T>(method: string, parameters?: object): Promise<T> {
  return new Promise((resolve, reject) =>
    session.post(method, parameters, (error, result) => (error ? reject(error) : resolve(result as T))),
  );
}
