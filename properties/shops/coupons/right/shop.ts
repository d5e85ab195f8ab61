import { createClient } from 'redis';

const client = createClient({ url: 'redis://coupons.internal:6379/2' });
client.on('error', () => {});
void client.connect();

const CLAIM = `
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then return 'ALREADY' end
if redis.call('SCARD', KEYS[1]) >= tonumber(redis.call('GET', KEYS[2])) then return 'GONE' end
redis.call('SADD', KEYS[1], ARGV[1])
return 'OK'`;

export const issue = (amount: number) => client.set('coupons:amount', amount);
export const owners = () => client.sMembers('coupons');
export const rest = async () => Number(await client.get('coupons:amount')) - (await client.sCard('coupons'));

export const claim = (user: string) =>
  client.eval(CLAIM, { keys: ['coupons', 'coupons:amount'], arguments: [user] });
