/** As Node has it: code that is judged may call `process.exit`, which is caught (`loader/guard.ts`). */
const exit = process.exit.bind(process);

let ending = false;

/** Whether it is we who end this process: Node calls functions for it that code which is judged may not. */
export const isEnding = (): boolean => ending;

/** Ends this process, or this thread, at once. */
export function endProcess(exitCode: number): never {
  ending = true;
  return exit(exitCode);
}

let last: number | undefined;

/** Ends the process with this exit code, whatever is still to come and whoever wants another one when it ends. */
export function endWith(exitCode: number): void {
  // The last to be told: code that was judged may listen, too.
  if (last === undefined) process.on('exit', () => (process.exitCode = last));
  last = exitCode;
  endProcess(exitCode);
}
