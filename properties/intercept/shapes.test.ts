import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { properties, server } from '../helpers/exploring.ts';
import { intercepted, shop } from '../helpers/intercepting.ts';
import { everything, sometimes } from '../helpers/rotating.ts';

const at = server();

const race = { buyers: 2, stock: 1 };
const quickly = { auditSamples: 2 };
const IN_TIME = 600_000;

/** Runs one after the other: what differs once in a hundred times shows in no single one. */
const RUNS = everything ? 50 : 2;

describe('two connections of one process that have a command under way at the same time', () => {
  test(
    `are told apart by what they send, in each of ${RUNS} runs`,
    async () => {
      const file = shop(['node', 'shop.mjs', 'fanout']);
      const runs = new Set<string>();
      for (let run = 0; run < RUNS; run++) {
        const explored = await intercepted(file, { buyers: 1, stock: 1 }, at.target, quickly);
        const { verdict, coverage, interleavings, outcomes, states } = explored;
        expect({ verdict, coverage, fresh: explored.facts.fresh }).toEqual({
          verdict: 'holds',
          coverage: 'exhausted',
          fresh: false,
        });
        runs.add(JSON.stringify([String(interleavings), outcomes, states]));
      }
      expect(runs.size).toBe(1);
    },
    RUNS * 120_000,
  );

  test(
    'that send the same are refused, as nobody can tell which is which',
    async () => {
      const ran = intercepted(shop(['node', 'shop.mjs', 'alike']), { buyers: 1, stock: 1 }, at.target);
      await expect(ran).rejects.toThrow(/begin with the same command/);
    },
    IN_TIME,
  );
});

const hasPython = spawnSync('python3', ['-c', '']).status === 0;
const serving = (kind: string) => shop(['python3', 'one_at_a_time.py', kind]);

describe.skipIf(!hasPython)(`a server of python3${hasPython ? '' : ', skipped: there is none'}`, () => {
  sometimes(
    'that serves one at a time keeps two buyers of its process apart, who waits included',
    async () => {
      const explored = await intercepted(serving('one'), { ...race, instances: 1 }, at.target, quickly);
      expect(explored).toMatchObject({ verdict: 'holds', coverage: 'exhausted', facts: { fresh: false } });
    },
    IN_TIME,
  );

  test(
    'that serves one at a time does not keep those of two processes apart',
    async () => {
      const explored = await intercepted(serving('one'), race, at.target, quickly);
      expect(properties(explored, 'violated')).toContain('oversell');
    },
    IN_TIME,
  );

  // Half a minute each: a process is started for each history.
  test.runIf(everything).each(['threads', 'forks'])(
    'that has a worker for each request, made when it comes (%s), is waited for in all of them, and caught',
    async (kind) => {
      const explored = await intercepted(serving(kind), { ...race, instances: 1 }, at.target, quickly);
      expect(explored.coverage).toBe('exhausted');
      expect(properties(explored, 'violated')).toContain('oversell');
    },
    IN_TIME,
  );
});
