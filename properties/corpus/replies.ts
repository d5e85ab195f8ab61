import { stockKey } from '../../strategies/keys.ts';
import { luaDecrement } from '../../strategies/lua-decrement.ts';
import { changed, mutant, variant } from './parts.ts';

/** How a script is sent, and what is made of its reply. */

const TAKE = `
local stock = tonumber(redis.call('GET', KEYS[1]))
if stock < tonumber(ARGV[1]) then return -1 end
return redis.call('DECRBY', KEYS[1], ARGV[1])`;

export const answersYesOrNo = variant({
  name: 'answers-yes-or-no',
  unlike: 'the script answers true or false, which arrive as 1 and null',
  holdsIn: ['calm', 'several-units', 'release-restock', 'script-flush'],
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      const take =
        changed(changed(TAKE, 'return -1', 'return false'), 'return redis', 'redis') + ' return true';
      return (await redis.eval(take, 1, stockKey(sku), quantity)) ? { kind: 'sold' } : { kind: 'sold-out' };
    },
  }),
});

export const answersJson = variant({
  name: 'answers-json',
  unlike: 'the script answers a JSON text, and is a command of the client (defineCommand)',
  holdsIn: ['calm', 'several-units', 'release-restock', 'script-flush'],
  seller(redis, { sku }) {
    const take = changed(
      changed(TAKE, 'return -1', "return cjson.encode({ kind = 'sold-out' })"),
      'return redis',
      'redis',
    );
    const lua = `${take}\nreturn cjson.encode({ kind = 'sold' })`;
    redis.defineCommand('takeUnits', { numberOfKeys: 1, lua });
    const client = redis as typeof redis & { takeUnits(key: string, quantity: number): Promise<string> };
    return {
      async purchase({ quantity }) {
        return JSON.parse(await client.takeUnits(stockKey(sku), quantity)) as { kind: 'sold' | 'sold-out' };
      },
    };
  },
});

export const takesNilForZero = mutant({
  name: 'takes-nil-for-zero',
  mistake:
    'the script has no answer where there is too little, and Number(null) is 0, which is not less than 0',
  caught: { property: 'oversell', environment: 'calm', scope: { buyers: 1, stock: 1 } },
  fixed: answersYesOrNo,
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      const take = changed(TAKE, 'return -1', 'return');
      const left = Number(await redis.eval(take, 1, stockKey(sku), quantity));
      return left >= 0 ? { kind: 'sold', remaining: left } : { kind: 'sold-out' };
    },
  }),
});

export const takesTheNumberForAnAnswer = mutant({
  name: 'takes-the-number-for-an-answer',
  mistake: 'asks whether the script answered, and minus one is an answer',
  caught: { property: 'oversell', environment: 'calm', scope: { buyers: 1, stock: 1 } },
  fixed: answersYesOrNo,
  seller: (redis, { sku }) => ({
    async purchase({ quantity }) {
      const answer = await redis.eval(TAKE, 1, stockKey(sku), quantity);
      return answer === null ? { kind: 'sold-out' } : { kind: 'sold' };
    },
  }),
});

export const takesBeforeItFails = mutant({
  name: 'takes-before-it-fails',
  mistake: 'notes the order after the units are taken, where an error ends the script and takes nothing back',
  caught: { property: 'stranded', environment: 'calm', scope: { buyers: 1, stock: 1 } },
  fixed: answersYesOrNo,
  seller: (redis, { sku }) => ({
    async purchase({ requestId, quantity }) {
      // The key that the stock has is given for the list of orders, too, as in a copied line.
      const keys = [stockKey(sku), stockKey(sku)];
      const take =
        changed(TAKE, 'return redis', 'redis') + "\nredis.call('RPUSH', KEYS[2], ARGV[2]) return 1";
      const kind = (await redis.eval(take, 2, ...keys, quantity, requestId)) === 1 ? 'sold' : 'sold-out';
      return { kind };
    },
  }),
});

export const loadsItsScriptWhenTheSaleOpens = mutant({
  name: 'loads-its-script-when-the-sale-opens',
  mistake: 'loads the script once, keeps its digest, and has no answer to NOSCRIPT',
  source: 'https://github.com/arunoda/node-redis-scripto/issues/12',
  caught: {
    property: 'stranded',
    environment: 'script-flush',
    scope: { buyers: 1, stock: 1, faults: { 'script-flush': 1 } },
  },
  fixed: luaDecrement,
  async open(redis, { sku, stock }) {
    await redis.set(stockKey(sku), stock);
    await redis.set(`${stockKey(sku)}:script`, String(await redis.script('LOAD', TAKE)));
  },
  async seller(redis, { sku }) {
    const digest = (await redis.get(`${stockKey(sku)}:script`))!;
    return {
      async purchase({ quantity }) {
        const left = Number(await redis.evalsha(digest, 1, stockKey(sku), quantity));
        return left >= 0 ? { kind: 'sold', remaining: left } : { kind: 'sold-out' };
      },
    };
  },
});

export const loadsItsScriptWhenItStarts = mutant({
  name: 'loads-its-script-when-it-starts',
  mistake:
    'each process loads the script when it starts, and fails every buyer after a flush, until it starts again',
  source: 'https://github.com/Openpanel-dev/groupmq/issues/16',
  caught: {
    property: 'progress',
    environment: 'script-flush',
    scope: { buyers: 1, stock: 1, faults: { 'script-flush': 1 } },
  },
  fixed: luaDecrement,
  async seller(redis, { sku }) {
    const digest = String(await redis.script('LOAD', TAKE));
    return {
      async purchase({ quantity }) {
        const left = Number(await redis.evalsha(digest, 1, stockKey(sku), quantity));
        return left >= 0 ? { kind: 'sold', remaining: left } : { kind: 'sold-out' };
      },
    };
  },
});
