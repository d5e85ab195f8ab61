import { missingNeeds, missingReplicas } from '../../harness/redis/capabilities.ts';
import { startServer } from '../../harness/redis/server.ts';
import type { Strategy } from '../../strategies/contract.ts';
import { registry, type Registration } from '../../strategies/registry.ts';
import { thisServer } from './this-server.ts';

/** Asked before the tests are listed, so that a test of what cannot run here is shown as skipped, not as passed. */
const target = await startServer(await thisServer());
const known = await Promise.all(
  registry.map(async (built) => ({
    built,
    lacks: await missingNeeds(target, built.strategy),
    waits: (await missingReplicas(target, built.strategy)) !== undefined,
  })),
);
await target.close();

/** What this machine's server can run of the registry. */
export const runnable: readonly Registration[] = known
  .filter(({ lacks }) => lacks === undefined)
  .map(({ built }) => built);
export const strategies: readonly Strategy[] = runnable.map(({ strategy }) => strategy);

/** Those of them that sell on a server without replicas, and those that do not. */
export const sellable: readonly Registration[] = known
  .filter(({ lacks, waits }) => lacks === undefined && !waits)
  .map(({ built }) => built);
export const waiting: readonly Strategy[] = known
  .filter(({ lacks, waits }) => lacks === undefined && waits)
  .map(({ built }) => built.strategy);

/** Those whose buyers have nothing to confirm: where they have, the twins without reductions are asked in confirms.test.ts. */
export const soldAtOnce = strategies.filter(({ name }) => name !== 'hold-then-confirm');

/** What it cannot run, and why. */
export const unable: readonly { name: string; lacks: string }[] = known.flatMap(({ built, lacks }) =>
  lacks === undefined ? [] : [{ name: built.strategy.name, lacks }],
);
