import type { Sale } from '../../strategies/contract.ts';
import type { Recording } from '../history/recording.ts';
import type { Sellable } from '../redis/target.ts';
import type { StrategyRef } from '../loader/strategies.ts';
import type { Arrivals } from './arrivals.ts';
import type { Crowd } from './buyers.ts';
import type { Failure } from '../documents/figures.ts';

/** What one worker is asked to do: be one application instance of a sale. Plain data. */
export interface InstanceTask extends ServingTask {
  strategy: StrategyRef;
  sale: Sale;
  target: Sellable;
  maxAttempts: number;
  /** Where its stores beside Redis are, if it asks for any; absent: there is no place for them. */
  tables?: string | undefined;
  /** It is not measured: whatever it is refused, the line is to be found that led to it. */
  tracked?: true;
}

/** What it is asked to do whatever it sells with. */
export interface ServingTask {
  crowd: Crowd;
  /** 0 … instances − 1 */
  instance: number;
  instances: number;
  /** Absent: closed loop. */
  arrivals?: Arrivals;
  /** Purchases that this instance has in flight, in an open loop at most; its processes are numbered from `firstProcess`. */
  inFlight: number;
  firstProcess: number;
  /** An instance that completes nothing for so long leaves what is outstanding as unknown. */
  graceMs: number;
  seed: number;
  control: SharedArrayBuffer;
}

export type InstanceReport = InstanceRun | InstanceFault;

export interface InstanceRun {
  kind: 'ran';
  recording: Recording;
  /** Calls that came back, with an answer or an error. */
  settled: number;
  failures: Failure[];
  connections: number;
  /** Commands sent until the last sale of this instance was acknowledged; all of them if it sold nothing. */
  commands: number;
  /** Packets sent until then. */
  roundTrips: number;
  /** Pauses that the seller took until then: what it does before it tries again. */
  pauses: number;
  /** Arrivals that were due and never became a purchase. */
  unsent: number;
  /** The most that this thread's JavaScript heap and what it holds outside of it were together. */
  memoryBytes: number;
  /** Share of its time in which the event loop was busy, 0 … 1. */
  busy: number;
  /** Its buyers confirm what they are sold. */
  confirms: boolean;
  /** It left purchases open because nothing was completed any more. */
  stalled: boolean;
  /** By connections that its code opens itself, commands were sent before the sale began. */
  sentBefore?: true;
}

/**
 * The instance never came to the start, was refused what it asked for, or would have ended its process. Data, because
 * an Error loses its own fields on the way between threads.
 */
export interface InstanceFault {
  kind: 'fault';
  during: 'loading the strategy' | 'connecting' | 'calling seller()' | 'logging in' | 'selling';
  code?: string;
  message: string;
  remedy?: string;
  stack?: string;
  /** It asked for a server that was not named for the run; `place` says where, if that is known. */
  refused?: { place: string | undefined };
}
