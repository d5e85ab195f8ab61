import { describe, expect, test } from 'vitest';
import { CannotExplore } from '../../harness/explorer/cannot-explore.ts';
import { systemClock as clock } from '../../harness/ground/ambient.ts';
import { AtStart } from '../../harness/intercept/at-start.ts';
import { encodeCommand } from '../../harness/wire/resp.ts';
import { properties, server } from '../helpers/exploring.ts';
import { intercepted, shop } from '../helpers/intercepting.ts';
import { rotating } from '../helpers/rotating.ts';
import { INFO_REPLY } from '../../harness/wire/handshake.ts';

const at = server();
const race = { buyers: 2, stock: 1 };
const IN_TIME = 600_000;
const quickly = { auditSamples: 2 };
const starting = (what: string) => shop(['node', 'starting.mjs', what]);

describe('a service that loads what it sells by while it starts', () => {
  test.each(rotating(['loads', 'loads-if-absent', 'loads-library'], 1, 'what is loaded'))(
    'finds it in every order: %s',
    async (what) => {
      const explored = await intercepted(starting(what), race, at.target, quickly);
      expect(properties(explored, 'violated')).toEqual([]);
      expect(explored).toMatchObject({ verdict: 'holds', coverage: 'exhausted', interleavings: 2n });
      expect(explored.audit.mismatches).toEqual([]);
    },
    IN_TIME,
  );

  test(
    'is caught where that is wrong',
    async () => {
      const explored = await intercepted(starting('loads-wrong'), race, at.target, quickly);
      expect(properties(explored, 'violated')).toContain('oversell');
    },
    IN_TIME,
  );

  test(
    'does not find what nobody has loaded',
    async () => {
      const ran = intercepted(starting('nothing'), race, at.target, quickly);
      await expect(ran).rejects.toThrow(/not told whether they bought.*status 500/s);
    },
    IN_TIME,
  );

  test(
    'is told what Redis says to a script that is none',
    async () => {
      const ran = intercepted(starting('loads-broken'), race, at.target, quickly);
      await expect(ran).rejects.toThrow(/Redis refuses SCRIPT LOAD this is no Lua/);
    },
    IN_TIME,
  );

  test(
    'is refused where each process loads something else',
    async () => {
      const ran = intercepted(starting('loads-its-own'), race, at.target, quickly);
      await expect(ran).rejects.toThrow(/nondeterministic: one process of the service loads other scripts/);
    },
    IN_TIME,
  );
});

describe('what a service does to the sale while it starts', () => {
  test.each([
    ['refills', 'SET stock 1'],
    ['loads-library-once', 'FUNCTION LOAD'],
  ])(
    'is refused at once, and by name: %s',
    async (what, command) => {
      const beganNs = clock.monotonicNs();
      const ran = intercepted(starting(what), race, at.target, quickly);
      await expect(ran).rejects.toBeInstanceOf(CannotExplore);
      await expect(ran).rejects.toMatchObject({
        message: expect.stringMatching(new RegExp(`sends ${command}.* by itself, while it starts`, 's')),
        remedy: expect.stringContaining('--open'),
      });
      // It waits for its answer before it serves, and nobody waits for that.
      expect((clock.monotonicNs() - beganNs) / 1e6).toBeLessThan(30_000);
    },
    IN_TIME,
  );
});

const answers = (...commands: string[][]) => {
  const start = new AtStart(INFO_REPLY);
  return { replies: commands.map((words) => start.answer(encodeCommand(words))), loads: start.loads };
};
const library = (code: string) => ['FUNCTION', 'LOAD', 'REPLACE', code];

describe('what is answered while a process starts', () => {
  test('does not depend on the sale', () => {
    expect(answers(['PING'], ['ping', 'who'], ['ECHO', 'x'])).toEqual({
      replies: ['+PONG\r\n', '$3\r\nwho\r\n', '$1\r\nx\r\n'],
      loads: [],
    });
    expect(answers(['INFO', 'server']).replies[0]).toContain('redis_version:');
  });

  test('of a script is its digest, as Redis has it, and it is loaded once however often it comes', () => {
    const load = ['SCRIPT', 'LOAD', 'return 1'];
    const digest = 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db';
    expect(answers(['SCRIPT', 'EXISTS', digest], load, load, ['SCRIPT', 'EXISTS', digest, 'x'])).toEqual({
      replies: ['*1\r\n:0\r\n', `$40\r\n${digest}\r\n`, `$40\r\n${digest}\r\n`, '*2\r\n:1\r\n:0\r\n'],
      loads: [encodeCommand(load)],
    });
  });

  test('of a library is its name', () => {
    expect(answers(['FUNCTION', 'LIST'], library('#!lua name=shop\nx')).replies).toEqual([
      '*0\r\n',
      '$4\r\nshop\r\n',
    ]);
    expect(answers(library('#!lua name=shop\nx'), library('#!lua name=shop\ny')).replies[1]).toBeUndefined();
  });

  test.each([
    ['GET', 'stock'],
    ['SET', 'stock', '1'],
    ['EVAL', 'return 1', '0'],
    ['SCRIPT', 'FLUSH'],
    ['FUNCTION', 'FLUSH'],
    ['FUNCTION', 'LOAD', '#!lua name=shop\nx'],
    ['MULTI'],
    ['SUBSCRIBE', 'orders'],
    ['TIME'],
  ])('is nothing to %s %s', (...words) => {
    expect(answers(words).replies).toEqual([undefined]);
  });
});
