import type { InstanceEvent } from '../process/instance-events.ts';
import type { PendingTimer } from '../process/timers.ts';
import type { Way } from './outside-passage.ts';

/** A process behind the gate, as far as it is driven. */
interface Driven {
  passages: readonly Way[];
  timers: readonly PendingTimer[];
  waiting: { isBlocked(connection: number): Promise<boolean> };
  putsOff: boolean;
  owes: boolean;
  apply(event: InstanceEvent): Promise<void>;
  deliver(connection: number): Promise<void>;
  lapsable(): Promise<number[]>;
}

/** Runs everything to its end in the plainest order; `meanwhile` is what others do before each timer. As `drive` of a cursor. */
export async function drive(
  process: Driven,
  execute: (connection: number) => Promise<unknown>,
  meanwhile?: () => Promise<unknown>,
): Promise<void> {
  for (;;) {
    const reply = process.passages.findIndex((passage) => passage.replies.length > 0);
    const command = await nextCommand(process);
    if (process.putsOff) await process.apply({ type: 'immediate' });
    else if (reply >= 0) await process.deliver(reply);
    else if (command >= 0) await execute(command);
    else if (!process.owes || !(await letTimePass(process, execute, meanwhile))) return;
  }
}

/** The first connection with a command that may run; -1: there is none. */
export async function nextCommand(process: Driven): Promise<number> {
  for (const [c, { pending }] of process.passages.entries())
    if (pending.length > 0 && !(await process.waiting.isBlocked(c))) return c;
  return -1;
}

/** A timer fires, or a command has waited in vain. @returns whether there was anything to wait for */
async function letTimePass(
  process: Driven,
  execute: (connection: number) => Promise<unknown>,
  meanwhile?: () => Promise<unknown>,
): Promise<boolean> {
  const [lapse] = await process.lapsable();
  if (process.timers.length === 0 && lapse === undefined) return false;
  await meanwhile?.();
  // What others did may be what it waits for.
  if ((await nextCommand(process)) >= 0) return true;
  const fires = process.timers.some(({ repeats, firable }) => !repeats && firable);
  if (fires || lapse === undefined) await process.apply({ type: 'timer' });
  else await execute(lapse);
  return true;
}
