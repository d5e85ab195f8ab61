import { Redis } from 'ioredis';

const redis = new Redis({ host: 'holds' });
const HOLD_MS = 60_000;

const HOLD = `
if redis.call('HEXISTS', 'paid', ARGV[1]) == 1 or redis.call('ZSCORE', 'holds', ARGV[1]) then return 1 end
if tonumber(redis.call('GET', 'left')) < 1 then return 0 end
redis.call('DECR', 'left')
redis.call('ZADD', 'holds', ARGV[2], ARGV[1])
return 1`;
const PAY = `
if redis.call('HEXISTS', 'paid', ARGV[1]) == 1 then return 1 end
if redis.call('ZREM', 'holds', ARGV[1]) == 0 then return 0 end
redis.call('HSET', 'paid', ARGV[1], ARGV[2])
return 1`;
const SWEEP = `
local late = redis.call('ZRANGEBYSCORE', 'holds', '-inf', ARGV[1], 'LIMIT', 0, 10)
for _, hold in ipairs(late) do redis.call('ZREM', 'holds', hold) end
if #late > 0 then redis.call('INCRBY', 'left', #late) end
return #late`;

export const open = (units: number) => redis.set('left', units);
export const left = () => redis.get('left');
export const hold = async (id: string) => (await redis.eval(HOLD, 0, id, Date.now() + HOLD_MS)) === 1;
export const pay = async (id: string, user: string) => (await redis.eval(PAY, 0, id, user)) === 1;
export const sweep = async () => Number(await redis.eval(SWEEP, 0, Date.now())) > 0;
export const paid = () => redis.hgetall('paid');
