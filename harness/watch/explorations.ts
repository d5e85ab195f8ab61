import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ExplorationDocument } from '../documents/exploration.ts';
import { onExit } from '../ground/lifetime.ts';

/** What an exploration in a process of its own came to. */
export interface Outcome {
  exitCode: number | null;
  /** Of each strategy in the file; none where there was no verdict. */
  explored: ExplorationDocument[];
  /** What it said of itself: faults, and what to do. */
  said: string;
}

/**
 * Explores again and again, each time in a process of its own, as code that has run cannot be unloaded. The next one is kept
 * ready: started, with everything loaded but the strategy.
 */
class Explorations {
  readonly #words: readonly string[];
  readonly #script: string;
  readonly #children = new Set<ChildProcess>();
  #spare: ChildProcess;

  constructor(script: string, words: readonly string[]) {
    this.#script = script;
    this.#words = words;
    this.#spare = this.#start();
    onExit({ release: () => this.close() });
  }

  /** Explores; an exploration that still runs is ended first, and settles. */
  async run(): Promise<Outcome> {
    await Promise.all([...this.#children].filter((child) => child !== this.#spare).map(ended));
    const child = this.#spare;
    const [printed, said] = [textOf(child.stdout!), textOf(child.stderr!)];
    const closed = once(child, 'close');
    child.send('go', () => undefined); // where it has ended, that is told below
    const [exitCode] = (await closed) as [number | null];
    this.#children.delete(child);
    // Not before: there are few cores, and it would take one.
    if (!this.#closed) this.#spare = this.#start();
    return { exitCode, explored: documentsIn(await printed), said: await said };
  }

  /** Ends what runs, in order. */
  interrupt(): void {
    for (const child of this.#children) if (child !== this.#spare) child.kill('SIGTERM');
  }

  #closed = false;

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#children].map(ended));
  }

  #start(): ChildProcess {
    const spare = fileURLToPath(import.meta.resolve('#spare'));
    const child = fork(this.#script, this.#words, {
      execArgv: ['--import', spare],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }
}

/** @param words of the command line that explores, after the program */
export const startExplorations = (script: string, words: readonly string[]): Explorations =>
  new Explorations(script, words);

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const part of stream.setEncoding('utf8')) text += part;
  return text;
}

/** Under `--json`: one document, several, or that of a fault. */
function documentsIn(printed: string): ExplorationDocument[] {
  if (printed.trim() === '') return [];
  const answer = JSON.parse(printed) as ExplorationDocument | ExplorationDocument[] | { error: unknown };
  if (Array.isArray(answer)) return answer;
  return 'error' in answer ? [] : [answer];
}
