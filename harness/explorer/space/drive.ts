import { CannotExplore } from '../cannot-explore.ts';
import { limitId } from '../process/timers.ts';
import type { Cursor } from './cursor.ts';
import { Dues, MOST_LAPSES } from './dues.ts';

/** What a process may still be asked for. */
interface StillAsked {
  /** First attempts of its buyers, at any time once it has a seller. */
  operations: readonly number[];
  /** Anything else, once those are answered: to release, to confirm, to restock, to do background work. */
  asksMore: boolean;
}

/**
 * Does what needs no decision: while the client can hear nothing but the replies of one connection, they arrive
 * at once, and commands that only touch their own connection run at once. Delivering later could only let the
 * client react later, and *when* its reactions run is the search's choice anyway; local commands commute with
 * everything that others do. A timer, or what was put off, that is all that the instance waits for comes at once
 * for the same reason: nothing of its own could come before it. A tick of a repeating timer may come any number of times.
 *
 * Not for several buyers on one instance, whose starts and replies could fall in between (check in memory, pause,
 * take), nor while a crash or a cut may still come, which would fall in between too (WATCH, GET, pause, EXEC on a
 * connection that is a new one by then). The caller knows both. Where what time it is makes a difference, timers and
 * whatever is put off are events, and so is a reply upon which the code reads the clock, or sets or ends a timer. So is
 * what comes to a process that could be asked already, or once more: a reply that nobody waited for, or what was put off, may
 * come before or after whoever asks. (While it does what it was asked for, it is asked for nothing else.)
 */
export async function settle(cursor: Cursor, { operations, asksMore }: StillAsked): Promise<void> {
  for (;;) {
    if (cursor.abilities && operations.some((operation) => !cursor.hasCalled(operation))) return;
    if (asksMore && cursor.answered) return;
    const executable = cursor.executable();
    const deliverable = cursor.deliverable();
    const active = new Set([...executable, ...deliverable]);
    // What waits for others may be served before or after whatever else comes.
    if (cursor.endless || cursor.isBlocked) return;
    const waitsForNothing = cursor.timers === 0 && !cursor.putsOff;
    if (active.size === 1 && waitsForNothing) {
      if (deliverable.length > 0) {
        if (!(await cursor.isTimeless(deliverable[0]!))) return;
        await cursor.deliver(deliverable[0]!);
      } else if (cursor.nextIsLocal(executable[0]!)) await cursor.execute(executable[0]!);
      else return;
    } else if (active.size > 0 || cursor.movesClock || (cursor.putsOff && cursor.timers > 0)) return;
    else if (cursor.putsOff) await cursor.fireImmediates();
    else if (cursor.nextIsAlone) await cursor.fireTimer();
    else return;
  }
}

/**
 * Runs everything to its end in the plainest order, for calls that nothing competes with. Time passes only where nothing else
 * may come, and then to whatever is due first: a command that waits a second has done so before a timer of half a minute fires.
 *
 * @param meanwhile what others do while this one waits for them or for time to pass, before each timer
 */
export async function drive(cursor: Cursor, meanwhile?: () => Promise<void>): Promise<void> {
  cursor.keepsTicks = true;
  const dues = new Dues();
  for (let lapses = 0; ;) {
    dues.follow(cursor.awaited);
    const [reply] = cursor.deliverable();
    const [command] = cursor.executable();
    if (cursor.endless)
      throw new CannotExplore(
        'a call never ends: it sends commands or sets timers without a limit',
        'bound its retries: by env.maxAttempts in a strategy, by a small number in a service',
      );
    if (cursor.putsOff) await cursor.fireImmediates();
    else if (reply !== undefined) await cursor.deliver(reply);
    else if (command !== undefined) {
      dues.forget(limitId(command));
      await cursor.execute(command);
    } else if (cursor.waits && (cursor.timers > 0 || cursor.isBlocked)) {
      await meanwhile?.();
      // What others did may be what it waits for.
      await cursor.lookAtBlocked();
      if (cursor.executable().length > 0) continue;
      const lapse = nextLapse(cursor, dues, lapses);
      if (lapse === undefined && cursor.timers === 0) return;
      dues.come(lapse === undefined ? cursor.awaited[0]!.id : limitId(lapse));
      if (lapse === undefined) await cursor.fireTimer();
      else await cursor.lapse(lapse);
      lapses = lapse === undefined ? 0 : lapses + 1;
    } else return;
  }
}

/** The connection on which a command has waited in vain before the next timer that does not repeat fires, if there is one. */
function nextLapse(cursor: Cursor, dues: Dues, lapses: number): number | undefined {
  const [lapse] = cursor.lapsable();
  const timer = cursor.nextOneShot;
  if (lapse === undefined || timer === undefined) return lapse;
  return lapses < MOST_LAPSES && dues.isBefore(limitId(lapse), timer) ? lapse : undefined;
}
