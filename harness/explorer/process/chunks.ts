import type { InstanceEvent, Observation } from './instance.ts';

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

/** Every run of two or more replies whose commands had all been written before the first of them arrived. */
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
    return Array.from({ length: Math.max(0, most - 1) }, (_, i): Chunk => ({ from, to: from + 1 + i }));
  });
}

/** The events of the chunk as one. */
export function inOneChunk(events: readonly InstanceEvent[]): InstanceEvent {
  const bytes = events.map((event) => (event.type === 'deliver' ? event.bytes : '')).join('');
  return { ...events[0]!, bytes, picks: events.flatMap(({ picks = [] }) => picks) } as InstanceEvent;
}
