import {
  CONNECTION_FAULTS,
  eventOf,
  EXTRAS,
  faultRow,
  FAULTS,
  type ConnectionEvent,
  type ConnectionFault,
  type OnItsWay,
} from './faults.ts';

/** What the table of faults says of an event, by the name that it has in a counterexample. */

/** What a diagram says of an event that the table has, by the name that it has in a counterexample. */
export function wordsOfEvent(event: string, key = ''): string | undefined {
  return rowOf(event)?.words.replace('%', key);
}

/** Whether it is a fault that a diagram crosses out, one of the server's, or a client's: all are told as faults. */
export const isFaultEvent = (event: string): boolean =>
  isBrokenEvent(event) || ['key', 'server', 'client', 'outside'].includes(rowOf(event)?.hits ?? '');

/** Whether a process does nothing more after it. */
export const isFatalEvent = (event: string): boolean => rowOf(event)?.kills === true;

/** Whether a connection breaks with what is on its way. */
export const isBrokenEvent = (event: string): boolean => rowOf(event)?.mark === 'broken';

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

/** Whether somebody asks for units to be given back. */
export const givesBack = ({ event }: { event: string }): boolean => event === 'release' || event === 'cancel';

function rowOf(event: string): ReturnType<typeof faultRow> | undefined {
  const extra = EXTRAS.find((one) => eventOf(one) === event);
  return extra && faultRow(extra);
}
