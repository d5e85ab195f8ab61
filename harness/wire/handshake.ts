import { decodeCommand, encodeCommand } from './resp.ts';

const HANDSHAKE = new Set(['HELLO', 'AUTH', 'INFO', 'READONLY']);

/** Whether ioredis sends this while it connects; answered with fixed bytes, never explored. */
export function isHandshake(args: readonly string[]): boolean {
  const name = args[0]!.toUpperCase();
  if (name === 'CLIENT') return ['SETINFO', 'SETNAME'].includes(args[1]?.toUpperCase() ?? '');
  return HANDSHAKE.has(name);
}

/** They wait for replicas or disks, up to a timeout, and hold up nobody but their own connection. */
export const WAITING = new Set(['WAIT', 'WAITAOF']);

/**
 * The command with the least time to wait. The server that is asked has no replicas, so it answers the same after any
 * time, and what it answers is told for those that there would be; that time passes between its execution and the arrival of its reply, where anything may happen.
 */
export function withoutWaiting(command: string): string {
  const args = decodeCommand(command);
  return WAITING.has(args[0]!.toUpperCase()) ? encodeCommand([...args.slice(0, -1), '1']) : command;
}
