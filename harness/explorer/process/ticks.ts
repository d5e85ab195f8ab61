import type { Histories, Step } from './histories.ts';
import type { InstanceEvent, Observation } from './instance-events.ts';

/** A tick that was left out of a history. */
export interface LeftOut {
  /** The node before it. */
  before: number;
  /** Where the process stands without it. */
  after: number;
  /** What happened from `before` on, the tick's own events among it. */
  events: readonly { event: InstanceEvent; seen: Observation; own: boolean }[];
  /** Commands of an earlier tick, still without a reply, that this one sent again: by connection and place. */
  repeated: readonly { connection: number; place: number }[];
}

/** A process without a tick that changed nothing of it: where it stands then. */
export interface Unticked {
  node: number;
  /** Per connection: places of commands, among those written, that only the tick has sent. */
  sent: readonly (readonly number[])[];
}

/** One tick of a repeating timer in a history: its events, by their places on the way. */
interface Tick {
  at: number;
  /** Arrivals of the replies to what it sent. */
  replies: readonly number[];
  sent: readonly (readonly number[])[];
  /** Some of what it sent has no reply yet. */
  waits: boolean;
}

/**
 * Ticks of repeating timers that leave their process as it was. A process may tick any number of times, so a search can
 * only end if such a tick leads back to the state before it: to the history without the tick's own events. Whether the
 * process then goes on in the same way is tried with many ticks in the same place (`verify`); what the tick does to the
 * server is not left out, as its commands have run by then.
 *
 * A tick that comes while an earlier one waits for its reply, and sends the same, is one with it.
 */
export class Ticks {
  readonly #histories: Histories;
  readonly #known = new Map<number, Promise<Unticked | undefined>>();
  /** By the nodes before and after. */
  readonly #leftOut = new Map<string, LeftOut>();

  constructor(histories: Histories) {
    this.#histories = histories;
  }

  get leftOut(): LeftOut[] {
    return [...this.#leftOut.values()];
  }

  /** Where the process stands without its last tick, if that is over and changed nothing of the process. */
  unticked(node: number): Promise<Unticked | undefined> {
    let known = this.#known.get(node);
    if (!known) this.#known.set(node, (known = this.#untick(node)));
    return known;
  }

  /** Whether the command was sent by a tick. */
  sent(node: number, connection: number, command: number): boolean {
    return ticksIn(this.#histories.steps(node)).some(({ sent }) => sent[connection]?.includes(command));
  }

  async #untick(node: number): Promise<Unticked | undefined> {
    const steps = this.#histories.steps(node);
    const ticks = ticksIn(steps);
    const last = ticks.at(-1);
    if (!last) return undefined;
    const twin = ticks.slice(0, -1).find((tick) => tick.waits && this.#sendsTheSame(steps, tick, last));
    if (last.waits && !twin) return undefined;
    // Which commands time out would be others without it.
    if (steps.slice(last.at).some(({ event }) => event.type === 'timeout')) return undefined;
    const left = new Set([last.at, ...last.replies]);
    if (!left.has(steps.length - 1)) return undefined;
    let at = steps[last.at]!.before;
    for (const step of steps.slice(last.at).filter((_, i) => !left.has(last.at + i))) {
      const event = asItIs(step, this.#histories.observation(at));
      if (!event) return undefined;
      at = await this.#histories.after(at, event);
    }
    const [seen, without] = [this.#histories.observation(node), this.#histories.observation(at)];
    if (!isSameBut(seen, without, last.sent)) return undefined;
    const { before } = steps[last.at]!;
    const events = steps
      .slice(last.at)
      .map(({ event, seen: met }, i) => ({ event, seen: met, own: left.has(last.at + i) }));
    const repeated = (twin?.sent ?? []).flatMap((places, connection) =>
      places.map((place) => ({ connection, place })),
    );
    this.#leftOut.set(`${before} ${at}`, { before, after: at, events, repeated });
    return { node: at, sent: last.sent };
  }

  #sendsTheSame(steps: readonly Step[], one: Tick, other: Tick): boolean {
    const bytes = ({ at, sent }: Tick): string => {
      const { written } = this.#histories.observation(steps[at]!.after);
      return JSON.stringify(sent.map((places, c) => places.map((i) => written[c]![i])));
    };
    return bytes(one) === bytes(other);
  }
}

/** How many ticks of a repeating timer have come on the way to this node. */
export const ticksBefore = (histories: Histories, node: number): number =>
  histories.steps(node).filter(({ event, seen }) => event.type === 'timer' && isTick(event, seen)).length;

const isTick = ({ timer }: InstanceEvent & { type: 'timer' }, { timers }: Observation): boolean =>
  timers.find(({ id }) => timer === undefined || id === timer)?.repeats ?? false;

/** Ticks of the history that were the only timer that was set, the earliest first. */
function ticksIn(steps: readonly Step[]): Tick[] {
  return steps.flatMap(({ event, seen, saw }, at): Tick[] => {
    const [timer, ...others] = seen.timers;
    if (event.type !== 'timer' || !timer?.repeats || others.length > 0) return [];
    const sent = saw.written.map((commands, c) => range(seen.written[c]?.length ?? 0, commands.length));
    const replies: number[] = [];
    for (const [c, places] of sent.entries()) {
      const arrivals = arrivalsOn(steps, c);
      replies.push(...places.flatMap((i) => arrivals[i] ?? []));
    }
    const waits = replies.length < sent.flat().length;
    return [{ at, replies, sent, waits }];
  });
}

/** For each command of the connection the place of the event by which its reply arrived. */
function arrivalsOn(steps: readonly Step[], connection: number): number[] {
  return steps.flatMap(({ event }, i) =>
    event.type === 'deliver' && event.connection === connection ? [i] : [],
  );
}

/**
 * The same event where its timer has another id, as more or fewer ticks came before it: each sets its timer again. The
 * timers of one kind keep the order in which they were set. Of commands, those time out that are the oldest then.
 * @returns undefined if there is none such now
 */
export function asItIs(
  { event, seen }: { event: InstanceEvent; seen: Observation },
  now: Observation,
): InstanceEvent | undefined {
  if (event.type === 'timeout' && event.commands > now.limits) return undefined;
  if (event.type !== 'timer') return event;
  const one = seen.timers.find(({ id }) => event.timer === undefined || id === event.timer);
  const alike = ({ timers }: Observation): number[] =>
    timers
      .filter(({ repeats, delayMs }) => repeats === one?.repeats && delayMs === one.delayMs)
      .map(({ id }) => id)
      .toSorted((a, b) => a - b);
  const timer = one && alike(now)[alike(seen).indexOf(one.id)];
  if (timer === undefined) return undefined;
  const { timer: _recorded, ...only } = event;
  return now.timers.length === 1 ? only : { ...event, timer };
}

/** Whether the process did the same but for what the tick sent. */
function isSameBut(seen: Observation, without: Observation, sent: Tick['sent']): boolean {
  const written = seen.written.map((commands, c) => commands.filter((_, i) => !sent[c]?.includes(i)));
  return aspects({ ...seen, written }) === aspects(without);
}

/** What a process has done, without how often it did so: a tick more that waits for its reply has one command more that may time out. */
export const aspects = ({ timers, limits: _limits, ...seen }: Observation): string =>
  JSON.stringify([seen, timers.map(({ id: _id, ...timer }) => timer)]);

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
