/**
 * The one place where a target becomes a client. Everybody else is handed a `Client`, so that what a target is, one
 * node or several, is decided here alone. Not clients of a target, and elsewhere for that reason: the explorer's
 * (`explorer/process/instance-clients.ts`), whose ioredis speaks to a link inside the process, and the raw connections of
 * `wire/`, which are no clients.
 */
import type { Command, RedisOptions } from 'ioredis';
import type { Client } from '../../strategies/contract.ts';
import { Redis } from './ioredis.ts';
import type { Reachable } from './target.ts';

/**
 * A client of that target. It connects by itself, or with `lazyConnect` when it is told to.
 * @param options that win over the target's: those that a strategy relies on, or how patient to be
 */
export const clientOf = (target: Reachable, options: RedisOptions = {}): Client =>
  // ioredis takes the mapping of replies into its type; ours is the usual one.
  new Redis({ ...target.options, ...options } as RedisOptions & { replyMapping?: 'legacy' });

type Send = (command: Command, stream?: unknown, node?: unknown) => unknown;

/**
 * Tells of each command when it is given to the client, and again when it had to wait for a connection.
 * @returns how to stop that
 */
export function overhear(client: Client, heard: (command: Command) => void): () => void {
  const sender = client as { sendCommand: Send };
  const send = sender.sendCommand;
  const bound = send.bind(client);
  // Not with rest parameters: this is in the way of every command that is measured.
  sender.sendCommand = (command, stream, node) => {
    heard(command);
    return bound(command, stream, node);
  };
  return () => void (sender.sendCommand = send);
}
