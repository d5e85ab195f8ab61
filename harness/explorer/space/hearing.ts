import type { InstanceEvent, Observation } from '../process/instance-events.ts';
import type { Atom } from './atom.ts';
import type { CursorContext } from './cursor-context.ts';
import type { ProcessState } from './process-state.ts';
import { Standpoint } from './standpoint.ts';

/** One instance that is told of events: where they lead its code. */
export class Hearing extends Standpoint {
  protected readonly picks: number[];

  /** @param picks answers for the choices (`env.pick`, the server's draws) on the way, in order */
  constructor(context: CursorContext, local: ProcessState, picks: readonly number[]) {
    super(context, local);
    this.picks = [...picks];
  }

  /**
   * Whether it makes no difference when the oldest reply arrives: always while the clock stands still; else where its
   * code neither reads the clock then, nor sets or ends a timer.
   */
  async isTimeless(c: number): Promise<boolean> {
    if (!this.movesClock) return true;
    const bytes = this.connections[c]!.replies[0]!;
    const before = this.context.histories.observation(this.node);
    const after = await this.meets({ type: 'deliver', connection: c, bytes });
    return after.clockReads === before.clockReads && timerIds(after) === timerIds(before);
  }

  /** What the event would come to if the clock stood still. */
  protected async meets(event: InstanceEvent): Promise<Observation> {
    const { histories } = this.context;
    const known = histories.known(this.node, event);
    return histories.observation(known ?? (await histories.choosing(this.node, event, [...this.picks])).node);
  }

  /** The node after an event that asks for choices. */
  protected async chosen(event: InstanceEvent, cause: Atom | undefined): Promise<number> {
    const { node, picks } = await this.context.histories.choosing(this.node, event, this.picks);
    if (picks.length > 0 && cause) cause.picks = picks;
    return node;
  }
}

const timerIds = ({ timers }: Observation): string => timers.map(({ id }) => id).join();

/** Whether code that has done so much may know what time it was. */
export const mayKnowTime = ({ clockReads, timers }: Observation): boolean => clockReads + timers.length > 0;
