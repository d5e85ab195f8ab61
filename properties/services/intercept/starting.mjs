// A shop that does something before it serves: `node starting.mjs <what>`. Whatever that is, it sells by one script.
import { createServer } from 'node:http';
import { Redis } from 'ioredis';

const [, , what] = process.argv;
const redis = new Redis(process.env.REDIS_URL);
redis.on('error', () => {});

const DECIDE =
  what === 'loads-wrong'
    ? "redis.call('DECR', KEYS[1]) return 1"
    : "if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1";
const LIBRARY = `#!lua name=shop\nredis.register_function('buy', function(KEYS) ${DECIDE} end)`;

const START = {
  loads: async () => void (await redis.script('LOAD', DECIDE)),
  'loads-wrong': async () => void (await redis.script('LOAD', DECIDE)),
  'loads-if-absent': async () => {
    await redis.ping();
    const [isThere] = await redis.script('EXISTS', '0'.repeat(40));
    if (isThere === 0) await redis.script('LOAD', DECIDE);
    await redis.info('server');
  },
  'loads-library': async () => void (await redis.function('LOAD', 'REPLACE', LIBRARY)),
  'loads-library-once': async () => void (await redis.function('LOAD', LIBRARY)),
  'loads-its-own': async () => {
    await redis.script('LOAD', DECIDE);
    await redis.script('LOAD', `return ${process.pid}`);
  },
  'loads-broken': async () => void (await redis.script('LOAD', 'this is no Lua')),
  nothing: () => {},
  /** Each process that starts puts on sale again what was sold. */
  refills: async () => void (await redis.set('stock', 1)),
};
await START[what]();

const { createHash } = await import('node:crypto');
const digest = createHash('sha1').update(DECIDE).digest('hex');
const decide = () =>
  what.startsWith('loads-library') ? redis.fcall('buy', 1, 'stock') : redis.evalsha(digest, 1, 'stock');

createServer((_, response) => {
  decide().then(
    (sold) => response.writeHead(sold === 1 ? 200 : 409).end(),
    (error) => response.writeHead(500).end(String(error)),
  );
}).listen(process.env.PORT, '127.0.0.1');
