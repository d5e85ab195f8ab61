/** As Node has it: code that is judged may call `process.exit`, which is caught (`loader/guard.ts`). */
const exit = process.exit.bind(process);

/** Ends this process, or this thread, at once. */
export const endProcess = (exitCode: number): never => exit(exitCode);

let last: number | undefined;

/** Ends the process with this exit code, whatever is still to come and whoever wants another one when it ends. */
export function endWith(exitCode: number): void {
  // The last to be told: code that was judged may listen, too.
  if (last === undefined) process.on('exit', () => (process.exitCode = last));
  last = exitCode;
  endProcess(exitCode);
}
