/**
 * A small shop as others write them: a login form, signed cookies and CSRF tokens, products that an administrator makes, a
 * script in Redis that sells. FLAW makes it wrong in one way (`flaws` below), and the harness has to notice.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';

const { PORT, REDIS_PORT, ADMIN_PASSWORD, FLAW, TLS_KEY, TLS_CERT } = process.env;
const redis = new Redis(Number(REDIS_PORT), '127.0.0.1');

const SELL = `
  local stock, orders, holders = KEYS[1], KEYS[2], KEYS[3]
  local token, user, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
  if redis.call('HEXISTS', orders, token) == 1 then return 'sold' end
  if tonumber(redis.call('HGET', holders, user) or 0) >= limit then return 'limit' end
  if tonumber(redis.call('GET', stock)) < 1 then return 'sold out' end
  redis.call('DECR', stock)
  redis.call('HINCRBY', holders, user, 1)
  redis.call('HSET', orders, token, user)
  return 'sold'`;

const keysOf = (product) => ['stock', 'orders', 'holders'].map((name) => `${name}:${product}`);
const limitOf = async (product) => (await redis.get(`limit:${product}`)) ?? Number.MAX_SAFE_INTEGER;

const rightly = async ({ product, token, user }) =>
  redis.eval(SELL, 3, ...keysOf(product), token, user, await limitOf(product));

let readers = 0;
let bothHaveRead;
const first = new Promise((resolve) => (bothHaveRead = resolve));
let orders = 0;

const flaws = {
  /** The race that everybody knows. The first two purchases wait for each other, so that chance does not decide. */
  async 'get-then-set'({ product, token, user }) {
    const [stock, ledger] = keysOf(product);
    const left = Number(await redis.get(stock));
    if (++readers === 2) bothHaveRead();
    if (readers <= 2) await first;
    if (left < 1) return 'sold out';
    await redis
      .multi()
      .set(stock, left - 1)
      .hset(ledger, token, user)
      .exec();
    return 'sold';
  },
  /** The limit is one for each token, so whoever makes a second one buys twice. */
  'two-tokens': ({ product, token, user }) => rightly({ product, token, user: `${user} ${token}` }),
  /** Every seventh order is told and not written down. */
  async 'loses-orders'(purchase) {
    const outcome = await rightly(purchase);
    const [, ledger] = keysOf(purchase.product);
    if (outcome === 'sold' && ++orders % 7 === 0) await redis.hdel(ledger, purchase.token);
    return outcome;
  },
  /** Each asking buys anew, also that of a buyer who heard nothing of the first one. */
  async 'no-tokens'(purchase) {
    const outcome = await rightly({ ...purchase, token: `${purchase.token}#${randomUUID()}` });
    return ++orders % 9 === 0 ? undefined : outcome;
  },
  /** A connection is cut off before every ninth answer, which is no mistake. */
  async 'cut-off'(purchase) {
    const outcome = await rightly(purchase);
    return ++orders % 9 === 0 ? undefined : outcome;
  },
};
const sell = FLAW ? flaws[FLAW] : rightly;

/** Nothing of a session is kept here: a shop that is started again knows its buyers. */
const signed = (text) => `${text}.${createHmac('sha256', ADMIN_PASSWORD).update(text).digest('hex')}`;
const csrfOf = (sid) => signed(`csrf of ${sid}`).split('.').at(-1);
const userOf = (sid = '') => {
  const user = sid.slice(0, sid.lastIndexOf('.'));
  return sid === signed(user) ? user : undefined;
};
const STATUSES = { sold: 200, 'sold out': 409, limit: 403 };

/** Handlers by method and path. Each answers a status, a body, and more headers. */
const routes = {
  'GET /healthz': () => [200, 'alive'],
  'POST /admin/login'({ json }) {
    if (json.password !== ADMIN_PASSWORD) return [401, {}];
    return [200, { session: { token: signed('administrator') } }];
  },
  async 'POST /admin/products'({ json, isAdmin }) {
    if (!isAdmin) return [401, {}];
    await redis.set(keysOf(json.name)[0], json.stock);
    if (json.limit !== undefined) await redis.set(`limit:${json.name}`, json.limit);
    return [201, {}];
  },
  async 'GET /admin/orders'({ query, isAdmin }) {
    if (!isAdmin) return [401, {}];
    const held = await redis.hgetall(keysOf(query.get('product'))[1]);
    const lines = Object.entries(held).map(([token, user]) => ({
      token: token.split('#')[0],
      buyer: { name: user.split(' ')[0] },
    }));
    return [200, { data: lines }, { 'transfer-encoding': 'chunked' }];
  },
  async 'GET /stock'({ query }) {
    return [200, `${await redis.get(keysOf(query.get('product'))[0])} left`, { connection: 'close' }];
  },
  'GET /login'() {
    const sid = signed(randomUUID());
    const form = `<form method="post"><input name="user"><input name="csrf" value="${csrfOf(sid)}"></form>`;
    return [200, form, { 'set-cookie': ['theme=dark; Path=/', `sid=${sid}; HttpOnly; Path=/`] }];
  },
  'POST /login'({ form, sid }) {
    if (form.get('csrf') !== csrfOf(sid)) return [403, 'forged'];
    const own = signed(form.get('user'));
    return [
      303,
      '',
      { location: '/', 'set-cookie': `sid=${own}; HttpOnly; Path=/`, 'x-csrf-token': csrfOf(own) },
    ];
  },
  async 'POST /buy'({ json, sid, headers }) {
    const user = userOf(sid);
    if (user === undefined || headers['x-csrf-token'] !== csrfOf(sid)) return [401, {}];
    const outcome = await sell({ ...json, user });
    return outcome === undefined ? undefined : [STATUSES[outcome], { result: outcome }];
  },
};

async function answered(request, response) {
  const { pathname, searchParams: query } = new URL(request.url, 'http://shop');
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const { headers } = request;
  const [, sid] = /(?:^|; )sid=([^;]+)/.exec(headers.cookie ?? '') ?? [];
  const asked = {
    query,
    headers,
    json: headers['content-type'] === 'application/json' ? JSON.parse(text) : {},
    form: new URLSearchParams(text),
    sid,
    isAdmin: headers.authorization === `Bearer ${signed('administrator')}`,
  };
  const told = await (routes[`${request.method} ${pathname}`] ?? (() => [404, '']))(asked);
  if (told === undefined) return request.socket.destroy();
  const [status, body, more] = told;
  const bytes = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/html' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...more });
  // In two parts, so that a body without a length comes in chunks.
  response.write(bytes.slice(0, 5));
  response.end(bytes.slice(5));
}

const answer = (request, response) => void answered(request, response);
const server = TLS_KEY
  ? createSecureServer({ key: readFileSync(TLS_KEY), cert: readFileSync(TLS_CERT) }, answer)
  : createServer(answer);
server.listen(Number(PORT), '127.0.0.1', () => process.stdout.write(`selling at ${PORT}\n`));
process.on('SIGTERM', () => process.exit(0));
