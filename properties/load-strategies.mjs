/** Loads a file of strategies as the command does, and tells on stdout what came of it. */
import { loadStrategies } from '../dist/harness/strategy-loader.js';
import { startWatchdog } from '../dist/harness/watchdog.js';

const [, , path, importLimitMs] = process.argv;
const tell = (answer) => process.stdout.write(JSON.stringify(answer));
const told = ({ code, message, remedy }) => ({ error: { code, message, remedy } });

const watchdog = await startWatchdog({
  limitMs: Number(importLimitMs),
  onStuck: (error) => tell(told(error)),
});
try {
  const loaded = await loadStrategies({ path }, { importLimitMs: Number(importLimitMs) });
  tell({
    strategies: loaded.map(({ ref, strategy, path: file }) => ({ ...ref, name: strategy.name, path: file })),
  });
} catch (error) {
  if (error.exitCode === undefined) throw error;
  tell(told(error));
  process.exitCode = error.exitCode;
} finally {
  watchdog[Symbol.dispose]();
}
