/** Explores a strategy from a file, watched by an impatient watchdog, and tells on stdout what came of it. */
import { dirname } from 'node:path';
import { systemClock } from '../../dist/harness/ground/ambient.js';
import { explore } from '../../dist/harness/explorer/explore.js';
import { scopeOfFlags } from '../../dist/harness/commands/scope-flags.js';
import { subjectOf } from '../../dist/harness/explorer/process/subject.js';
import { findServer } from '../../dist/harness/redis/find/find-server.js';
import { startServer } from '../../dist/harness/redis/server.js';
import { chosenStrategies } from '../../dist/harness/loader/strategies.js';
import { startWatchdog } from '../../dist/harness/terminal/watchdog.js';

/** As the command line would say it. */
const SIZE = {
  buyers: 2,
  stock: 1,
  quantities: '1',
  attempts: 3,
  client: 'default',
  faults: '',
  seed: 1,
  releases: 0,
  restocks: 0,
  jobs: 0,
};
const [, , file, limitMs] = process.argv;
const tell = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

const target = await startServer(await findServer({}));
tell({ pid: target.pid, folder: dirname(target.options.path) });
const watchdog = await startWatchdog({
  limitMs: Number(limitMs),
  onStuck: ({ code, message, remedy }) => tell({ error: { code, message, remedy } }),
});
try {
  const [loaded] = await chosenStrategies([file]);
  const { verdict } = await explore({
    scope: scopeOfFlags(SIZE),
    subject: await subjectOf(loaded),
    target,
    now: () => systemClock.monotonicNs() / 1e6,
  });
  tell({ verdict });
} finally {
  watchdog[Symbol.dispose]();
  await target.close();
}
