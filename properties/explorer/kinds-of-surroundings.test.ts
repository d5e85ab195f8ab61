import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { requireExplorable } from '../../harness/explorer/server/explorable.ts';
import { properties, server } from '../helpers/exploring.ts';
import { exploringProbe } from '../helpers/probe-files.ts';

const redis = server();
const calm = { buyers: 2, stock: 1 };

describe('commands are explored only where they are known to depend on keys alone', () => {
  test.each([
    ['HTTL h FIELDS 1 f', /HTTL, which cannot be explored: fields of a hash that expire/],
    ['HEXPIRE h 10 FIELDS 1 f', /HEXPIRE/],
    ['HGETEX h EX 10 FIELDS 1 f', /HGETEX/],
    ['XINFO STREAM s', /XINFO, which cannot be explored: its answer tells of idle times/],
    ['XAUTOCLAIM s g c 0 0', /XAUTOCLAIM/],
    ['OBJECT IDLETIME k', /OBJECT/],
    ['DUMP k', /DUMP, which cannot be explored: its answer tells how the server stores a key/],
    ['FUNCTION STATS', /FUNCTION STATS/],
    ['ROLE', /ROLE/],
    [
      'XADD s IDMPAUTO producer * f v',
      /XADD, which cannot be explored: it has an option that was not looked at/,
    ],
    ['SORT s BY nosort', /SORT, which cannot be explored: what it answers has no order/],
    ['VADD v VALUES 1 1 e', /VADD, which cannot be explored: it is not on the list/],
    ['NEXTYEARSCOMMAND k', /NEXTYEARSCOMMAND, which cannot be explored: it is not on the list/],
  ])('%s is refused by name', (command, message) => {
    expect(() => requireExplorable(command.split(' '))).toThrow(message);
  });

  test('a script that reads the clock of the process is refused, and one that has a key of that name is not', () => {
    expect(() => requireExplorable(['EVAL', 'return os.clock()', '0'])).toThrow(/reads os\.clock/);
    requireExplorable(['EVAL', "return redis.call('GET', 'clock')", '0']);
  });

  test.each([
    'XADD s MAXLEN 1000 0-* f *',
    'XADD s NOMKSTREAM MAXLEN ~ 1000 LIMIT 10 * f v',
    'XADD s NOMKSTREAM 5-1 f v',
    'SORT s BY weight-*',
    'FUNCTION LOAD REPLACE code',
    'INCREX k BYINT -1 LBOUND 0',
    'hgetall h',
    'PUBLISH sold 1',
  ])('%s is explored', (command) => {
    requireExplorable(command.split(' '));
  });
});

describe('what a process may wait for is known by name', () => {
  test.each([
    ['waits-for-a-port', /waits for a worker thread or a message port, which is not Redis/],
    ['waits-for-a-blob', /waits for a file/],
    ['reads-a-file', /waits for a file/],
  ])('%s is refused', async (name, message) => {
    await expect(exploringProbe(redis.target, ['surroundings', name], calm)).rejects.toThrow(message);
  });

  test.each(['clones', 'works-in-a-context', 'logs', 'digests', 'derives-a-key'])(
    '%s is explored',
    async (name) => {
      const found = await exploringProbe(redis.target, ['surroundings', name], calm, { auditSamples: 4 });
      expect(found.coverage).toBe('exhausted');
      expect(properties(found, 'violated')).toEqual([]);
      expect(found.audit.mismatches).toEqual([]);
    },
  );
});

describe('a sale of which Redis hears nothing', () => {
  const nothingLeft = { buyers: 1, stock: 0 };

  test('is inconclusive, with a remedy, where nothing is violated', async () => {
    const found = await exploringProbe(redis.target, ['surroundings', 'sells-from-memory'], nothingLeft);
    expect(found.verdict).toBe('inconclusive');
    expect(properties(found, 'holds')).toEqual([]);
    expect(found.notes).toEqual([expect.stringMatching(/no purchase sent a command.*let purchase\(\) use/)]);
  });

  test('is judged as any other once a purchase sends a command', async () => {
    const found = await exploringProbe(redis.target, ['surroundings', 'sells-from-redis'], nothingLeft);
    expect(found.verdict).toBe('holds');
    expect(found.notes).toEqual([]);
  });
});

/** Work that has nothing to do with an exploration: timers, immediates, files, a clock. */
function workBeside(): { stop: () => Promise<number[]> } {
  const state = { done: false };
  const turns = [0, 0, 0];
  const ticking = (): void => void (state.done || (turns[0]!++, setTimeout(ticking, 0)));
  const putOff = (): void => void (state.done || (turns[1]!++, setImmediate(putOff)));
  const reading = async (): Promise<void> => {
    for (; !state.done; turns[2]!++) await readFile(new URL(import.meta.url));
  };
  ticking();
  putOff();
  const read = reading();
  return {
    async stop() {
      const before = [...turns];
      await new Promise((resolve) => setTimeout(resolve, 20));
      state.done = true;
      await read;
      return turns.map((turn, i) => turn - before[i]!);
    },
  };
}

describe('who works beside an exploration', () => {
  test('keeps their own timers and files, and changes nothing of what is found', async () => {
    const probe = ['surroundings', 'digests'] as const;
    const alone = await exploringProbe(redis.target, probe, calm);
    const beside = workBeside();
    const found = await exploringProbe(redis.target, probe, calm);
    // It went on throughout, and goes on.
    expect(Math.min(...(await beside.stop()))).toBeGreaterThan(0);
    expect([found.states, found.interleavings]).toEqual([alone.states, alone.interleavings]);
    expect(found.notes).toEqual([]);
  });

  test('is not told of as if it were the strategy, where a promise of theirs is rejected', async () => {
    const told: unknown[] = [];
    const hear = (reason: unknown): void => void told.push(reason);
    process.on('unhandledRejection', hear);
    const rejecting = setInterval(() => void Promise.reject(new Error('beside')), 1);
    const found = await exploringProbe(redis.target, ['surroundings', 'digests'], { buyers: 3, stock: 2 });
    clearInterval(rejecting);
    process.off('unhandledRejection', hear);
    expect(found.verdict).toBe('holds');
    expect(told.length).toBeGreaterThan(0);
  });
});
