import { FAILPOINTS, type Arm, type Confirmation, type Failpoint } from '../../documents/failpoints.ts';

/**
 * Where a consumer can be killed so that it matters. A failpoint is armed by whoever started the process, over the IPC
 * channel that it alone holds, and by nothing else: no flag, no variable, no request. A process that comes to an armed
 * one tells so and stands still until it is killed.
 */

export interface Failpoints {
  /** Goes on, unless this one is armed: then it never does. `entries`: ids of what the consumer has at hand */
  reach(failpoint: Failpoint, entries: readonly string[]): Promise<void> | void;
}

/** The process's own channel: `process`, where it was started with one. */
export interface Channel {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  send(message: Confirmation): unknown;
}

export const noFailpoints: Failpoints = { reach() {} };

/** Failpoints of a process that was started with a channel; without one there is nobody who could arm any. */
export function failpointsOf(
  own: Pick<NodeJS.Process, 'on' | 'once' | 'send' | 'channel' | 'kill' | 'pid'>,
): Failpoints {
  if (own.send === undefined) return noFailpoints;
  const failpoints = failpointsOver({
    on: (_, listener) => own.on('message', listener),
    send: (message) => own.send!(message),
  });
  // Whoever started it is gone, however that ended: nobody would end this one.
  own.once('disconnect', () => own.kill(own.pid, 'SIGTERM'));
  // What it listens to would keep a process that has done its work; one that stands still has its connections.
  own.channel?.unref();
  return failpoints;
}

export function failpointsOver(channel: Channel): Failpoints {
  const armed = new Set<Failpoint>();
  channel.on('message', (message) => {
    const failpoint = FAILPOINTS.find((one) => one === (message as Partial<Arm> | null)?.arm);
    if (failpoint === undefined) return;
    armed.add(failpoint);
    channel.send({ armed: failpoint });
  });
  return {
    reach(failpoint, entries) {
      if (!armed.has(failpoint)) return;
      channel.send({ standing: failpoint, entries: [...entries] });
      // Until it is killed.
      return new Promise(() => undefined);
    },
  };
}
