import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exploreEnvironments } from '../../harness/evaluate/explored.ts';
import { strategyNote } from '../../reports/view/view.ts';
import { Steps } from '../../harness/ground/steps.ts';
import { Keeper } from '../../harness/documents/write-file.ts';
import type { Strategy } from '../../strategies/contract.ts';
import { exploringFolder } from '../helpers/probe-files.ts';
import { exploring, properties, server } from '../helpers/exploring.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { strategyResult } from '../helpers/results.ts';
import { folderWith } from '../helpers/strategy-sources.ts';
import * as failures from '../corpus/timeouts.ts';
import { subject as subjectOfCorpus } from '../corpus/corpus.ts';

const redis = server();
const scope = { buyers: 2, stock: 1 };

interface Parts {
  open?: string;
  purchase?: string;
  remaining?: string;
}

/** A strategy that is right but for what is given in a part's place. */
const sells = ({ open, purchase, remaining }: Parts): Record<string, string> => ({
  'sell.mjs': `
export default {
  name: 'probe', summary: 'sells', connection: 'shared',
  async open(redis, { stock }) { ${open ?? "await redis.set('stock', stock);"} },
  seller: (redis) => ({
    async purchase({ requestId }) {
      ${purchase ?? ''}
      const left = await redis.eval("local s = tonumber(redis.call('GET', KEYS[1]) or 0) if s < 1 then return -1 end return redis.call('DECR', KEYS[1])", 1, 'stock');
      return { kind: left < 0 ? 'sold-out' : 'sold' };
    },
    remaining: async () => ${remaining ?? "Number(await redis.get('stock'))"},
  }),
};`,
});

describe('code that does not work for one buyer alone is told as that, before anything else', () => {
  test.each<[string, Parts, RegExp]>([
    [
      'an open that puts nothing on sale',
      { open: '' },
      /^open\(\) puts nothing on sale: it leaves the server empty/,
    ],
    [
      'a remaining that is no number',
      { remaining: "Number((await redis.get('stok')) ?? undefined)" },
      /^remaining\(\) answered NaN, on a sale of 1 with one buyer$/,
    ],
    [
      'a remaining that throws',
      { remaining: 'missing.stock' },
      /^remaining threw ReferenceError: missing is not defined at .*sell\.mjs:11/,
    ],
  ])('%s', async (_, parts, message) => {
    const exploration = exploringFolder(redis.target, sells(parts), scope);
    await expect(exploration).rejects.toMatchObject({
      code: 'CANNOT_EXPLORE',
      message: expect.stringMatching(message) as string,
    });
  });

  test('and so is a purchase that throws, by error, file and line, beside what comes of it', async () => {
    const found = await exploringFolder(redis.target, sells({ purchase: 'requestId.order.id;' }), scope);
    expect(found.alone).toMatch(
      /^purchase threw TypeError: .*undefined.* at .*sell\.mjs:7, for one buyer alone$/,
    );
    // Nobody else can buy either.
    expect(properties(found, 'violated')).toEqual(['stranded']);
  });

  test('evaluate tells it, too, beside the name of the strategy', async () => {
    const path = join(folderWith(sells({ purchase: 'requestId.order.id;' })), 'sell.mjs');
    const { default: strategy } = (await import(path)) as { default: Strategy };
    const row = strategyResult({});
    await exploreEnvironments(
      { ref: { path }, strategy, path },
      {
        environments: ['calm'],
        target: redis.target,
        seed: 1,
        folder: temporaryFolder(),
        maxStates: 10_000,
        auditSamples: 0,
        progress: {
          now: () => undefined,
          detail: () => undefined,
          line: () => undefined,
          end: () => undefined,
        },
        steps: new Steps({ now: () => undefined }, 1, () => 0),
        signal: new AbortController().signal,
        keeper: new Keeper(),
      },
      row,
    );
    expect(row.alone).toMatch(/^purchase threw TypeError: .* at .*sell\.mjs:7, for one buyer alone$/);
    expect(strategyNote(row)).toBe(row.alone);
    expect(strategyNote(strategyResult({}))).not.toContain('alone');
  });

  test('of what works for one there is nothing to tell', async () => {
    const found = await exploringFolder(redis.target, sells({}), scope);
    expect(found.verdict).toBe('holds');
    expect(found.alone).toBeUndefined();
  });

  test('what throws only among others, or after a fault, is explored', async () => {
    const throwsLater = sells({ purchase: "if (requestId === 'request-B') throw new Error('B');" });
    const found = await exploringFolder(redis.target, throwsLater, { ...scope, stock: 2 });
    expect(properties(found, 'violated')).toEqual(['progress']);
    expect(found.alone).toBeUndefined();
    const { failsWithThoseBefore } = failures;
    const poisoned = await exploring(redis.target, failsWithThoseBefore, failsWithThoseBefore.caught.scope, {
      subject: await subjectOfCorpus(failsWithThoseBefore),
    });
    expect(properties(poisoned, 'violated')).toEqual(['progress']);
  });
});
