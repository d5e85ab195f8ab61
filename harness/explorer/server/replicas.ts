import { WAITING } from '../../wire/handshake.ts';
import { messageEnd } from '../../wire/resp.ts';
import type { Asked } from './orders.ts';

/** Replicas of the server, in every scope. They follow at once, until one stops. */
export const REPLICAS = 2;

/** What stands behind the server. */
export interface Behind {
  /** Replicas that have what the connection wrote last. */
  acknowledged: number;
  /** The server writes an append-only file, with which it would start again. */
  keepsLog: boolean;
}

/**
 * The reply as it is told where there are replicas: the server that is asked has none. WAIT and WAITAOF tell of the replicas
 * that have what their connection wrote before; within a transaction, of what it wrote before that.
 */
export function toldOfReplicas({ exec, commands }: Asked, reply: string, behind: Behind): string {
  if (!commands.some(isWaiting)) return reply;
  if (!exec) return answerOf(commands[0]!, reply, behind);
  // A transaction that was given up has no answers.
  if (!reply.startsWith('*') || reply.startsWith('*-')) return reply;
  let at = reply.indexOf('\r\n') + 2;
  let text = reply.slice(0, at);
  for (const args of commands) {
    const end = messageEnd(reply, at);
    text += answerOf(args, reply.slice(at, end), behind);
    at = end;
  }
  return text;
}

/** Whether it asks how many replicas have what. */
export const isWaiting = ([name]: readonly string[]): boolean => WAITING.has(name!.toUpperCase());

/** Errors stay, as those of a server that knows no such command; but for that of one that keeps no log. */
function answerOf(args: readonly string[], reply: string, { acknowledged, keepsLog }: Behind): string {
  if (!isWaiting(args)) return reply;
  if (reply.startsWith(':')) return `:${acknowledged}\r\n`;
  const answers = reply.startsWith('*') || reply.includes('appendonly is disabled');
  return keepsLog && answers ? `*2\r\n:1\r\n:${acknowledged}\r\n` : reply;
}

/** Tells how much was ever written, also where that made no difference. */
export const WRITES = ['INFO', 'persistence'];

/** What it answers, as a number that grows with each write. */
export const writesIn = (info: string): number =>
  Number(/^rdb_changes_since_last_save:(\d+)/m.exec(info)![1]);
