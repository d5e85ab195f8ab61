import { spawnSync } from 'node:child_process';
import { OwnNetworks } from '../../harness/intercept/own-network.ts';
import { describe, expect, test } from 'vitest';
import { properties, server } from '../helpers/exploring.ts';
import { everything } from '../helpers/rotating.ts';
import { article, articleAsPrinted, intercepted } from '../helpers/intercepting.ts';

const at = server();
const IN_TIME = 900_000;

/** One that has what the shop imports, as Debian's python3-flask and python3-redis bring it. */
const python = ['python3', '/usr/bin/python3'].find(
  (name) => spawnSync(name, ['-c', 'import flask, redis']).status === 0,
);
const hasNetworks = await OwnNetworks.find({}).then(
  () => true,
  () => false,
);
const title = python === undefined ? 'skipped: no python3 here has flask and redis' : 'Flask and redis-py';

describe.skipIf(python === undefined)(`the shop of the article, by ${title}`, () => {
  test(
    'sells one unit once, in all twenty orders of two buyers',
    async () => {
      const explored = await intercepted(article(python!), { buyers: 2, stock: 1 }, at.target);
      expect(properties(explored, 'violated')).toEqual([]);
      expect(explored).toMatchObject({ verdict: 'holds', coverage: 'exhausted', interleavings: 20n });
      expect(explored.audit).toMatchObject({ replayed: 16, mismatches: [] });
    },
    IN_TIME,
  );

  test(
    'loses a unit, and refuses who bought it, when a reply is lost: its client takes that for a conflict',
    async () => {
      const scope = { buyers: 1, stock: 1, faults: { 'lost-reply': 1 } };
      const explored = await intercepted(article(python!), scope, at.target, { auditSamples: 2 });
      expect(properties(explored, 'violated')).toEqual(['stranded', 'false-refusal']);
      expect(explored.coverage).toBe('exhausted');
    },
    IN_TIME,
  );
});

describe.skipIf(python === undefined || !hasNetworks)(
  `the same with its ports in its code, by ${title}`,
  () => {
    const scopes = [
      { scope: { buyers: 2, stock: 1 }, interleavings: 20n },
      { scope: { buyers: 3, stock: 2 }, interleavings: 52_980n },
    ];
    test.each(everything ? scopes : scopes.slice(0, 1))(
      'sells no unit twice, in any of the $interleavings orders of $scope.buyers buyers',
      async ({ scope, interleavings }) => {
        const explored = await intercepted(articleAsPrinted(python!), scope, at.target);
        expect(properties(explored, 'violated')).toEqual([]);
        expect(explored).toMatchObject({ verdict: 'holds', coverage: 'exhausted', interleavings });
        expect(explored.audit).toMatchObject({ replayed: 16, mismatches: [] });
      },
      IN_TIME,
    );
  },
);
