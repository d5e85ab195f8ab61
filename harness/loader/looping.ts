import { Session, type Debugger } from 'node:inspector';
import { fileURLToPath } from 'node:url';
import { isUsers, uncompiled } from '../ground/places.ts';
import { atMost, LATE } from '../ground/waiting.ts';
import { originalLine } from './source-maps.ts';

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
    file: uncompiled(script.url.startsWith('file:') ? fileURLToPath(script.url) : script.url),
    line: map === undefined ? line : originalLine(Buffer.from(map, 'base64').toString(), line, column),
  };
}

/** How long it may take to find out. */
const LOOK_MS = 3_000;
/** A loop comes by the user's lines again and again, so one of some looks finds it there. */
const LOOKS = 50;

/** How long threads may take to be let go. */
const LET_GO_MS = 1_000;

/**
 * Where one of this process's worker threads is in code of the user's: one that does not give its thread back.
 * @returns undefined if none is found there in time
 */
export async function placeOfLoop(): Promise<Place | undefined> {
  const threads = new Threads();
  try {
    const found = await atMost(LOOK_MS, threads.firstPlace());
    return found === LATE ? undefined : found;
  } finally {
    await threads.letGo();
  }
}

interface Message {
  id?: number;
  method?: string;
  params?: unknown;
}

/** The worker threads of this process, under a debugger. */
class Threads {
  readonly #session = new Session();
  readonly #ids = new Set<string>();
  readonly #answered = new Map<number, () => void>();
  readonly #scripts = new Map<string, Debugger.ScriptParsedEventDataType>();
  #asked = 0;
  #looks = 0;

  constructor() {
    this.#session.connect();
  }

  firstPlace(): Promise<Place | undefined> {
    const session = this.#session;
    return new Promise((resolve, reject) => {
      session.on('NodeWorker.attachedToWorker', ({ params: { sessionId } }) => {
        this.#ids.add(sessionId);
        void this.#ask(sessionId, 'Debugger.enable');
        void this.#ask(sessionId, 'Debugger.pause');
      });
      session.on('NodeWorker.receivedMessageFromWorker', ({ params: { sessionId, message } }) => {
        const { id, method, params } = JSON.parse(message) as Message;
        if (id !== undefined) this.#answered.get(id)?.();
        if (method === 'Debugger.scriptParsed')
          this.#note(sessionId, params as Debugger.ScriptParsedEventDataType);
        if (method !== 'Debugger.paused') return;
        const place = this.#placeAt(sessionId, params as Debugger.PausedEventDataType);
        if (place || ++this.#looks > LOOKS) return resolve(place);
        void this.#ask(sessionId, 'Debugger.resume');
        void this.#ask(sessionId, 'Debugger.pause');
      });
      session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, (error) => error && reject(error));
    });
  }

  /** All go on. A thread that a debugger holds could not even be ended: `terminate` would wait for ever. */
  async letGo(): Promise<void> {
    const going = [...this.#ids].map((id) => this.#ask(id, 'Debugger.disable'));
    await atMost(LET_GO_MS, Promise.all(going));
    this.#session.disconnect();
  }

  #ask(sessionId: string, method: string): Promise<void> {
    const id = ++this.#asked;
    const message = JSON.stringify({ id, method });
    return new Promise((resolve) => {
      this.#answered.set(id, resolve);
      this.#session.post('NodeWorker.sendMessageToWorker', { sessionId, message });
    });
  }

  #note(sessionId: string, script: Debugger.ScriptParsedEventDataType): void {
    if (isUsers(script.url)) this.#scripts.set(`${sessionId} ${script.scriptId}`, script);
  }

  #placeAt(sessionId: string, { callFrames }: Debugger.PausedEventDataType): Place | undefined {
    for (const { location } of callFrames) {
      const script = this.#scripts.get(`${sessionId} ${location.scriptId}`);
      if (script) return placeIn(script, location);
    }
    return undefined;
  }
}
