import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

const connection = new Redis('redis://stock.internal:6379', { maxRetriesPerRequest: null });
const confirmations = new Queue('confirmations', { connection });

const TAKE = `
if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end
redis.call('DECR', KEYS[1])
return 1`;

export const putOnSale = (show: string, seats: number) => connection.set(`seats:${show}`, seats);
export const left = (show: string) => connection.get(`seats:${show}`);

export async function order(show: string, userId: string, orderId: string): Promise<boolean> {
  if ((await connection.eval(TAKE, 1, `seats:${show}`)) !== 1) return false;
  await confirmations.add('confirm', { show, userId }, { jobId: orderId });
  return true;
}
