import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BenchResult } from '../../harness/documents/figures.ts';
import { explorationSchema, type ExplorationDocument } from '../../harness/documents/exploration.ts';
import { resultSchema, type Result } from '../../harness/documents/result.ts';
import { ownClientsIn } from '../../harness/loader/own-clients.ts';
import { explorationText } from '../../reports/text/explore.ts';
import { screen } from '../../reports/text/screen.ts';
import { CLI, start, type Ended } from '../helpers/command.ts';
import { withServer } from '../helpers/connecting.ts';
import { projectWithUs, type Installed } from '../helpers/own-clients.ts';
import { sometimes } from '../helpers/rotating.ts';

const SHOP = `import { Redis } from 'ioredis';
const redis = new Redis('redis://127.0.0.1:6379');
export const open = (sale: { stock: number }) => redis.set('stock', sale.stock);
export const left = () => redis.get('stock');
export const buy = async (): Promise<boolean> => (await redis.decr('stock')) >= 0;
`;
const ADAPTER = `import { fromModule } from 'oversell';
export const shop = fromModule(new URL('./shop.ts', import.meta.url), (shop: typeof import('./shop.ts')) => ({
  open: (_, sale) => shop.open(sale), buy: () => shop.buy(), left: () => shop.left(),
}));
`;
const project = (installed: Installed, files: Record<string, string> = {}): string =>
  projectWithUs(
    { 'package.json': '{"type":"module"}', 'shop.ts': SHOP, 'sell.ts': ADAPTER, ...files },
    installed,
  );

const run = (folder: string, words: string): Promise<Ended> =>
  start(process.execPath, [CLI, ...words.split(' ')], {}, folder).ended;

const THEIRS = [{ name: 'ioredis', version: '5.11.1' }];
const SMALL = '--buyers 2 --stock 1 --seed 1';

describe('the clients of the project that code is tried with', () => {
  test('are told by explore, once, in text and as JSON', async () => {
    const folder = project({ ioredis: 'ioredis5' });
    const { stdout } = await run(folder, `explore ./sell.ts ${SMALL}`);
    expect(stdout).toMatch(/^shop \(.*sell\.ts\) · ioredis 5\.11\.1 of the project · Redis /);
    expect(stdout.match(/5\.11\.1/g)).toHaveLength(1);
    const found = JSON.parse(
      (await run(folder, `explore ./sell.ts ${SMALL} --json`)).stdout,
    ) as ExplorationDocument;
    expect(found.clients).toEqual(THEIRS);
    // As older versions wrote it.
    const { clients: _, ...older } = found;
    expect(explorationSchema.safeParse(older).error).toBeUndefined();
    expect(explorationText(older)).not.toContain('of the project');
  });

  test('are told by bench', async () => {
    const folder = await withServer(project({ ioredis: 'ioredis5' }));
    const few = 'bench ./sell.ts --buyers 50 --trials 1 --redis-server ./redis-server';
    const { stdout } = await run(folder, few);
    expect(stdout.match(/^shop uses ioredis 5\.11\.1 of the project\.$/gm)).toHaveLength(1);
    const { strategies } = JSON.parse((await run(folder, `${few} --json`)).stdout) as BenchResult;
    expect(strategies).toMatchObject([{ strategy: 'shop', clients: THEIRS }]);
  });

  sometimes(
    'are told by evaluate',
    async () => {
      const folder = await withServer(project({ ioredis: 'ioredis5' }));
      const { stdout } = await run(
        folder,
        'evaluate ./sell.ts --discover --json --redis-server ./redis-server',
      );
      const result = JSON.parse(stdout) as Result;
      expect(result.strategies).toMatchObject([{ name: 'shop', clients: THEIRS }]);
      expect(screen(result, undefined).match(/ioredis 5\.11\.1 of the project$/gm)).toHaveLength(1);
      const older = structuredClone(result);
      for (const one of older.strategies) delete one.clients;
      expect(resultSchema.safeParse(older).error).toBeUndefined();
      expect(screen(older, undefined)).not.toContain('of the project');
    },
    240_000,
  );

  test('are none where the project has none installed, or code takes the one that it is handed', () => {
    expect(ownClientsIn([join(project({}), 'shop.ts')])).toEqual([]);
    const types =
      "import type { Redis } from 'ioredis';\nexport const buy = (redis: Redis) => redis.decr('stock');\n";
    expect(ownClientsIn([join(project({ ioredis: 'ioredis5' }, { 'shop.ts': types }), 'shop.ts')])).toEqual(
      [],
    );
  });

  test('are found behind files of the project, under other names, and in packages that it imports', () => {
    const lines = ["import './clients.ts';", "import lock from 'lock';", 'export default lock;'];
    const folder = project(
      { ioredis: 'ioredis4', 'the-redis': 'redis5' },
      {
        'shop.ts': lines.join('\n'),
        'clients.ts': "import { createClient } from 'the-redis';\nexport { createClient };\n",
      },
    );
    const lock = join(folder, 'node_modules/lock');
    mkdirSync(join(lock, 'node_modules'), { recursive: true });
    writeFileSync(
      join(lock, 'package.json'),
      '{"name":"lock","version":"1.0.0","main":"index.js","dependencies":{"ioredis":"5"}}',
    );
    writeFileSync(join(lock, 'index.js'), "module.exports = require('ioredis');");
    symlinkSync(join(import.meta.dirname, '../../node_modules/ioredis5'), join(lock, 'node_modules/ioredis'));
    expect(ownClientsIn([join(folder, 'shop.ts')])).toEqual([
      { name: 'ioredis', version: '5.11.1' },
      { name: 'redis', version: '5.12.1' },
    ]);
  });
});
