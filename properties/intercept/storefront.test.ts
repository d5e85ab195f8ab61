import { describe, expect, test } from 'vitest';
import { fileURLToPath } from 'node:url';
import { readServiceFile, type ServiceFile } from '../../harness/service/service-file.ts';
import { properties, server } from '../helpers/exploring.ts';
import { intercepted } from '../helpers/intercepting.ts';
import { everything, sometimes } from '../helpers/rotating.ts';

const at = server();
const race = { buyers: 2, stock: 1 };
const IN_TIME = 900_000;
const quickly = { auditSamples: 2 };

const FILE = fileURLToPath(new URL('../../harness/storefront/intercept.json', import.meta.url));

/** The storefront; by another strategy it makes that one's mistakes. */
function storefront(strategy?: string): ServiceFile {
  const file = readServiceFile(FILE);
  if (strategy === undefined) return file;
  const [addProduct, ...open] = file.service.open as [string[], ...typeof file.service.open];
  const service = {
    ...file.service,
    start: [...file.service.start!, '--no-orders', '--strategy', strategy],
    open: [[...addProduct.slice(0, -1), strategy], ...open],
  };
  const { ledger: _none, ...withoutLedger } = service;
  return { ...file, service: withoutLedger };
}

describe('the storefront, started as it is', () => {
  sometimes(
    'sells one unit once, in every order of two buyers',
    async () => {
      const explored = await intercepted(storefront(), race, at.target, quickly);
      expect(properties(explored, 'violated')).toEqual([]);
      expect(explored).toMatchObject({ verdict: 'holds', coverage: 'exhausted', interleavings: 6n });
      expect(explored.audit.mismatches).toEqual([]);
    },
    IN_TIME,
  );

  sometimes(
    'is caught where it sells by a strategy that reads and then writes',
    async () => {
      const explored = await intercepted(storefront('read-then-write'), race, at.target, quickly);
      expect(properties(explored, 'violated')).toContain('oversell');
    },
    IN_TIME,
  );

  test.runIf(everything)(
    'holds where processes crash, replies are lost and buyers ask again',
    async () => {
      const faults = { crash: 1, 'lost-reply': 1, retry: 1 };
      const explored = await intercepted(storefront(), { buyers: 3, stock: 2, faults }, at.target);
      expect(properties(explored, 'violated')).toEqual([]);
      expect(explored).toMatchObject({ verdict: 'holds', coverage: 'exhausted' });
      expect(explored.audit).toMatchObject({ replayed: 16, mismatches: [] });
    },
    2 * IN_TIME,
  );

  test.runIf(everything)(
    'is caught where it forgets whom it has sold to, when a reply is lost',
    async () => {
      const faults = { 'lost-reply': 1, retry: 1 };
      const scope = { buyers: 1, stock: 2, faults };
      const explored = await intercepted(storefront('lua-decrement'), scope, at.target, quickly);
      expect(properties(explored, 'violated')).toContain('double-sale');
    },
    IN_TIME,
  );
});
