import { move, transferableSymbol, valueSymbol } from 'piscina';
import { nothingRecorded } from '../history/recording.ts';
import { RunError } from '../ground/errors.ts';
import { thrownWords } from '../ground/thrown.ts';
import { NotNamed } from '../wire/refusal.ts';
import type { Failures } from './failures.ts';
import type { InstanceFault, InstanceRun } from './task.ts';

/** What an instance reports to the main thread. */

/** It was stopped before it began. */
export const nothingSold = (failures: Failures): InstanceRun => ({
  kind: 'ran',
  recording: nothingRecorded,
  settled: 0,
  failures: failures.list(),
  connections: 0,
  commands: 0,
  roundTrips: 0,
  pauses: 0,
  unsent: 0,
  busy: 0,
  memoryBytes: 0,
  stalled: false,
  confirms: false,
});

/** Why it never came to the start, or had to end. */
export function faultOf(during: InstanceFault['during'], error: unknown): InstanceFault {
  const { message, code, stack } = thrownWords(error);
  return {
    kind: 'fault',
    during,
    message,
    ...(code !== undefined && { code }),
    ...(error instanceof RunError && { remedy: error.remedy }),
    ...(stack !== '' && { stack }),
    ...(error instanceof NotNamed && { refused: { place: error.place } }),
  };
}

/** Hands the columns over to the main thread instead of copying them. */
export function transferred(run: InstanceRun): InstanceRun {
  const handedOver = { [transferableSymbol]: run.recording.chunks, [valueSymbol]: run };
  return move(handedOver) as unknown as InstanceRun;
}
