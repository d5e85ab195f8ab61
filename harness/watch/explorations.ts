import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ExplorationDocument } from '../documents/exploration.ts';
import { onExit } from '../ground/lifetime.ts';
import { EXIT_CODES } from '../terminal/exit-codes.ts';

/** What an exploration in a process of its own came to. */
export interface Outcome {
  /** By `interrupt`. */
  isInterrupted: boolean;
  exitCode: number | null;
  /** Of each strategy in the file; none where there was no verdict. */
  explored: ExplorationDocument[];
  /** What it said of itself: faults, and what to do. */
  said: string;
}

/** A process that explores, or waits for it. */
interface Explorer {
  child: ChildProcess;
  /** Settles when it has ended, however it does. */
  outcome: Promise<Outcome>;
}

/**
 * Explores again and again, each time in a process of its own, as code that has run cannot be unloaded. The next one is kept
 * ready: started, with everything loaded but the strategy.
 */
class Explorations {
  readonly #words: readonly string[];
  readonly #script: string;
  #spare: Explorer | undefined;
  #running: Explorer | undefined;

  constructor(script: string, words: readonly string[]) {
    this.#script = script;
    this.#words = words;
    this.#spare = this.#start();
    onExit({ release: () => this.close() });
  }

  /** Explores what is there now. One at a time. */
  async run(): Promise<Outcome> {
    const { child, outcome } = (this.#running = this.#spare ?? this.#start());
    this.#spare = undefined;
    child.send('go', () => undefined); // where it has ended, its outcome says so
    const found = await outcome;
    this.#running = undefined;
    // Not before: there are few cores, and it would take one.
    if (!this.#closed) this.#spare = this.#start();
    return found;
  }

  /** Ends what runs, in order. */
  interrupt(): void {
    this.#running?.child.kill('SIGTERM');
  }

  #closed = false;

  async close(): Promise<void> {
    this.#closed = true;
    const left = [this.#running, this.#spare].filter((one) => one !== undefined);
    for (const { child } of left) child.kill('SIGTERM');
    await Promise.all(left.map(({ outcome }) => outcome));
  }

  #start(): Explorer {
    const spare = fileURLToPath(import.meta.resolve('#spare'));
    const child = fork(this.#script, this.#words, {
      execArgv: ['--import', spare],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    return { child, outcome: outcomeOf(child) };
  }
}

/** @param words of the command line that explores, after the program */
export const startExplorations = (script: string, words: readonly string[]): Explorations =>
  new Explorations(script, words);

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const closed = once(child, 'close');
  const texts = Promise.all([textOf(child.stdout!), textOf(child.stderr!)]);
  const [exitCode, signal] = (await closed) as [number | null, NodeJS.Signals | null];
  const [printed, said] = await texts;
  // One that still waited has nothing to end in order; what the other one printed may be half of it.
  const isInterrupted = signal === 'SIGTERM' || exitCode === EXIT_CODES.SIGTERM;
  return { isInterrupted, exitCode, explored: isInterrupted ? [] : documentsIn(printed), said };
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
