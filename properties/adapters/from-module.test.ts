import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Exploration } from '../../harness/explorer/explore.ts';
import { explore, fromModule, type Shop } from '../../harness/library/oversell.ts';
import { oversell } from '../helpers/command.ts';
import { properties, server, type GivenScope } from '../helpers/exploring.ts';
import { exploringProject, projectWithUs } from '../helpers/own-clients.ts';
import { temporaryFolder } from '../helpers/processes.ts';

const redis = server();
const CALM = { buyers: 2, stock: 1 };

/** The files of the README's examples, by the name in their first line. */
const README = readFileSync(new URL('../../harness/adapters/README.md', import.meta.url), 'utf8');
const EXAMPLES = Object.fromEntries(
  [...README.matchAll(/^```ts\n\/\/ (\S+)\n([^]*?)^```$/gm)].map(([, name, code]) => [name!, code!]),
);

const IOREDIS = { ioredis: 'ioredis' } as const;
const project = (files: Record<string, string>): string => projectWithUs(files, IOREDIS);

/** Explores a shop by an adapter in a file of its own, as the command line does. */
const explored = (
  shop: string,
  adapter: string,
  scope: GivenScope = CALM,
  options = '{}',
): Promise<Exploration> =>
  exploringProject(
    redis.target,
    project({
      'shop.ts': shop,
      'sell.ts': `import { fromModule } from 'oversell';
export const mine = fromModule(new URL('./shop.ts', import.meta.url), ${adapter}, ${options});`,
    }),
    scope,
  );

describe('the examples of harness/adapters/README.md', () => {
  test('are explored as they stand: the race is found, with the lines of the shop', async () => {
    const folder = project(EXAMPLES);
    const runs = temporaryFolder();
    const words = ['explore', join(folder, 'coupons.oversell.ts'), '--buyers', '2', '--stock', '1'];
    const { exitCode, stdout } = await oversell([...words, '--runs', runs]).ended;
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^coupons \(.*coupons\.oversell\.ts\)/);
    const line = (text: string): number =>
      `\n${EXAMPLES['coupons.ts']}`.split('\n').findIndex((one) => one.includes(text));
    expect(stdout).toContain(`coupons.ts:${line('await redis.decr')}  DECR coupons:`);
    expect(stdout).toContain(`coupons.ts:${line('await redis.get')} `);
    const [, counterexample] = /Again: oversell replay (\S+)/.exec(stdout)!;
    expect((await oversell(['replay', counterexample!]).ended).exitCode).toBe(1);
  });

  test('hold where they take before they look', async () => {
    const right = EXAMPLES['coupons.ts']!.replace(
      /  if \(\(await left[^]*?decr.*\n/,
      '  if ((await redis.decr(`coupons:${sku}`)) < 0) return false;\n',
    );
    const folder = project({ ...EXAMPLES, 'coupons.ts': right, 'sell.ts': EXAMPLES['coupons.oversell.ts']! });
    expect(await exploringProject(redis.target, folder, CALM)).toMatchObject({
      verdict: 'holds',
      coverage: 'exhausted',
      notes: [],
    });
  });
});

/** In a test the adapter lies where it is used. */
const inATest = (folder: string): ReturnType<typeof fromModule> =>
  fromModule(join(folder, 'coupons.ts'), (shop: Record<'stock' | 'claim' | 'left', Function>) => ({
    open: (_, sale) => shop.stock(sale.sku, sale.stock) as unknown,
    buy: (_, sale, { userId }) => shop.claim(sale.sku, userId) as unknown,
    left: (_, sale) => shop.left(sale.sku) as Promise<number>,
  }));

const EMPTY = (): Shop => ({ open: () => {}, buy: () => true, left: () => 1 });

describe('what fromModule() makes', () => {
  test('can be handed to explore(), and comes to the same there', async () => {
    const folder = project({ ...EXAMPLES, 'sell.ts': EXAMPLES['coupons.oversell.ts']! });
    const byFile = await exploringProject(redis.target, folder, CALM);
    const found = await explore(inATest(folder), { ...CALM, seed: 1 });
    expect(found).toMatchObject({ strategy: 'coupons', coverage: 'exhausted', verdict: 'violated' });
    expect(found.interleavings).toBe(String(byFile.interleavings));
    expect(found.states).toBe(byFile.states);
    expect(found.outcomes).toBe(byFile.outcomes.size);
    const { file, steps } = found.properties.oversell.counterexample!;
    expect(file).toBeNull();
    const sent = steps.filter(({ command }) => command);
    expect(sent.map(({ source }) => source?.file)).toEqual(sent.map(() => 'coupons.ts'));
  });

  const ONCE = `let sold = 0;
export const open = (redis, { stock }) => redis.set('stock', stock);
export const left = (redis) => redis.get('stock');
export async function buy(redis) {
  if (sold > 0) return false;
  sold++;
  return (await redis.decr('stock')) >= 0;
}`;
  const WHOLE = '({ open, buy, left }) => ({ open, buy, left })';

  test('is a module of its own in each process, and one where buyers share it', async () => {
    const apart = await explored(ONCE, WHOLE, { buyers: 2, stock: 2 });
    expect(apart).toMatchObject({ verdict: 'holds', coverage: 'exhausted' });
    const together = await explored(ONCE, WHOLE, { buyers: 2, stock: 2, instances: 1 });
    expect(properties(together, 'violated')).toEqual(['false-refusal']);
  });

  test('may start what sells, and waits for it', async () => {
    const service = `import { Redis } from 'ioredis';
export class Stock {
  async onModuleInit() { this.redis = new Redis('redis://stock.internal:6379'); await this.redis.ping(); }
  open(n) { return this.redis.set('stock', n); }
  async buy() { return (await this.redis.decr('stock')) >= 0; }
  async left() { return this.redis.get('stock'); }
}`;
    const adapter = `async ({ Stock }) => {
  const stock = new Stock();
  await stock.onModuleInit();
  return { open: (_, sale) => stock.open(sale.stock), buy: () => stock.buy(), left: () => stock.left() };
}`;
    expect(await explored(service, adapter)).toMatchObject({ verdict: 'holds', coverage: 'exhausted' });
    const looks = service.replace(
      'return (await this',
      'if ((await this.left()) < 1) return false; return (await this',
    );
    const wrong = looks.replace("decr('stock')) >= 0", "decr('stock')) > -9");
    expect(properties(await explored(wrong, adapter), 'violated')).toContain('oversell');
  });

  const WATCHES = `export const open = (redis, { stock }) => redis.set('stock', stock);
export const left = (redis) => redis.get('stock');
export async function buy(redis) {
  await redis.watch('stock');
  if (Number(await redis.get('stock')) < 1) { await redis.unwatch(); return 'NONE'; }
  if (await redis.multi().decr('stock').exec()) return 'OK';
  throw new Error('busy');
}`;
  const ANSWERS = `({ open, buy, left }) => ({ open, buy, left, answers: { sold: 'OK', soldOut: 'NONE', gaveUp: 'busy' } })`;

  test('lends connections for WATCH where it says so, and finds what comes of not saying it', async () => {
    const one = { ...CALM, instances: 1 };
    const exclusive = await explored(WATCHES, ANSWERS, CALM, "{ connection: 'exclusive' }");
    expect(exclusive.coverage).toBe('exhausted');
    expect(properties(exclusive, 'violated')).toEqual([]);
    expect(properties(await explored(WATCHES, ANSWERS, one), 'violated')).toContain('oversell');
  });

  test('ends the run where an answer comes that nobody has explained, and says what to write', async () => {
    await expect(explored(WATCHES, WHOLE)).rejects.toMatchObject({
      code: 'CANNOT_EXPLORE',
      message: 'buy() answered "OK", of which nobody has said what it means',
      remedy: expect.stringMatching(/answers: \{ sold, soldOut/),
    });
  });

  test('sells several units only where it says that it does', async () => {
    const scope = { buyers: 1, stock: 2, quantities: [2] };
    await expect(explored(ONCE, WHOLE, scope)).rejects.toMatchObject({
      message: expect.stringMatching(/^2 units are bought at once/),
    });
    const several = "{ supports: ['several-units'] }";
    // It says so, and takes one.
    expect(properties(await explored(ONCE, WHOLE, scope, several), 'violated')).toEqual(['oversell']);
  });

  test('names file and line of what is wrong with the module', async () => {
    await expect(explored('export const open = 1\nexport const (', WHOLE)).rejects.toMatchObject({
      message: expect.stringMatching(/shop\.ts:2/),
    });
    await expect(explored("throw new Error('no REDIS_URL');", WHOLE)).rejects.toMatchObject({
      message: expect.stringMatching(/shop\.ts:1: it failed at import: .*no REDIS_URL/),
    });
    await expect(explored('export const open = () => {};', WHOLE)).rejects.toMatchObject({
      message: expect.stringMatching(/gives no function buy/),
    });
  });

  test('takes a URL or an absolute path, and nothing from nowhere', () => {
    expect(() => fromModule('./shop.ts', EMPTY)).toThrow(/nobody knows from which folder/);
    expect(fromModule(new URL('file:///somewhere/my%20shop.v2.ts'), EMPTY).name).toBe('my-shop.v2');
  });
});

/** One coupon a user, of those that are left. */
const coupons = (claim: string): string => `
export const open = (redis, { stock }) => redis.set('left', stock);
export const left = (redis) => redis.get('left');
export const users = (redis) => redis.smembers('users');
const SCRIPT = \`if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return 'HAS' end
if tonumber(redis.call('GET', KEYS[1])) < 1 then return 'NONE' end
redis.call('DECR', KEYS[1]) redis.call('SADD', KEYS[2], ARGV[1]) return 'OK'\`;
export async function claim(redis, user) { ${claim} }`;

describe('a shop that remembers users', () => {
  const SCRIPTED = "return redis.eval(SCRIPT, 2, 'left', 'users', user);";
  const IN_STEPS = `if (await redis.sismember('users', user)) return 'HAS';
  if ((await redis.decr('left')) < 0) return 'NONE';
  await redis.sadd('users', user);
  return 'OK';`;
  const ALWAYS = "return (await redis.sadd('users', user)) ? 'OK' : 'HAS';";
  const BY_USER = `({ open, left, users, claim }) => ({ open, left, orders: users,
  buy: (redis, _, { userId }) => claim(redis, userId),
  answers: { sold: 'OK', soldOut: 'NONE', alreadyYours: 'HAS' } })`;
  const twoOfOne = { buyers: 3, users: 2, stock: 2, perUserLimit: 1 };
  const LIMITED = "{ supports: ['limit'] }";

  test('holds where it decides in one step: who has one is told so, and its orders name users', async () => {
    const found = await explored(coupons(SCRIPTED), BY_USER, twoOfOne, LIMITED);
    expect(found).toMatchObject({ verdict: 'holds', coverage: 'exhausted' });
    expect(properties(found, 'holds')).toEqual(expect.arrayContaining(['lost-sale', 'user-limit']));
    expect([...found.outcomes].join()).toContain('already-yours');
  });

  test('and its twins do not: in several steps a user gets two, and one that counts nothing oversells', async () => {
    const inSteps = await explored(coupons(IN_STEPS), BY_USER, twoOfOne, LIMITED);
    expect(properties(inSteps, 'violated')).toContain('user-limit');
    const always = await explored(
      coupons(ALWAYS),
      BY_USER,
      { buyers: 2, stock: 1, perUserLimit: 1 },
      LIMITED,
    );
    expect(properties(always, 'violated')).toContain('oversell');
  });

  test('and one that tells a user so who has none is found by its ledger', async () => {
    const lies = coupons(SCRIPTED).replace("'SISMEMBER', KEYS[2], ARGV[1]", "'EXISTS', KEYS[2]");
    const found = await explored(lies, BY_USER, { buyers: 2, stock: 2, perUserLimit: 1 }, LIMITED);
    expect(properties(found, 'violated')).toContain('lost-sale');
  });

  test('and one that loses an order loses a sale', async () => {
    const loses = coupons(IN_STEPS.replace("await redis.sadd('users', user);", ''));
    const found = await explored(loses, BY_USER, { buyers: 1, stock: 1, perUserLimit: 1 }, LIMITED);
    expect(properties(found, 'violated')).toContain('lost-sale');
  });
});

test('an adapter in plain JavaScript, without any package, is explored as well', async () => {
  const folder = projectWithUs({
    'shop.cjs': `let calls = 0;
module.exports = {
  open: (redis, sale) => redis.set('stock', sale.stock),
  buy: async (redis) => (calls++, (await redis.decr('stock')) >= 0),
  left: (redis) => redis.get('stock'),
};`,
    'sell.ts': `import { fromModule } from 'oversell';
export const mine = fromModule(new URL('./shop.cjs', import.meta.url), (shop) => shop);`,
  });
  expect(await exploringProject(redis.target, folder, CALM)).toMatchObject({ verdict: 'holds' });
});

const remembersInFile = (keeps: string): string => `import { fromFunction } from 'oversell';
let soldOut = false;
export const mine = fromFunction({
  open: (redis, { stock }) => redis.set('stock', stock),
  left: (redis) => redis.get('stock'),
  async buy(redis) {
    if (soldOut) return false;
    const left = await redis.decr('stock');
    soldOut = left ${keeps} 0;
    return left >= 0;
  },
});`;

const remembering = (keeps: string): ReturnType<typeof exploringProject> =>
  exploringProject(redis.target, projectWithUs({ 'sell.ts': remembersInFile(keeps) }), {
    buyers: 3,
    stock: 2,
    instances: 2,
  });

test('functions in a file of their own are evaluated for each process, with what they keep', async () => {
  expect(await remembering('<=')).toMatchObject({ verdict: 'holds', coverage: 'exhausted', notes: [] });
  expect((await remembering('>=')).properties['false-refusal'].verdict).toBe('violated');
});
