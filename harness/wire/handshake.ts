import { decodeCommand, encodeCommand } from './resp.ts';

const HANDSHAKE = new Set(['HELLO', 'AUTH', 'INFO', 'READONLY']);

/** Whether ioredis sends this while it connects; answered with fixed bytes, never explored. */
export function isHandshake(args: readonly string[]): boolean {
  const name = args[0]!.toUpperCase();
  if (name === 'CLIENT') return ['SETINFO', 'SETNAME'].includes(args[1]?.toUpperCase() ?? '');
  return HANDSHAKE.has(name);
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

/** What a client is told of the server, in RESP3: a map. */
export function helloReply(protocol: 2 | 3): string {
  const fields: [string, string][] = [
    ['server', bulk('redis')],
    ['version', bulk('7.0.0')],
    ['proto', `:${protocol}\r\n`],
    ['id', ':1\r\n'],
    ['mode', bulk('standalone')],
    ['role', bulk('master')],
    ['modules', '*0\r\n'],
  ];
  return `%${fields.length}\r\n${fields.map(([key, value]) => bulk(key) + value).join('')}`;
}

const INFO = 'redis_version:7.0.0\r\nredis_mode:standalone\r\nrole:master\r\nloading:0\r\n';
export const INFO_REPLY = bulk(INFO);

/** Clients of clusters that ask for this first go no further without it; others refuse a server that says so. */
export const INFO_REPLY_OF_NODE = bulk(`${INFO}cluster_enabled:1\r\n`);

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
