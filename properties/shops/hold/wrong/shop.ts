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

export const open = (units: number) => redis.set('left', units);
export const left = () => redis.get('left');
export const hold = async (id: string) => (await redis.eval(HOLD, 0, id, Date.now() + HOLD_MS)) === 1;
export const pay = async (id: string, user: string) => (await redis.eval(PAY, 0, id, user)) === 1;

export async function sweep(): Promise<boolean> {
  const late = await redis.zrangebyscore('holds', '-inf', Date.now());
  for (const hold of late) {
    await redis.zrem('holds', hold);
    await redis.incr('left');
  }
  return late.length > 0;
}

export const paid = () => redis.hgetall('paid');
