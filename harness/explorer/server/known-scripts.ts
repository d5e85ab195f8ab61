import { commandAt, digestOf, toldOf, type Dated, type Scripts } from './dated-ids.ts';
import { refusal, scriptBodies } from './explorable.ts';
import { digestsIn } from './restoring.ts';
import type { ServerImage } from './image.ts';
import { decodeCommand } from '../../wire/resp.ts';

interface Asked {
  command: string;
  queued: readonly string[];
  dirty: boolean;
}

/** A step as it is sent: see `commandAt`. */
export interface SentStep extends Omit<Asked, 'dirty'> {
  /** Scripts to load, which the step loads and what is sent in its place does not. */
  loads: readonly string[];
  /** The reply as the step would have it. */
  told: (reply: string) => string;
}

/** Texts of the scripts and libraries that were sent: digests alone cannot be restored. */
export class KnownScripts {
  readonly bodies = new Map<string, string>();
  readonly libraries: string[] = [];
  /** Digests of scripts that were seen to draw an id. */
  readonly #drawing = new Set<string>();
  readonly #mayDraw: Scripts['draws'];

  /** @param mayDraw what a script may do that nobody has seen run */
  constructor(mayDraw: Scripts['draws'] = () => false) {
    this.#mayDraw = mayDraw;
  }

  learn(commands: readonly (readonly string[])[]): void {
    for (const args of commands) {
      if (args[0]!.toUpperCase() === 'FUNCTION') this.libraries.push(args.join(' '));
      for (const body of scriptBodies(args)) this.bodies.set(digestOf(body), body);
    }
  }

  /** All that the commands say, scripts included. */
  *textsOf(commands: readonly (readonly string[])[]): Generator<string> {
    for (const args of commands) {
      const name = args[0]!.toUpperCase();
      yield* args;
      if (name.startsWith('EVALSHA')) yield this.bodies.get(args[1]?.toLowerCase() ?? '') ?? '';
      if (name.startsWith('FCALL')) yield* this.libraries;
    }
  }

  /** One of the step's scripts drew an id. @returns false if all of them are known to do so: then it was none of them */
  noteDraws({ command, queued }: Asked): boolean {
    const before = this.#drawing.size;
    for (const bytes of [...queued, command]) {
      const args = decodeCommand(bytes);
      const name = args[0]!.toUpperCase();
      if (name.startsWith('EVALSHA')) {
        const digest = args[1]?.toLowerCase() ?? '';
        if (this.bodies.has(digest)) this.#drawing.add(digest);
      } else for (const body of scriptBodies(args)) this.#drawing.add(digestOf(body));
    }
    return this.#drawing.size > before;
  }

  /** The step with the ids that it draws from the clock of its world. */
  sent(from: Pick<ServerImage, 'scripts'>, { command, queued, dirty }: Asked, nowMs: number): SentStep {
    // One that is not run loads nothing, either.
    if (dirty) return { command, queued, loads: [], told: (reply) => reply };
    const loaded = new Set(digestsIn(from.scripts));
    const dated: Dated[] = [];
    const send = (bytes: string): string => {
      const scripts = {
        draws: (digest: string, body: string) => this.#drawing.has(digest) || this.#mayDraw(digest, body),
        body: (digest: string) => this.bodies.get(digest),
        isLoaded: (digest: string) => loaded.has(digest),
      };
      const instead = commandAt(bytes, nowMs, scripts);
      if (instead) dated.push(instead);
      const args = decodeCommand(bytes);
      if (args[0]!.toUpperCase() === 'SCRIPT' && args[1]?.toUpperCase() === 'FLUSH') loaded.clear();
      for (const body of scriptBodies(args)) loaded.add(digestOf(body));
      return instead?.command ?? bytes;
    };
    const sent = [...queued.map(send), send(command)];
    const renamed = dated.flatMap((one) => (one.renamed ? [one.renamed] : []));
    return {
      queued: sent.slice(0, -1),
      command: sent.at(-1)!,
      loads: dated.flatMap(({ loads = [] }) => loads),
      told: (reply) => toldOf(reply, renamed),
    };
  }
}

/** Its script draws an id where none can be given: in a library. */
export const UNDATED = refusal(['XADD'], 'its script calls', [
  'the server takes the id from its clock',
  'call it by EVAL or EVALSHA instead of FCALL, or write the id as 0-* (Redis 7.0)',
]);

/** The stream is ahead of the clock. */
export const BEHIND = refusal(['XADD'], 'it sends', [
  'the stream has entries that are later than what the clock shows',
  'give all entries of a stream an id, or none',
]);

/** A service reads the time elsewhere. */
export const OF_ANOTHER_CLOCK = refusal(['XADD'], 'it sends', [
  'the server takes the id from its clock, and a service has a clock of its own',
  'write the id as 0-* (Redis 7.0)',
]);
