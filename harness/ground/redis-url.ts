import { UsageError } from './errors.ts';
import { keepSecret } from './secrets.ts';

/** What a URL says, as a client takes it: plain data. */
export interface RedisAddress {
  /** Of a socket; else there are a host and a port. */
  path?: string;
  host?: string;
  port?: number;
  username?: string;
  password?: string;
  db?: number;
  tls?: object;
}

/** Stands for the login where a URL is shown. */
const LOGIN = '<login>';

/** In place of a URL: it stands in the environment, where whoever lists processes does not see it. */
export const BY_ENVIRONMENT = 'REDIS_URL';

/** What is to be given instead; in these brackets nobody takes it for a login, which would be hidden. */
const FORMS =
  'give redis://host:port/db, redis://<user>:<password>@host, rediss://… for TLS, or unix://<user>:<password>@/path';

/**
 * `redis://[[user]:password@]host[:port][/db]`, `rediss://…` for TLS, `unix://[[user]:password@]/path/of.sock` for a
 * socket; `REDIS_URL` for what that variable says. Its login is a secret from now on.
 *
 * @returns what it says
 * @throws UsageError; its message repeats nothing of the URL, where a login may stand anywhere by mistake
 */
export function parseRedisUrl(text: string): RedisAddress {
  if (text === BY_ENVIRONMENT) return parseEnvironment();
  const [, socketLogin, socket] = /^unix:\/\/([^/]*)@(\/.*)$/is.exec(text) ?? [];
  // A URL without a host may have no login there.
  if (socketLogin !== undefined) return { ...parseRedisUrl(`unix://${socket}`), ...loginIn(socketLogin) };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw refuse('it is not a URL');
  const login = loginOf(url);
  const { protocol, hostname, port, pathname } = url;
  if (url.search !== '' || url.hash !== '' || (pathname.includes('@') && protocol !== 'unix:')) {
    throw refuse(
      'only a database can follow the host, and / ? # @ in a name or password are %2F %3F %23 %40',
    );
  }
  if (protocol === 'unix:') return { path: socketIn(hostname, pathname), ...login };
  if (protocol !== 'redis:' && protocol !== 'rediss:') {
    throw refuse('it begins with none of redis://, rediss:// and unix://');
  }
  if (hostname === '') throw refuse('the host is missing');
  const db = pathname.replace(/^\//, '');
  if (!/^\d{0,9}$/.test(db)) throw refuse('the database is not a number that a server has');
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? 6379 : Number(port),
    ...login,
    ...(db !== '' && { db: Number(db) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  };
}

function parseEnvironment(): RedisAddress {
  const text = process.env[BY_ENVIRONMENT];
  if (text !== undefined && text !== BY_ENVIRONMENT && text !== '') return parseRedisUrl(text);
  const remedy = `set ${BY_ENVIRONMENT}, or ${FORMS}`;
  throw new UsageError('NO_REDIS_URL', `--redis ${BY_ENVIRONMENT}: the environment has none`, remedy);
}

function loginIn(text: string): Pick<RedisAddress, 'username' | 'password'> {
  const url = `redis://${text}@host`;
  if (!URL.canParse(url)) throw refuse('its login cannot be read');
  return loginOf(new URL(url));
}

/** Without a path, a client would go to another server: that of the machine. */
function socketIn(hostname: string, pathname: string): string {
  if (hostname !== '' || pathname === '' || pathname === '/')
    throw refuse('a socket is given by its whole path, with three slashes: unix:///run/redis.sock');
  return decoded(pathname, 'path');
}

function loginOf({ username, password }: URL): Pick<RedisAddress, 'username' | 'password'> {
  keepSecret(username, password);
  const [name, word] = [username, password].map((part) => decoded(part));
  if (name === LOGIN) throw refuse(`${LOGIN} stands for the login, which is shown nowhere: put yours there`);
  keepSecret(name, word);
  return { ...(name !== '' && { username: name! }), ...(word !== '' && { password: word! }) };
}

function decoded(text: string, where = 'name or password'): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse(`a % in a ${where} is written %25`);
  }
}

/** The URL of these options with `<login>` for the login, if there is one. */
export function urlWithoutLogin({ path, host, port, db, tls, username, password }: RedisAddress): string {
  const login = (username ?? password) === undefined ? '' : `${LOGIN}@`;
  if (path !== undefined) return `unix://${login}${encodeURI(path)}`;
  const shownHost = host!.includes(':') ? `[${host}]` : host;
  return `redis${tls ? 's' : ''}://${login}${shownHost}:${port}${db === undefined ? '' : `/${db}`}`;
}

const refuse = (what: string): UsageError => new UsageError('BAD_REDIS_URL', `--redis: ${what}`, FORMS);
