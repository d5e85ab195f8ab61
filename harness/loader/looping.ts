import { Session, type Debugger } from 'node:inspector';
import { fileURLToPath } from 'node:url';
import { isUsers } from '../ground/places.ts';
import { atMost, LATE } from '../ground/waiting.ts';
import { originalLine } from './source.ts';

export interface Place {
  file: string;
  line: number;
}

/** Where code stands that a debugger has stopped, as the user wrote it: what is compiled carries its map with it. */
export function placeIn(script: Debugger.ScriptParsedEventDataType, at: Debugger.Location): Place {
  const [, map] = /^data:[^,]*;base64,(.*)$/.exec(script.sourceMapURL ?? '') ?? [];
  const line = at.lineNumber + 1;
  const column = (at.columnNumber ?? 0) + 1;
  return {
    file: script.url.startsWith('file:') ? fileURLToPath(script.url) : script.url,
    line: map === undefined ? line : originalLine(Buffer.from(map, 'base64').toString(), line, column),
  };
}

/** How long it may take to find out. */
const LOOK_MS = 3_000;
/** A loop comes by the user's lines again and again, so one of some looks finds it there. */
const LOOKS = 50;

/**
 * Where one of this process's worker threads is in code of the user's: one that does not give its thread back. All of
 * them stand still afterwards, so they have to be ended.
 * @returns undefined if none is found there in time
 */
export async function placeOfLoop(): Promise<Place | undefined> {
  const session = new Session();
  session.connect();
  try {
    const found = await atMost(LOOK_MS, firstPlace(session));
    return found === LATE ? undefined : found;
  } finally {
    session.disconnect();
  }
}

interface Message {
  method?: string;
  params?: unknown;
}

function firstPlace(session: Session): Promise<Place | undefined> {
  return new Promise((resolve, reject) => {
    let asked = 0;
    const ask = (sessionId: string, method: string): void => {
      const message = JSON.stringify({ id: ++asked, method });
      session.post('NodeWorker.sendMessageToWorker', { sessionId, message });
    };
    const scripts = new Map<string, Debugger.ScriptParsedEventDataType>();
    let looks = 0;
    session.on('NodeWorker.attachedToWorker', ({ params: { sessionId } }) => {
      ask(sessionId, 'Debugger.enable');
      ask(sessionId, 'Debugger.pause');
    });
    session.on('NodeWorker.receivedMessageFromWorker', ({ params: { sessionId, message } }) => {
      const { method, params } = JSON.parse(message) as Message;
      if (method === 'Debugger.scriptParsed') {
        const script = params as Debugger.ScriptParsedEventDataType;
        if (isUsers(script.url)) scripts.set(`${sessionId} ${script.scriptId}`, script);
      }
      if (method !== 'Debugger.paused') return;
      const { callFrames } = params as Debugger.PausedEventDataType;
      for (const { location } of callFrames) {
        const script = scripts.get(`${sessionId} ${location.scriptId}`);
        if (script) return resolve(placeIn(script, location));
      }
      if (++looks > LOOKS) return resolve(undefined);
      ask(sessionId, 'Debugger.resume');
      ask(sessionId, 'Debugger.pause');
    });
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, (error) => error && reject(error));
  });
}
