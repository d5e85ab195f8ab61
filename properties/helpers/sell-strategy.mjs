/** Sells 10 units to 50 buyers with the strategy of each file, on worker threads, and tells on stdout what came of it. */
import { runLoad } from '../../dist/harness/load/driver.js';
import { loadStrategy } from '../../dist/harness/loader/strategies.js';
import { findServer } from '../../dist/harness/redis/find/find-server.js';
import { startServer } from '../../dist/harness/redis/server.js';

const [, , seed, ...paths] = process.argv;
const target = await startServer(await findServer({}));
try {
  const sale = { stock: 10, buyers: 50, inFlight: 8, workers: 2 };
  const told = [];
  for (const path of paths) {
    const options = { strategy: await loadStrategy({ path }), target, seed: Number(seed), ...sale };
    const { strategy, soldUnits, errors } = await runLoad(options);
    told.push({ strategy, soldUnits, errors });
  }
  process.stdout.write(JSON.stringify(told));
} finally {
  await target.close();
}
