import type { PurchaseRequest } from '../../../strategies/contract.ts';
import type { Drawn } from './chance.ts';
import type { Threw } from './thrown.ts';
import type { PendingTimer } from './timers.ts';

/** A call on a seller. Purchases are numbered by their buyer. */
export type Call =
  | { method: 'purchase' | 'release' | 'confirm'; request: PurchaseRequest }
  | { method: 'restock'; quantity: number }
  | { method: 'open' | 'seller' | 'remaining' | 'recorded' | 'runJob' | 'close' };

/**
 * One application process, as the explorer drives it: what it does is a function of the events that it was told. It moves
 * only inside `apply`, and only until it is quiet. The strategy's modules in this process are one kind
 * (`instance.ts`), a service behind HTTP is another (`harness/intercept/`).
 */
export interface Instance {
  /** Lets one event happen and everything that follows from it. @throws CannotExplore if the process does what it must not */
  apply(event: InstanceEvent): Promise<void>;
  /** What it has done so far, to keep. */
  observe(): Observation;
  /** The same, to look at: its arrays go on growing. */
  look(): Observation;
  /** Ends the process: its connections break for good, and what it does after that is no longer looked at. */
  kill(): Promise<void>;
  /** Nobody will tell it anything more; absent: that makes no difference. */
  leave?(): Promise<void>;
  /** It had to make room for another one, and cannot be told anything any more: run its history again. */
  readonly isGone?: boolean;
}

/** How a call ended. */
export type Settled = { kind: 'returned'; value: unknown } | Threw;

/** One input of an instance. Everything that it does is a function of the sequence of these. */
export type InstanceEvent = (
  | { type: 'call'; call: Call }
  /** Bytes of one reply, or of several that arrive in one chunk. */
  | { type: 'deliver'; connection: number; bytes: string }
  /** Of the timers that are set, the one of this id; absent: the first. */
  | { type: 'timer'; timer?: number }
  /** Everything that was put off by setImmediate comes. */
  | { type: 'immediate' }
  | { type: 'cut'; connection: number }
  /** Of so many commands, the oldest without a reply, the time limit passes. */
  | { type: 'timeout'; commands: number }
) & {
  /** What `env.pick` answers while this event is worked off, in order. */
  picks?: readonly number[];
  /** It is at least so late by then, in milliseconds after the world's beginning; absent: as late as it was. */
  atMs?: number;
};

/** What an instance has done by the time it is quiet; arrays grow from event to event. */
export interface Observation extends Drawn {
  /** Per connection: the commands written so far, as bytes. */
  written: readonly (readonly string[])[];
  /** Per call, in order of their events: how it ended, or undefined while it runs. */
  settled: readonly (Settled | undefined)[];
  /** Timers that have not fired, the earliest deadline first. */
  timers: readonly PendingTimer[];
  /** Commands whose time limit may pass: see `Timers.limit`. */
  limits: number;
  /** How often its code has read the clock. */
  clockReads: number;
  /** While something is put off by setImmediate: per connection, how many commands had been written by then. */
  putOff: readonly number[] | undefined;
  /** Connections that lead to the node of a cluster. */
  toCluster?: readonly number[];
  /** It called env.pick. */
  picks: number;
}
