import type { Call, InstanceEvent } from './instance-events.ts';

/** Equal keys, equal events: what a history goes on by. */
export function eventKey(event: InstanceEvent): string {
  const picks = event.picks?.length ? ` picks ${event.picks.join()}` : '';
  const at = event.atMs === undefined ? '' : ` at ${event.atMs}`;
  return keyOf(event) + picks + at;
}

function keyOf(event: InstanceEvent): string {
  switch (event.type) {
    case 'deliver':
      return `d${event.connection} ${event.bytes}`;
    case 'timer':
      return event.timer === undefined ? 't' : `t${event.timer}`;
    case 'timeout':
      return `l${event.commands}`;
    case 'immediate':
      return 'i';
    case 'cut':
      return `x${event.connection}`;
    case 'call':
      return `c${JSON.stringify(event.call)}`;
  }
}

/** The same event under other names. */
export function renamedEvent(event: InstanceEvent, rename: (text: string) => string): InstanceEvent {
  if (event.type === 'deliver') return { ...event, bytes: rename(event.bytes) };
  if (event.type !== 'call') return event;
  return { ...event, call: JSON.parse(rename(JSON.stringify(event.call))) as Call };
}
