/** What the compiled explorer is given by scripts that run it in a process of its own. */
import { scopeOfFlags } from '../../dist/harness/commands/scope-flags.js';
import { systemClock } from '../../dist/harness/ground/ambient.js';
import { findServer } from '../../dist/harness/redis/find/find-server.js';
import { startServer } from '../../dist/harness/redis/server.js';

/** 2 buyers and 1 unit, as the command line would say it. */
export const scope = scopeOfFlags({
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
});

/** A private server, to be closed. */
export const ownServer = async () => startServer(await findServer({}));

export const now = () => systemClock.monotonicNs() / 1e6;
