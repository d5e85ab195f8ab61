import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

const connection = new Redis('redis://stock.internal:6379', { maxRetriesPerRequest: null });
const confirmations = new Queue('confirmations', { connection });

export const putOnSale = (show: string, seats: number) => connection.set(`seats:${show}`, seats);
export const left = async (show: string) =>
  Number(await connection.get(`seats:${show}`)) - (await confirmations.getWaitingCount());

export async function order(show: string, userId: string, orderId: string): Promise<boolean> {
  if ((await left(show)) < 1) return false;
  await confirmations.add('confirm', { show, userId }, { jobId: orderId });
  return true;
}
