import type { Counterexample } from '../../documents/counterexample.ts';
import type { RedisTarget } from '../../redis/target.ts';
import type { Subject } from '../process/spec.ts';
import type { Finish, judgeEnd } from '../search/judge-end.ts';
import type { ServerMemo } from '../server/memo.ts';
import type { Sending } from './sending.ts';
import type { RealReplicas } from './real-replicas.ts';
import type { WorldClock } from './world-clock.ts';

/** What one interleaving came to. */
export interface RealEnd {
  finishes: readonly Finish[];
  judgement: ReturnType<typeof judgeEnd>;
  /** As `outcomeOf` says. */
  outcome: string;
}

/** What is sold, and where. */
export interface Venue {
  subject: Subject;
  /** Whose server it is. */
  memo: ServerMemo;
  target: RedisTarget;
}

/** What a process finds around it. */
export interface World {
  clock: WorldClock;
  replicas: RealReplicas;
  sending: Sending;
}

/** How it is followed. */
export interface Opening {
  /** Of which processes the commands that start them are steps of the sale; others start at once. */
  boots?: NonNullable<Counterexample['boots']> | 'none';
  /** How far the clock moves when a timer fires is told by the steps (default), or found out. */
  time?: 'told' | 'found out';
  /** Whether keys may have deadlines. Default: they may. */
  dated?: boolean;
}
