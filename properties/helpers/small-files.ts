/** A strategy's file. @param take the body of purchase(request), which may ask left() */
export const selling = (name: string, take: string): string => `
export const ${name} = {
  name: '${name}', summary: 'of somebody', connection: 'shared',
  async open(redis, sale) { await redis.set('stock', sale.stock); },
  seller(redis) {
    const left = async () => Number(await redis.get('stock'));
    return { remaining: left, async purchase(request) { ${take} } };
  },
};`;

/** Sells more than there is. */
export const RACE = `if (await left() < 1) return { kind: 'sold-out' }; await redis.decr('stock'); return { kind: 'sold' };`;

/** Does not. */
export const SCRIPT = `const script = "if tonumber(redis.call('GET', KEYS[1])) < 1 then return 0 end redis.call('DECR', KEYS[1]) return 1";
  return { kind: (await redis.eval(script, 1, 'stock')) === 1 ? 'sold' : 'sold-out' };`;
