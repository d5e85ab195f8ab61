import { brokenBuiltIn } from '../ground/built-ins.ts';
import { onReplaced, type UsageError } from '../ground/errors.ts';
import { parseRedisUrl } from '../ground/redis-url.ts';
import { spoiltBy } from '../ground/spoilt.ts';
import { strategyOutputToStderr } from '../ground/standard-streams.ts';
import { guardThread } from '../loader/guard.ts';
import { keepThreadTo, orRefused, refusalOr } from '../wire/network.ts';
import { NotNamed, type Address } from '../wire/refusal.ts';
import { fail, type Answer, type Invocation } from './answer.ts';
import type { Conduct, Watch } from './command-process.ts';
import { startWatchdog } from './watchdog.ts';

interface Guarded {
  /** URL of the server that the run was given, if it was given one. */
  redis: string | undefined;
  /** Other servers that the code may connect to. */
  allowed: readonly Address[] | undefined;
  /** It runs large sales. */
  sells: boolean;
  invocation: Invocation;
  conduct: Conduct;
}

/**
 * Runs code of users: it must not keep the thread for good, end it, print where the answer goes, or connect to another
 * server than the run was given. What it does of that is a fault, which ends the command.
 */
export async function guarded(
  command: () => Promise<Answer>,
  { redis, allowed = [], sells, invocation, conduct }: Guarded,
): Promise<Answer> {
  conduct.watch = await watch(invocation, conduct);
  const given = redis === undefined ? [] : [parseRedisUrl(redis)];
  // On a server of the user's own, keys that the code names would be among its owner's.
  keepThreadTo([...given, ...allowed], { sells, leads: sells && redis === undefined });
  const running = intact(command());
  // What is refused ends the command even where it waits for that; a fault of its own it throws itself.
  void orRefused(running).catch((error: unknown) => {
    if (error instanceof NotNamed) conduct.faults.tell(error);
  });
  return running;
}

/** An answer that was found with what the code had spoilt says nothing. @throws UsageError */
async function intact(answering: Promise<Answer>): Promise<Answer> {
  const answered = await answering.catch(async (error: unknown) => {
    throw (await spoilt(error)) ?? error;
  });
  const fault = await spoilt();
  if (fault) throw fault;
  return answered;
}

async function spoilt(error?: unknown): Promise<UsageError | undefined> {
  const broken = await brokenBuiltIn();
  return broken === undefined ? spoiltBy(error) : onReplaced([broken], error);
}

async function watch(invocation: Invocation, { faults }: Conduct): Promise<Watch> {
  const watchdog = await startWatchdog({ onStuck: (error) => void fail(invocation, error) });
  const output = strategyOutputToStderr();
  const thread = guardThread({ tell: (fault) => faults.tell(refusalOr(fault)) });
  return {
    over: async () => {
      thread.over();
      await watchdog[Symbol.asyncDispose]();
    },
    restore: () => {
      thread[Symbol.dispose]();
      output[Symbol.dispose]();
    },
  };
}
