import {
  CALL_FAULTS,
  CONNECTION_FAULTS,
  eventOf,
  EXTRAS,
  faultRow,
  FAULTS,
  KEY_FAULTS,
  SERVER_FAULTS,
  type CallFault,
  type ConnectionEvent,
  type ConnectionFault,
  type KeyFault,
  type ServerFault,
  type OnItsWay,
} from './faults.ts';

/** What the table of faults says of an event, by the name that it has in a counterexample. */

/** What a diagram says of an event that the table has, by the name that it has in a counterexample. */
export function wordsOfEvent(event: string, key = ''): string | undefined {
  return rowOf(event)?.words.replace('%', key);
}

/** Whether it is a fault that a diagram crosses out, one of the server's, or a client's: all are told as faults. */
export const isFaultEvent = (event: string): boolean =>
  isBrokenEvent(event) || ['key', 'server', 'client', 'call'].includes(rowOf(event)?.hits ?? '');

/** Whether a process does nothing more after it. */
export const isFatalEvent = (event: string): boolean => rowOf(event)?.kills === true;

/** Whether a connection breaks with what is on its way. */
export const isBrokenEvent = (event: string): boolean => rowOf(event)?.mark === 'broken';

/** Whether a call of a store beside Redis fails by it. */
export const isOfCall = (event: string): event is CallFault =>
  (CALL_FAULTS as readonly string[]).includes(event);

export const isServerFault = (word: string): word is ServerFault =>
  (SERVER_FAULTS as readonly string[]).includes(word);
export const isKeyFault = (word: string): word is KeyFault =>
  (KEY_FAULTS as readonly string[]).includes(word);

/** Whether every connection breaks with it. */
export const breaksAll = (event: string): boolean => rowOf(event)?.breaksConnections === true;

/** Faults by which a process that lives on loses its connection, so that its client has to do something about that. */
export const BREAKING = FAULTS.filter(
  (fault) => faultRow(fault).hits === 'connection' || faultRow(fault).breaksConnections === true,
);

/**
 * What an event of a connection may be a case of. Commands that may still run are told from all else; commands that
 * are lost, together with replies that are lost, are a part of either. An idle connection tells nothing: any of them.
 */
export function faultsOfConnection(event: ConnectionEvent, way: OnItsWay): ConnectionFault[] {
  const lost = (['replies', 'commands'] as const).filter((part) => way[part] > 0);
  const told: (keyof OnItsWay)[] = way.survivors > 0 ? ['survivors'] : lost;
  const parts = told.length > 0 ? told : (['replies', 'commands', 'survivors'] as const);
  return [...parts, undefined].flatMap((part) =>
    CONNECTION_FAULTS.filter((fault) => eventOf(fault) === event && faultRow(fault).takes === part),
  );
}

/** The faults as a list with what each is, for `--help`. */
export const faultsInWords = (): string =>
  FAULTS.map((fault) => `${fault} (${faultRow(fault).summary})`).join(', ');

function rowOf(event: string): ReturnType<typeof faultRow> | undefined {
  const extra = EXTRAS.find((one) => eventOf(one) === event);
  return extra && faultRow(extra);
}
