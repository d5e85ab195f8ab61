import type { BadInputs, Row } from './table.ts';

const rows: readonly Row[] = [
  ["doctor --redis ''", '--redis: it is not a URL'],
  ['doctor --redis somewhere', '--redis: it is not a URL'],
  ['doctor --redis 127.0.0.1:6379', '--redis: it is not a URL'],
  ['doctor --redis //127.0.0.1', '--redis: it is not a URL'],
  ['doctor --redis http://127.0.0.1:6379', '--redis: it begins with none of redis://, rediss:// and unix://'],
  ['doctor --redis redis:127.0.0.1', '--redis: the host is missing'],
  ['doctor --redis redis://', '--redis: the host is missing'],
  ['doctor --redis redis:///0', '--redis: the host is missing'],
  ['doctor --redis redis://127.0.0.1:99999', '--redis: it is not a URL'],
  ['doctor --redis redis://127.0.0.1:x', '--redis: it is not a URL'],
  ['doctor --redis redis://127.0.0.1:-1', '--redis: it is not a URL'],
  ['doctor --redis redis://127.0.0.1/x', '--redis: the database is not a number'],
  ['doctor --redis redis://127.0.0.1/-1', '--redis: the database is not a number'],
  ['doctor --redis redis://127.0.0.1/0/1', '--redis: the database is not a number'],
  ['doctor --redis redis://127.0.0.1/99999999999', '--redis: the database is not a number that a server has'],
  [
    'doctor --redis redis://127.0.0.1?db=1',
    '--redis: only a database can follow the host, and / ? # @ in a name or password are %2F %3F %23 %40',
  ],
  [
    'doctor --redis redis://127.0.0.1#1',
    '--redis: only a database can follow the host, and / ? # @ in a name or password are %2F %3F %23 %40',
  ],
  ['doctor --redis redis://a:p%zz@127.0.0.1', '--redis: a % in a name or password is written %25'],
  ['doctor --redis redis://%@127.0.0.1', '--redis: a % in a name or password is written %25'],
  ['doctor --redis redis://a:b/c@127.0.0.1', '--redis: it is not a URL'],
  [
    'doctor --redis redis://<login>@127.0.0.1',
    '--redis: <login> stands for the login, which is shown nowhere: put yours there',
  ],
  ['doctor --redis redis://[::1', '--redis: it is not a URL'],
  [
    'doctor --redis unix://',
    '--redis: a socket is given by its whole path, with three slashes: unix:///run/redis.sock',
  ],
  [
    'doctor --redis unix:///',
    '--redis: a socket is given by its whole path, with three slashes: unix:///run/redis.sock',
  ],
  [
    'doctor --redis unix://run/redis.sock',
    '--redis: a socket is given by its whole path, with three slashes: unix:///run/redis.sock',
  ],
  ['doctor --redis unix:///tmp/%zz.sock', '--redis: a % in a path is written %25'],
  ['doctor --redis REDIS', '--redis: it is not a URL'],
  ['doctor --redis REDIS_URL', '--redis REDIS_URL: the environment has none'],
  ['doctor --redis unix://ann:p%zz@/run/redis.sock', '--redis: a % in a name or password is written %25'],
  ['doctor --redis unix://ann:p@run/redis.sock', '--redis: a socket is given by its whole path'],
  [
    'doctor --redis unix://<login>@/run/redis.sock',
    '--redis: <login> stands for the login, which is shown nowhere: put yours there',
  ],
  ['doctor --redis unix://ann:p@/nowhere/redis.sock', '--redis: connect ENOENT /nowhere/redis.sock', 4],
  ['doctor --tls-ca ca.pem', '--tls-ca would do nothing: it belongs to a server that --redis names'],
  [
    'doctor --redis redis://127.0.0.1:1 --tls-ca ca.pem',
    '--tls-ca would do nothing: the URL of a server that speaks TLS begins with rediss://',
  ],
  ['doctor --redis rediss://127.0.0.1:1 --tls-ca ca.pem', '--tls-ca: ca.pem is no certificate in PEM'],
  [
    'doctor --redis rediss://127.0.0.1:1 --tls-ca nowhere.pem',
    '--tls-ca: nowhere.pem cannot be read: there is no such file',
  ],
  ["doctor --redis rediss://127.0.0.1:1 --tls-ca ''", '--tls-ca: no file is named'],
  ['doctor --redis rediss://127.0.0.1:1 --tls-ca .', '--tls-ca: . cannot be read: it is a folder'],
  ['doctor --redis rediss://127.0.0.1:1 --tls-ca pipe', '--tls-ca: pipe cannot be read: it is a pipe (FIFO)'],
  ['doctor --redis rediss://127.0.0.1:1', '--redis: connect ECONNREFUSED 127.0.0.1:1', 4],
  ['list --tls-ca ca.pem', '--tls-ca would do nothing: list asks no server'],
  [
    'serve --redis redis://127.0.0.1:1 --tls-ca ca.pem',
    '--tls-ca would do nothing: the URL of a server that speaks TLS begins with rediss://',
  ],
  ['doctor --redis unix:///nowhere/redis.sock', '--redis: connect ENOENT /nowhere/redis.sock', 4],
  ['doctor --redis redis://127.0.0.1:1', '--redis: connect ECONNREFUSED 127.0.0.1:1', 4],
  ['doctor --redis redis://127.0.0.1:0', '--redis: connect ECONNREFUSED 127.0.0.1', 4],
  ['explore lua-decrement --redis redis://127.0.0.1:1', '--redis: connect ECONNREFUSED 127.0.0.1:1', 4],
  ['bench lua-decrement --redis redis://127.0.0.1:1', '--redis: connect ECONNREFUSED 127.0.0.1:1', 4],
  ['evaluate lua-decrement --redis redis://127.0.0.1:1', '--redis: connect ECONNREFUSED 127.0.0.1:1', 4],
  [
    'doctor --redis redis://127.0.0.1 --redis-server ./redis-server',
    '--redis names a running server, and --redis-server or --redis-version asks to start one',
  ],
  [
    'doctor --redis redis://127.0.0.1 --redis-version 7.0.0',
    '--redis names a running server, and --redis-server or --redis-version asks to start one',
  ],
  [
    'doctor --redis-server ./redis-server --redis-version 7.0.0',
    '--redis-server names a program and --redis-version asks to build another',
  ],
  ["doctor --redis-server ''", '--redis-server: <here> does not run: spawn <here> EACCES'],
  [
    'doctor --redis-server ./nowhere',
    '--redis-server: <here>/nowhere does not run: spawn <here>/nowhere ENOENT',
  ],
  ['doctor --redis-server .', '--redis-server: <here> does not run: spawn <here> EACCES'],
  [
    'doctor --redis-server shop.json',
    '--redis-server: <here>/shop.json does not run: spawn <here>/shop.json EACCES',
  ],
  [
    'doctor --redis-server /bin/true',
    '--redis-server: /bin/true is not a redis-server: it says "true (GNU coreutils) 9.1',
  ],
  [
    'doctor --redis-server /bin/false',
    '--redis-server: /bin/false does not run: Command failed: /bin/false --version',
  ],
  ['doctor --redis-server pipe', '--redis-server: <here>/pipe does not run: spawn <here>/pipe EACCES'],
  ["doctor --redis-version ''", '--redis-version: "" is not a version'],
  ['doctor --redis-version seven', '--redis-version: "seven" is not a version'],
  ['doctor --redis-version 7', '--redis-version: "7" is not a version'],
  ['doctor --redis-version 7.0.0.0', '--redis-version: "7.0.0.0" is not a version'],
  ['doctor --redis-version -1', '--redis-version: "-1" is not a version'],
];

const files = { 'pipe|': '', 'ca.pem': 'no certificate\n' };

/** Servers that cannot be, or that are not there. */
export const servers: BadInputs = { rows, files };
