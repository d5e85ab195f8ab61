/** Explores a strategy from a file, watched by an impatient watchdog, and tells on stdout what came of it. */
import { dirname } from 'node:path';
import { systemClock } from '../dist/harness/ambient.js';
import { explore } from '../dist/harness/explorer/explore.js';
import { subjectOf } from '../dist/harness/explorer/subject.js';
import { findServer } from '../dist/harness/redis/provision.js';
import { startServer } from '../dist/harness/redis/server.js';
import { loadStrategies } from '../dist/harness/strategy-loader.js';
import { startWatchdog } from '../dist/harness/watchdog.js';

const [, , file, limitMs] = process.argv;
const tell = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

const target = await startServer(await findServer({}));
tell({ pid: target.pid, folder: dirname(target.options.path) });
const watchdog = await startWatchdog({
  limitMs: Number(limitMs),
  onStuck: ({ code, message, remedy }) => tell({ error: { code, message, remedy } }),
});
try {
  const [{ strategy, path }] = await loadStrategies({ path: file });
  const size = { buyers: 2, stock: 1, quantities: [1, 1], users: 2, instances: 2, attempts: 3 };
  const { verdict } = await explore({
    scope: { ...size, client: 'default', faults: { crash: 0 }, seed: 1 },
    subject: await subjectOf(strategy, path),
    target,
    now: () => systemClock.monotonicNs() / 1e6,
  });
  tell({ verdict });
} finally {
  watchdog[Symbol.dispose]();
  await target.close();
}
