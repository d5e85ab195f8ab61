import { createClient } from 'redis';

const client = createClient({ url: 'redis://coupons.internal:6379/2' });
client.on('error', () => {});
void client.connect();

export const issue = (amount: number) => client.set('coupons:amount', amount);
export const owners = () => client.sMembers('coupons');
export const rest = async () => Number(await client.get('coupons:amount')) - (await client.sCard('coupons'));

export async function claim(user: string) {
  if (await client.sIsMember('coupons', user)) return 'ALREADY';
  if ((await rest()) < 1) return 'GONE';
  return (await client.sAdd('coupons', user)) ? 'OK' : 'ALREADY';
}
