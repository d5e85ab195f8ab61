import { connect } from 'node:net';
import type { ConnectionOptions } from './target.ts';
import { ours } from '../ground/ours.ts';
import { atMost, LATE } from '../ground/waiting.ts';

const LOOK_MS = 1_000;

/**
 * What a listener answers to a PING, as latin1 text; undefined if nothing, or over TLS. A client that had more to send than the
 * other side cared to read is cut off before it sees the answer.
 */
export async function firstWords({ host, port, path, tls }: ConnectionOptions): Promise<string | undefined> {
  if (tls) return undefined;
  const socket = ours(() => (path === undefined ? connect({ host, port: port! }) : connect({ path })));
  const said = new Promise<string | undefined>((resolve) => {
    socket.once('data', (bytes) => resolve(bytes.toString('latin1')));
    socket.once('error', () => resolve(undefined));
    socket.once('close', () => resolve(undefined));
  });
  socket.end('PING\r\n');
  const words = await atMost(LOOK_MS, said);
  socket.destroy();
  return words === LATE ? undefined : words;
}

/** Whether that is a reply of Redis, whatever it says. */
export const isRedis = (words: string): boolean => /^[+\-:$*_#,(!=%~>]/.test(words);
