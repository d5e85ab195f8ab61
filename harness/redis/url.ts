import { UsageError } from '../ground/errors.ts';
import type { ConnectionOptions } from './target.ts';

/**
 * `redis://[[user]:password@]host[:port][/db]`, `rediss://…` for TLS, `unix:///path/of.sock` for a socket.
 *
 * @returns options as plain data
 * @throws UsageError; its message repeats no password
 */
export function parseRedisUrl(text: string): ConnectionOptions {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw refuse('it is not a URL');
  const login = {
    ...(url.username !== '' && { username: decodeURIComponent(url.username) }),
    ...(url.password !== '' && { password: decodeURIComponent(url.password) }),
  };
  if (url.protocol === 'unix:') return { path: decodeURIComponent(url.pathname), ...login };
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
    throw refuse(`"${url.protocol}//" is none of redis://, rediss:// and unix://`);
  }
  if (url.hostname === '') throw refuse('the host is missing');
  const db = url.pathname.replace(/^\//, '');
  if (!/^\d*$/.test(db)) throw refuse(`the database "${db}" is not a number`);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 6379 : Number(url.port),
    ...login,
    ...(db !== '' && { db: Number(db) }),
    ...(url.protocol === 'rediss:' && { tls: {} }),
  };
}

const refuse = (what: string): UsageError =>
  new UsageError('BAD_REDIS_URL', `--redis: ${what}`, 'give redis://[[user]:password@]host[:port][/db]');
