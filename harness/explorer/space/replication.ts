import { LAG } from '../../documents/faults.ts';
import type { ServerFaultMove } from '../scope/moves.ts';
import { holdsTheSame } from '../server/content.ts';
import type { ServerMemo } from '../server/memo.ts';
import { Interner } from './process-state.ts';

/** The replicas of a state. Those that follow are as the server is. */
export interface Replicas {
  /** The server as each was when it stopped following, the first to stop first. */
  stops: readonly number[];
  /** One took over that lacked something. */
  lost: boolean;
}

/** What becomes of the replicas, as small numbers in the states' vectors; 0: all follow, and none has taken over. */
export class Replication {
  readonly #memo: ServerMemo;
  readonly #values = new Interner<Replicas>();
  readonly #aged = new Map<string, number>();

  constructor(memo: ServerMemo) {
    this.#memo = memo;
    this.#values.id({ stops: [], lost: false });
  }

  of(replicas: number): Replicas {
    return this.#values.values[replicas]!;
  }

  /** The server that takes its place by this fault: itself, unless a replica takes over that stopped. */
  successor(replicas: number, server: number, move: ServerFaultMove): number {
    const replica = 'replica' in move ? move.replica : undefined;
    return replica === undefined ? server : this.#memo.succeed(this.of(replicas).stops[replica]!, server);
  }

  /**
   * The replicas after a fault: one more has stopped; or one has taken over, and follow it the other and, once it is back,
   * whom it replaced.
   */
  after(replicas: number, server: number, move: ServerFaultMove): number {
    const { stops, lost } = this.of(replicas);
    if (move.kind === LAG) return this.#values.id({ stops: [...stops, server], lost });
    const successor = this.successor(replicas, server, move);
    const same = holdsTheSame(this.#memo.content(server), this.#memo.content(successor));
    return this.#values.id({ stops: [], lost: lost || !same });
  }

  /** The replicas after time has passed, if that is known. */
  knownAged(replicas: number, ms: number, clockMs: number): number | undefined {
    if (this.of(replicas).stops.length === 0 || this.#memo.shortestMs === Infinity) return replicas;
    return this.#aged.get(`${replicas} ${ms} ${clockMs}`);
  }

  /** Those that stopped forget what was to be forgotten, too. @param clockMs what the clock shows by then */
  async age(replicas: number, ms: number, clockMs: number): Promise<void> {
    const { stops, lost } = this.of(replicas);
    const aged: number[] = [];
    for (const stop of stops) aged.push((await this.#memo.elapse(stop, ms, clockMs)).next);
    this.#aged.set(`${replicas} ${ms} ${clockMs}`, this.#values.id({ stops: aged, lost }));
  }
}
