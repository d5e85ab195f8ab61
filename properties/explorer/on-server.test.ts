import { expect, test } from 'vitest';
import { properties, server } from '../helpers/exploring.ts';
import { exploringFolder } from '../helpers/probe-files.ts';
import { rotating } from '../helpers/rotating.ts';

const redis = server();

/** Watches the stock, does this, and takes a unit in a transaction; refuses where that fails. */
const watchingThen = (line: string): Record<string, string> => ({
  'sell.mjs': `import { answer, probe, STOCK } from './parts.mjs';
export const strategy = probe('probe', (redis) => async () => {
  await redis.watch(STOCK);
  ${line}
  await redis.multi({ pipeline: false });
  await redis.decr(STOCK);
  const done = await redis.exec();
  return answer(done !== null && done[0][1] >= 0);
});`,
});

const violated = async (line: string): Promise<string[]> => {
  const scope = { buyers: 2, stock: 2 };
  const found = await exploringFolder(redis.target, watchingThen(line), scope, { auditSamples: 4 });
  expect(found.coverage).toBe('exhausted');
  expect(found.audit.mismatches).toEqual([]);
  return properties(found, 'violated');
};

const ENDS = [
  ['UNWATCH', 'await redis.unwatch();'],
  ['DISCARD', 'await redis.multi({ pipeline: false }); await redis.get(STOCK); await redis.discard();'],
  ['EXEC', 'await redis.multi({ pipeline: false }); await redis.get(STOCK); await redis.exec();'],
] as const;

test.each(rotating(ENDS, 1, 'ends of a watch'))(
  'after %s no touch of a watched key makes a transaction fail',
  async (_, line) => {
    expect(await violated(line)).toEqual([]);
  },
);

test('before it, one does', async () => {
  expect(await violated('')).toContain('false-refusal');
});
