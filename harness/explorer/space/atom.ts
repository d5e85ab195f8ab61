import type {
  ClientFault,
  ConnectionEvent,
  EXPIRY,
  CallFault,
  ProcessFault,
} from '../../documents/faults.ts';
import type { Call } from '../process/instance-events.ts';

/**
 * What happened to a process or to a connection, with how many of the commands that were sent still run; or to a client,
 * with how many it gave up.
 */
export type FaultAtom =
  | { event: ConnectionEvent; connection: number; survivors: number }
  | { event: ProcessFault; survivors: readonly number[] }
  | { event: ClientFault; commands: number }
  | { event: CallFault; connection: number };

/** The smallest steps that an interleaving is made of. */
export type Atom = (
  | { event: 'start'; call: Call; buyer: number; operation: number }
  /** With a time: it waited so long at the server, and there was nothing. */
  | {
      event: 'execute';
      connection: number;
      command: string;
      reply: string;
      server: number;
      elapsedMs?: number;
    }
  | { event: 'deliver'; connection: number; replies?: number }
  | { event: 'timer'; timer?: number; elapsedMs?: number }
  /** The clock came to its deadline. */
  | { event: typeof EXPIRY; key: string; server: number }
  | { event: 'immediate' }
  | FaultAtom
) & {
  /** What `env.pick` answered in the course of it; of an execution: which outcome the server drew. */
  picks?: readonly number[];
  /** The history of its process by then, for whoever looks up what its code did; absent: as it was before. */
  node?: number;
  /** Of an execution: which of the commands that the code wrote on the connection it is. */
  place?: number;
};
