/**
 * Loads files of strategies as the command does, and tells on stdout what came of it. With a path and a limit of time
 * that is one file, and the exit code is the command's; without, each line of stdin is a path, and gets a line.
 */
import { createInterface } from 'node:readline';
import { chosenStrategies } from '../../dist/harness/loader/strategies.js';
import { startWatchdog } from '../../dist/harness/terminal/watchdog.js';

const [, , path, limit] = process.argv;
const importLimitMs = limit === undefined ? undefined : Number(limit);
const tell = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
const told = ({ code, message, remedy, exitCode }) => ({ error: { code, message, remedy }, exitCode });

async function load(file) {
  try {
    const loaded = await chosenStrategies([file], { importLimitMs });
    return {
      strategies: loaded.map(({ ref, strategy, path: at }) => ({ ...ref, name: strategy.name, path: at })),
    };
  } catch (error) {
    if (error.exitCode === undefined) throw error;
    return told(error);
  }
}

const watchdog = await startWatchdog({ limitMs: importLimitMs, onStuck: (error) => tell(told(error)) });
try {
  if (path === undefined) for await (const line of createInterface(process.stdin)) tell(await load(line));
  else {
    const answer = await load(path);
    process.exitCode = answer.exitCode ?? 0;
    tell(answer);
  }
} finally {
  await watchdog[Symbol.asyncDispose]();
}
