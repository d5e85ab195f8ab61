/** Explores a strategy from a file, watched by an impatient watchdog, and tells on stdout what came of it. */
import { dirname } from 'node:path';
import { explore } from '../../dist/harness/explorer/explore.js';
import { subjectOf } from '../../dist/harness/explorer/process/subject.js';
import { chosenStrategies } from '../../dist/harness/loader/strategies.js';
import { startWatchdog } from '../../dist/harness/terminal/watchdog.js';
import { now, ownServer, scope } from './small-sale.mjs';

const [, , file, limitMs] = process.argv;
const tell = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

const target = await ownServer();
tell({ pid: target.pid, folder: dirname(target.options.path) });
const watchdog = await startWatchdog({
  limitMs: Number(limitMs),
  onStuck: ({ code, message, remedy }) => tell({ error: { code, message, remedy } }),
});
try {
  const [loaded] = await chosenStrategies([file]);
  const { verdict } = await explore({
    scope,
    subject: await subjectOf(loaded),
    target,
    now,
  });
  tell({ verdict });
} finally {
  await watchdog[Symbol.asyncDispose]();
  await target.close();
}
