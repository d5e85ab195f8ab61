import { createInterface } from 'node:readline';
import { RunError, UsageError } from '../ground/errors.ts';

/** A person at a terminal. */
export interface Asker extends Disposable {
  /**
   * Asks until the answer will do.
   * @param fallback the answer of whoever just presses Enter
   * @throws UsageError if there is nobody any more
   */
  ask<T>(question: string, fallback: string, parse: (text: string) => T): Promise<T>;
}

/**
 * Questions go to stderr: stdout has the answer of the command alone.
 * @param signal ends the asking
 */
export function askerAt(input: NodeJS.ReadStream, output: NodeJS.WriteStream, signal: AbortSignal): Asker {
  const lines = createInterface({ input, output, terminal: true });
  // From now on: what is typed ahead is no line of nobody's.
  const typed = lines[Symbol.asyncIterator]();
  // While a line is typed, Ctrl-C is no signal; here it is one, as everywhere.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  signal.addEventListener('abort', () => lines.close(), { once: true });
  return {
    async ask(question, fallback, parse) {
      for (;;) {
        const asked = `${question} [${fallback}] `.split('\n');
        for (const line of asked.slice(0, -1)) output.write(`${line}\n`);
        lines.setPrompt(asked.at(-1)!);
        lines.prompt();
        const { done, value } = await typed.next();
        if (done) throw notAnswered();
        try {
          return parse(value.trim() || fallback);
        } catch (error) {
          if (!(error instanceof RunError)) throw error;
          output.write(`${error.message}: ${error.remedy}\n`);
        }
      }
    },
    [Symbol.dispose]: () => lines.close(),
  };
}

const notAnswered = (): UsageError =>
  new UsageError(
    'NOT_ANSWERED',
    'a question was not answered, and nothing is written',
    'answer it, or give --key, --style and --sold-out',
  );
