import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { serviceFileOf } from '../../harness/commands/service-file-flags.ts';
import { UsageError } from '../../harness/ground/errors.ts';
import { folderOfRun } from '../../harness/ground/temporary.ts';

const SHOP = {
  start: ['node', 'shop.mjs'],
  ready: { path: '/' },
  open: [['true']],
  buy: { path: '/buy' },
  left: { ask: ['true'] },
  answers: { sold: { status: 200 }, soldOut: { status: 409 } },
};

test('a large sale over HTTP refuses ports that are written into the code, as nothing diverts them there', async () => {
  const folder = folderOfRun('oversell-test-');
  try {
    const path = join(folder.path, 'shop.json');
    writeFileSync(path, JSON.stringify(SHOP));
    await expect(serviceFileOf(path, {})).resolves.toMatchObject({ name: 'shop' });
    writeFileSync(path, JSON.stringify({ ...SHOP, ports: { http: 5000 } }));
    const refused = serviceFileOf(path, {});
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    await expect(refused).rejects.toMatchObject({ remedy: expect.stringContaining('baseUrl') });
  } finally {
    await folder.remove();
  }
});
