import { messageEnd } from '../../wire/resp.ts';
import { askedBy, type Asked } from '../server/orders.ts';
import type { ToldEvent } from './chunks.ts';
import type { InstanceEvent } from './instance-events.ts';

/** A reply, and what it answers. */
export interface ToldReply {
  asked: Asked;
  reply: string;
}

/** For each event of a history: the replies that arrive by it. */
export function repliesTold(history: readonly ToldEvent[]): ToldReply[][] {
  const answered = new Map<number, number>();
  return history.map(({ event, before }) => {
    if (event.type !== 'deliver') return [];
    const { connection, bytes } = event;
    const replies: ToldReply[] = [];
    for (let from = 0; from < bytes.length;) {
      const end = messageEnd(bytes, from);
      const at = answered.get(connection) ?? 0;
      answered.set(connection, at + 1);
      replies.push({
        asked: askedBy(before.written[connection]!, at),
        reply: bytes.slice(from, end),
      });
      from = end;
    }
    return replies;
  });
}

/** The event, with other bytes for its replies. */
export const retold = (
  event: InstanceEvent,
  replies: readonly ToldReply[],
  tell: (told: ToldReply) => string,
): InstanceEvent => (event.type === 'deliver' ? { ...event, bytes: replies.map(tell).join('') } : event);
