import { atMost } from '../ground/waiting.ts';
import { parseRedisUrl } from '../redis/url.ts';
import { keepThreadTo, orRefused } from '../wire/network.ts';
import { fail, type Answer, type Invocation } from './answer.ts';
import { startWatchdog } from './watchdog.ts';

/** How long a command that was refused a connection may take to put away what it has. */
const UNWIND_MS = 2_000;

/**
 * Runs code of users: it has to give the thread back in time, and may connect to the server alone that the run was
 * given.
 * @param redis that server's URL, if there is one
 * @throws NotNamed as soon as it asks for another
 */
export async function guarded(
  command: () => Promise<Answer>,
  redis: string | undefined,
  invocation: Invocation,
): Promise<Answer> {
  await startWatchdog({ onStuck: (error) => void fail(invocation, error) });
  keepThreadTo(redis === undefined ? [] : [parseRedisUrl(redis)]);
  const running = command();
  return orRefused(running).catch(async (error: unknown) => {
    await atMost(UNWIND_MS, running).catch(() => {});
    throw error;
  });
}
