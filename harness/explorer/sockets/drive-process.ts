import type { InstanceEvent } from '../process/instance-events.ts';
import { limitId, type PendingTimer } from '../process/timers.ts';
import { Dues, MOST_LAPSES, type Awaited } from '../space/dues.ts';
import type { Way } from './outside-passage.ts';

/** A process behind the gate, as far as it is driven. */
interface Driven {
  passages: readonly Way[];
  timers: readonly PendingTimer[];
  awaited: readonly Awaited[];
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
  const dues = new Dues();
  for (let lapses = 0; ;) {
    dues.follow(process.awaited);
    const reply = process.passages.findIndex((passage) => passage.replies.length > 0);
    const command = await nextCommand(process);
    if (process.putsOff) await process.apply({ type: 'immediate' });
    else if (reply >= 0) await process.deliver(reply);
    else if (command >= 0) {
      dues.forget(limitId(command));
      await execute(command);
    } else if (!process.owes || !waitsForSomething(process)) return;
    else {
      await meanwhile?.();
      // What others did may be what it waits for.
      if ((await nextCommand(process)) >= 0) continue;
      const lapse = await nextLapse(process, dues, lapses);
      if (lapse === undefined && process.timers.length === 0) return;
      dues.come(lapse === undefined ? process.timers[0]!.id : limitId(lapse));
      await (lapse === undefined ? process.apply({ type: 'timer' }) : execute(lapse));
      lapses = lapse === undefined ? 0 : lapses + 1;
    }
  }
}

/** The first connection with a command that may run; -1: there is none. */
export async function nextCommand(process: Driven): Promise<number> {
  for (const [c, { pending }] of process.passages.entries())
    if (pending.length > 0 && !(await process.waiting.isBlocked(c))) return c;
  return -1;
}

/** A timer is set, or a command waits at the server. */
const waitsForSomething = ({ timers, passages }: Driven): boolean =>
  timers.length > 0 || passages.some(({ pending }) => pending.length > 0);

/** As in the search: the connection on which a command has waited in vain before the next timer that does not repeat fires. */
async function nextLapse(process: Driven, dues: Dues, lapses: number): Promise<number | undefined> {
  const [lapse] = await process.lapsable();
  const timer = process.timers.find(({ repeats, firable }) => !repeats && firable);
  if (lapse === undefined || timer === undefined) return lapse;
  return lapses < MOST_LAPSES && dues.isBefore(limitId(lapse), timer.id) ? lapse : undefined;
}
