import { FAILPOINTS, type Failpoint } from '../../documents/failpoints.ts';
import type { ServiceConsumers } from '../../service/consumers.ts';
import type { Nemesis, Victims } from '../nemesis.ts';

/**
 * The consumers are killed when the first of them stands at the failpoint: that one exactly there, the others wherever they
 * are. Random kills hit these points so rarely that a consumer which acknowledges too early passes them.
 */
const killedAt = (failpoint: Failpoint): Nemesis => ({
  name: `kill-consumer-${failpoint}`,
  summary: `consumers are killed when the first one stands at "${failpoint}"`,
  lacks: ({ service }) => (service.consumers ? undefined : 'its file has no consumers'),
  async start({ service: { consumers } }) {
    if (failpoint === 'claimed') await leaveSome(consumers!);
    const { pid, entries } = await consumers!.standingAt(failpoint);
    const [first, last] = [entries[0], entries.at(-1)];
    return `consumer ${pid} stands at ${failpoint} with ${entries.length} entries, ${first} to ${last}`;
  },
  act: killed,
  undo: startedAgain,
});

/** Entries are claimed only from a consumer that has left some. */
async function leaveSome(consumers: ServiceConsumers): Promise<void> {
  await consumers.standingAt('read');
  await consumers.kill();
  consumers.start();
}

const killed = async ({ service: { consumers } }: Victims): Promise<string> => {
  const ended = await consumers!.kill();
  const otherwise = ended.filter((how) => !how.endsWith('SIGKILL'));
  if (otherwise.length > 0) throw new Error(`a consumer ended by itself: ${otherwise.join(', ')}`);
  return ended.join(', ');
};

async function startedAgain({ service: { consumers } }: Victims): Promise<string> {
  // Where none stood there, they are armed and would stand there later, when nobody waits any more.
  await consumers!.kill();
  consumers!.start();
  return `consumers started: ${consumers!.pids.join(', ')}`;
}

export const killConsumer: readonly Nemesis[] = FAILPOINTS.map(killedAt);
