import type { FaultStep, ScheduleStep } from '../../documents/counterexample.ts';
import { isOfCall } from '../../documents/fault-events.ts';
import type { Process } from './gated-process.ts';

/** Why a step is not possible now in this process, which it is about; or undefined. */
export function refusalOf(process: Process, step: ScheduleStep): string | undefined {
  const way = 'connection' in step ? process.passages[step.connection] : undefined;
  if (step.event === 'execute' && !way?.pending.length) return 'no command was sent there';
  if (step.event === 'deliver' && (way?.replies.length ?? 0) < (step.replies ?? 1))
    return 'no reply waits there';
  if (step.event === 'immediate' && !process.putsOff) return 'nothing is put off';
  if (step.event === 'timer' && !process.isSet(step.timer)) return 'no such timer is set';
  if (isOfCall(step.event) && 'connection' in step && !process.outsideCalls().includes(step.connection))
    return 'no call is under way there';
  if (step.event === 'timeout' && process.limits < step.commands) return 'fewer commands wait for a reply';
  if ('survivors' in step && 'connection' in step && !way) return 'there is no such connection';
  return undefined;
}

/** Whether something happens by it to a process, to a connection, to a client or to a call. */
export const isFaultStep = (step: ScheduleStep): step is FaultStep =>
  'survivors' in step || 'commands' in step || isOfCall(step.event);
