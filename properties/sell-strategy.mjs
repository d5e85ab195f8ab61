/** Sells 10 units to 50 buyers with a strategy from a file, on worker threads, and tells on stdout what came of it. */
import { runLoad } from '../dist/harness/load/driver.js';
import { findServer } from '../dist/harness/redis/provision.js';
import { startServer } from '../dist/harness/redis/server.js';

const [, , path, seed] = process.argv;
const target = await startServer(await findServer({}));
try {
  const sale = { stock: 10, buyers: 50, inFlight: 8, workers: 2 };
  const { strategy, soldUnits, errors } = await runLoad({
    strategy: { path },
    target,
    seed: Number(seed),
    ...sale,
  });
  process.stdout.write(JSON.stringify({ strategy, soldUnits, errors }));
} finally {
  await target.close();
}
