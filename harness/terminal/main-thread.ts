import { Session, type Debugger } from 'node:inspector';
import { isUsers } from '../ground/places.ts';
import { placeIn, type Place } from '../loader/looping.ts';

/** Where it stands. */
export type Stopped = Debugger.PausedEventDataType;

/** The thread that a command runs on, under a debugger in another one. Until it is first needed, it goes at full speed. */
export class MainThread {
  readonly #session = new Session();
  readonly #scripts = new Map<string, Debugger.ScriptParsedEventDataType>();
  #enabled = false;
  #wanted: ((at: Stopped) => void) | undefined;

  constructor() {
    this.#session.connectToMainThread();
    this.#session.on('Debugger.scriptParsed', ({ params }) => {
      if (isUsers(params.url)) this.#scripts.set(params.scriptId, params);
    });
    this.#session.on('Debugger.paused', ({ params }) => {
      const wanted = this.#wanted;
      this.#wanted = undefined;
      // Nobody asked: a `debugger` statement of the user's.
      if (wanted) wanted(params);
      else void this.post('Debugger.resume');
    });
  }

  /**
   * Stops it in code of the user's, and lets it stand there. What loops comes by again and again, so it is there
   * already, or it runs into a breakpoint.
   */
  async stopInUsers(): Promise<Place | undefined> {
    await this.#enable();
    let at = await this.#after('Debugger.pause');
    if (!this.placeOf(at)) {
      for (const scriptId of this.#scripts.keys()) await this.#breakEverywhere(scriptId);
      at = await this.#after('Debugger.resume');
    }
    return this.placeOf(at);
  }

  /** Stops it wherever it is. */
  async stop(): Promise<Stopped> {
    await this.#enable();
    return this.#after('Debugger.pause');
  }

  /** The innermost line of the user's where it stands, if one is on the way there. */
  placeOf({ callFrames }: Stopped): Place | undefined {
    const frame = callFrames.find(({ location }) => this.#scripts.has(location.scriptId));
    return frame && placeIn(this.#scripts.get(frame.location.scriptId)!, frame.location);
  }

  /** It goes on. */
  async letGo(): Promise<void> {
    this.#enabled = false;
    await this.post('Debugger.disable');
  }

  /** What an expression comes to on that thread, also while it stands still or loops. */
  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.post<{ result: { value?: unknown } }>('Runtime.evaluate', { expression });
    return result.value;
  }

  post<T>(method: string, parameters?: object): Promise<T> {
    return new Promise((resolve, reject) =>
      this.#session.post(method, parameters, (error, result) =>
        error ? reject(error) : resolve(result as T),
      ),
    );
  }

  /** Only where it is to be stopped: V8 frees less under a debugger. */
  async #enable(): Promise<void> {
    if (this.#enabled) return;
    this.#enabled = true;
    await this.post('Debugger.enable');
  }

  async #after(method: string): Promise<Stopped> {
    const stopped = new Promise<Stopped>((resolve) => (this.#wanted = resolve));
    await this.post(method);
    return stopped;
  }

  async #breakEverywhere(scriptId: string): Promise<void> {
    const start = { scriptId, lineNumber: 0 };
    const { locations } = await this.post<Debugger.GetPossibleBreakpointsReturnType>(
      'Debugger.getPossibleBreakpoints',
      { start },
    );
    for (const location of locations) await this.post('Debugger.setBreakpoint', { location });
  }
}
