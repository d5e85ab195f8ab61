import type { InstanceEvent, Observation } from './instance-events.ts';

/** Events of one history, by their places: replies of one connection that could have arrived in one chunk. */
export interface Chunk {
  from: number;
  to: number;
}

/** One event of a history, and what the process had done before it. */
export interface ToldEvent {
  event: InstanceEvent;
  before: Observation;
}

/** Replies of which every run is tried. */
const FEW = 8;

/** How many of so many come together: any number, or of a long batch one, two or all. */
export const counts = (most: number): number[] =>
  most <= FEW ? Array.from({ length: most }, (_, i) => i + 1) : [1, 2, most];

/**
 * Runs of two or more replies whose commands had all been written before the first of them arrived: every one, or of
 * a long batch from each reply on two, and all. A thousand runs of a batch of 48 would each be replayed.
 */
export function chunksOf(history: readonly ToldEvent[]): Chunk[] {
  const answered = new Map<number, number>();
  return history.flatMap(({ event, before }, from) => {
    if (event.type !== 'deliver') return [];
    const { connection } = event;
    const earlier = answered.get(connection) ?? 0;
    answered.set(connection, earlier + 1);
    const outstanding = before.written[connection]!.length - earlier;
    const follows = history
      .slice(from, from + outstanding)
      .findIndex((next) => next.event.type !== 'deliver' || next.event.connection !== connection);
    const most = follows < 0 ? Math.min(outstanding, history.length - from) : follows;
    const lengths = most <= FEW ? Array.from({ length: Math.max(0, most - 1) }, (_, i) => i + 2) : [2, most];
    return lengths.map((length): Chunk => ({ from, to: from + length - 1 }));
  });
}

/** The events of the chunk as one. */
export function inOneChunk(events: readonly InstanceEvent[]): InstanceEvent {
  const bytes = events.map((event) => (event.type === 'deliver' ? event.bytes : '')).join('');
  return { ...events[0]!, bytes, picks: events.flatMap(({ picks = [] }) => picks) } as InstanceEvent;
}
