import { describe, expect, test } from 'vitest';
import { CannotExplore } from '../../harness/explorer/cannot-explore.ts';
import { UsageError } from '../../harness/ground/errors.ts';
import { interceptService } from '../../harness/intercept/intercept.ts';
import { requireLinux } from '../../harness/intercept/refusals.ts';
import { properties, scopeOf, server } from '../helpers/exploring.ts';
import { ForeignServer } from '../helpers/foreign-server.ts';
import { intercepted, shop } from '../helpers/intercepting.ts';
import { sometimes } from '../helpers/rotating.ts';

const at = server();

const race = { buyers: 2, stock: 1 };
const IN_TIME = 600_000;
const technique = (name: string) => shop(['node', 'shop.mjs', name]);
const quickly = { auditSamples: 2 };

describe('a service that nobody could judge', () => {
  sometimes(
    'that remembers in memory that all was sold gets each history a process of its own, and then holds',
    async () => {
      const explored = await intercepted(technique('flag'), race, at.target, quickly);
      expect(explored).toMatchObject({ verdict: 'holds', coverage: 'exhausted', facts: { fresh: true } });
    },
    IN_TIME,
  );

  test(
    'that remembers so, in a sale so small that only what comes after the search could show it, holds as well',
    async () => {
      const explored = await intercepted(technique('flag'), { buyers: 1, stock: 1 }, at.target, quickly);
      expect(explored).toMatchObject({ verdict: 'holds', facts: { fresh: true }, audit: { mismatches: [] } });
    },
    IN_TIME,
  );

  test(
    'that keeps units in memory strands them, with the commands that it sent in a process of its own',
    async () => {
      const explored = await intercepted(technique('leased'), { buyers: 1, stock: 2 }, at.target, quickly);
      expect(properties(explored, 'violated')).toEqual(['stranded']);
      expect(explored).toMatchObject({ facts: { fresh: true }, audit: { mismatches: [] } });
      const { steps } = explored.properties.stranded.counterexample!;
      expect(steps.map(({ command }) => command)).toEqual([
        ['DECR', 'stock'],
        ['DECR', 'stock'],
      ]);
    },
    IN_TIME,
  );

  test(
    'that sends what it draws at random ends as nondeterministic, with the command that differed',
    async () => {
      const ran = intercepted(technique('random'), { buyers: 1, stock: 1 }, at.target, quickly);
      await expect(ran).rejects.toThrow(/nondeterministic.*SET/s);
      await expect(ran).rejects.toBeInstanceOf(CannotExplore);
    },
    IN_TIME,
  );

  test(
    'that asks by a timer of its own is refused with the command that it sends',
    async () => {
      const ran = intercepted(technique('poller'), { buyers: 1, stock: 1 }, at.target, quickly);
      await expect(ran).rejects.toThrow(/GET stock.* by itself/s);
    },
    IN_TIME,
  );

  test(
    'that deletes its stock with the last unit is asked how much is left then, and holds once that is told',
    async () => {
      const file = shop(['node', 'shop.mjs', 'deletes']);
      const one = { buyers: 1, stock: 1 };
      await expect(intercepted(file, one, at.target, quickly)).rejects.toMatchObject({
        message: expect.stringMatching(/^left finds no number of units in "nil", when one buyer/),
        remedy: expect.stringContaining('--left'),
      });
      const words = ['EVAL', 'return redis.call([[GET]], KEYS[1]) or 0', '1', 'stock'];
      const told = shop(['node', 'shop.mjs', 'deletes'], { left: { ask: { redis: words } } });
      expect(await intercepted(told, one, at.target, quickly)).toMatchObject({ verdict: 'holds' });
    },
    IN_TIME,
  );

  test(
    'that dies when its connection breaks is refused with what it said',
    async () => {
      const faults = { 'lost-reply': 1 };
      const file = shop(['node', 'dies.mjs']);
      const ran = intercepted(file, { buyers: 1, stock: 1, faults }, at.target, quickly);
      await expect(ran).rejects.toThrow(/a process of the service is gone/);
    },
    IN_TIME,
  );

  test(
    'that never sends a command to the Redis that it was given proves nothing, and is not accused',
    async () => {
      const file = shop(['node', '-e', SELLS_FROM_MEMORY]);
      const ran = intercepted(file, { buyers: 1, stock: 1 }, at.target, quickly);
      await expect(ran).rejects.toBeInstanceOf(CannotExplore);
      await expect(ran).rejects.toMatchObject({
        message: expect.stringContaining('no command came'),
        remedy: expect.stringContaining('REDIS_URL'),
      });
    },
    IN_TIME,
  );

  test(
    'that has the address of another Redis in its code sells there once at most, and is refused by that address',
    async () => {
      await using foreign = await ForeignServer.start();
      const env = { REDIS_URL: `redis://127.0.0.1:${foreign.port}` };
      const file = shop(['node', 'shop.mjs', 'read-then-write'], { env });
      await expect(intercepted(file, race, at.target, quickly)).rejects.toThrow(
        `talks to 127.0.0.1:${foreign.port}`,
      );
      const { commands } = await foreign.seen();
      expect(commands.filter((line) => /^(get|decr|watch|set) /i.test(line)).length).toBeLessThanOrEqual(2);
    },
    IN_TIME,
  );

  test(
    'that answers a lone buyer by a status that is not declared is not accused, but asked what it means',
    async () => {
      const file = shop(['node', 'shop.mjs', 'watch'], {
        answers: { sold: { status: 201 }, soldOut: { status: 409 } },
      });
      const ran = intercepted(file, race, at.target, quickly);
      await expect(ran).rejects.toBeInstanceOf(CannotExplore);
      await expect(ran).rejects.toMatchObject({
        message: expect.stringContaining('status 200'),
        remedy: expect.stringContaining('--sold'),
      });
    },
    IN_TIME,
  );

  test(
    'that answers so who comes late is explored, and the status is told',
    async () => {
      const file = shop(['node', 'shop.mjs', 'watch'], {
        answers: { sold: { status: 200 }, soldOut: { status: 410 } },
      });
      const explored = await intercepted(file, race, at.target, quickly);
      expect(explored.notes).toContainEqual(expect.stringMatching(/status 409 .*--sold-out/));
    },
    IN_TIME,
  );

  test('that does not come up is told as that, with what it said', async () => {
    const file = shop(['node', '-e', 'console.error("no licence"); process.exit(3)']);
    await expect(intercepted(file, race, at.target)).rejects.toThrow(/exit code 3.*no licence/s);
  });
});

describe('a lock within one process', () => {
  sometimes(
    'keeps two buyers of that process apart',
    async () => {
      const explored = await intercepted(technique('lock'), { ...race, instances: 1 }, at.target, quickly);
      expect(properties(explored, 'violated')).toEqual([]);
    },
    IN_TIME,
  );

  test(
    'does not keep those of two processes apart',
    async () => {
      const explored = await intercepted(technique('lock'), race, at.target, quickly);
      expect(properties(explored, 'violated')).toContain('oversell');
    },
    IN_TIME,
  );
});

const SELLS_FROM_MEMORY = `
let left = 1;
require('node:http').createServer((_, response) => {
  response.writeHead(left-- > 0 ? 200 : 409).end();
}).listen(process.env.PORT, '127.0.0.1');`;

describe('what cannot be explored of a service is refused before it starts', () => {
  test.each([
    ['a scope with a fault of a client', { faults: { timeout: 1 } }, '--faults timeout'],
    ['a scope with releases', { releases: 1 }, '--releases'],
    ['a scope with another client mode', { client: 'no-retry' as const }, '--client'],
  ])('%s', async (_, given, named) => {
    const ran = interceptService({ file: technique('watch'), scope: scopeOf({ ...race, ...given }) });
    await expect(ran).rejects.toThrow(named);
    await expect(ran).rejects.toBeInstanceOf(UsageError);
  });

  test('a file with a login', async () => {
    const file = shop(['node', 'shop.mjs', 'watch'], { login: [{ path: '/login' }] });
    await expect(interceptService({ file, scope: scopeOf(race) })).rejects.toThrow('login');
  });

  test('a system that does not tell when a process has come to rest', () => {
    expect(() => requireLinux('darwin')).toThrow('Linux');
    expect(() => requireLinux('linux')).not.toThrow();
  });
});
