import type { Histories, Step } from './histories.ts';
import type { Instance, InstanceEvent, Observation } from './instance-events.ts';
import { asItIs, aspects, type LeftOut } from './ticks.ts';

/** How often a tick is tried in a place where none was left. */
const COUNTS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 100];

/**
 * Whether a process does something else, sooner or later, where a tick that was left out of its history comes again and
 * again. Every history that goes on from there is run with so many ticks in that place.
 *
 * @returns what the tick changed, or undefined
 */
export async function changedByTicks(
  histories: Histories,
  leftOut: readonly LeftOut[],
): Promise<string | undefined> {
  for (const leaf of histories.leaves()) {
    const steps = histories.steps(leaf);
    for (const tick of leftOut) {
      const passes = steps.some(({ before, after }) => tick.after === before || tick.after === after);
      if (!passes) continue;
      for (const count of COUNTS) {
        const changed = await changedBy(tick, count, steps, histories);
        if (changed !== undefined) return changed;
      }
    }
  }
  return undefined;
}

const ENDS = 'what it does depends on how often its repeating timer has fired';

async function changedBy(
  tick: LeftOut,
  count: number,
  steps: readonly Step[],
  histories: Histories,
): Promise<string | undefined> {
  const instance = await histories.boot(steps[0]!.before);
  const from = steps.findIndex(({ before }) => before === tick.before);
  const to = steps.findIndex(({ before }) => before === tick.after);
  for (const { event } of steps.slice(0, from < 0 ? steps.length : from)) await instance.apply(event);
  const run = new Run(instance, tick, count);
  for (const { own, ...step } of tick.events) await run.apply(step, own);
  if (run.ended) return ENDS;
  const rest = to < 0 ? [] : steps.slice(to);
  for (const step of rest) {
    await run.apply(step, false);
    const seen = run.withoutTicks();
    if (run.ended || aspects(seen) !== aspects(step.saw)) return ENDS;
  }
  return undefined;
}

/** One history with a tick in it many times. */
class Run {
  readonly #instance: Instance;
  readonly #tick: LeftOut;
  readonly #count: number;
  /** Per connection: places of commands that the ticks sent. */
  readonly #sent = new Map<number, Set<number>>();
  /** The timer was ended before it had ticked so often. */
  ended = false;
  /** Replies that have arrived on each connection but for those to the ticks. */
  readonly #arrived: number[] = [];

  constructor(instance: Instance, tick: LeftOut, count: number) {
    this.#instance = instance;
    this.#tick = tick;
    this.#count = count;
  }

  async apply(step: { event: InstanceEvent; seen: Observation }, own: boolean): Promise<void> {
    const { event } = step;
    const times = own ? this.#count : 1 + (this.#answersRepeated(event) ? this.#count : 0);
    for (let i = 0; i < times; i++) {
      const before = this.#instance.observe();
      const now = asItIs(step, before);
      this.ended ||= !now;
      if (!now || this.ended) return;
      await this.#instance.apply(now);
      if (own && event.type === 'timer') this.#noteSent(before);
    }
  }

  /** What the process has done but for what the ticks sent. */
  withoutTicks(): Observation {
    const seen = this.#instance.observe();
    const written = seen.written.map((commands, c) => commands.filter((_, i) => !this.#sent.get(c)?.has(i)));
    return { ...seen, written };
  }

  #noteSent({ written: before }: Observation): void {
    this.#instance.observe().written.forEach((commands, c) => {
      const sent = this.#sent.get(c) ?? new Set();
      for (let i = before[c]?.length ?? 0; i < commands.length; i++) sent.add(i);
      this.#sent.set(c, sent);
    });
  }

  /** Whether it is the reply to a command that the ticks sent again: theirs follow it. */
  #answersRepeated(event: InstanceEvent): boolean {
    if (event.type !== 'deliver') return false;
    const { connection } = event;
    const place = this.#arrived[connection] ?? 0;
    this.#arrived[connection] = place + 1;
    return this.#tick.repeated.some((one) => one.connection === connection && one.place === place);
  }
}
