import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLI, start, type Ended } from '../helpers/command.ts';
import type { ExplorationDocument } from '../../harness/documents/exploration.ts';
import { copyWith } from '../helpers/compiled-copy.ts';
import {
  counterexampleOf,
  FEW,
  IOREDIS,
  LAZY,
  LINES,
  shopOf,
  ways,
  WAYS,
  withServer,
  type Way,
} from '../helpers/connecting.ts';
import { ForeignServer } from '../helpers/foreign-server.ts';
import { rotating, sometimes } from '../helpers/rotating.ts';

let foreign: ForeignServer;
beforeAll(async () => {
  foreign = await ForeignServer.start();
});
afterAll(() => foreign[Symbol.asyncDispose]());

const shop = (way: Way): string => shopOf(way, foreign);

const run = (folder: string, words: string, cli = CLI): Promise<Ended> =>
  start(process.execPath, [cli, ...words.split(' ')], {}, folder).ended;

const NOTHING = { connections: 0, commands: [] };

const NOT_REDIS = new RegExp(
  `sell\\.ts:${LINES.opening}: it opens a connection to \\S+, where it does not speak to Redis: nothing was sent`,
);

/** What is told of each way, and the exit code. */
const ends = (name: string, waits: RegExp): readonly [RegExp, number] => {
  const means = WAYS[name as keyof typeof WAYS];
  return means === 'runs' ? [/^/, 0] : [means === 'is not Redis' ? NOT_REDIS : waits, 2];
};

describe('no server that was not named for the run sees a connection of what is sold on one', () => {
  const names = Object.keys(WAYS);
  test.each(rotating(names, 1, 'ways'))('from %s at import', async (name) => {
    const folder = await withServer(shop(ways(foreign)[name]!));
    const { exitCode, stderr } = await run(folder, `bench ./sell.ts ${FEW}`);
    const [words, code] = ends(name, /it has a top-level await beside a connection that it opens/);
    expect(stderr).toMatch(words);
    expect(stderr).not.toContain('hidden');
    expect(exitCode, stderr).toBe(code);
    expect(await foreign.seen()).toEqual(NOTHING);
  });
});

describe('nor of what is explored', () => {
  const names = Object.keys(WAYS);
  test.each(rotating(names, 1, 'explored ways'))('from %s at import', async (name) => {
    const way = ways(foreign)[name]!;
    const { exitCode, stderr } = await run(shop(way), 'explore ./sell.ts --buyers 2 --stock 1');
    const [words, code] = ends(name, /it has a top-level await, and an explored file/);
    expect(stderr).toMatch(words);
    expect(stderr).not.toContain('hidden');
    expect(exitCode, stderr).toBe(code);
    expect(await foreign.seen()).toEqual(NOTHING);
  });

  sometimes(
    'from a client that sells there all by itself, which is judged: what looks and takes oversells',
    async () => {
      const opening = `const own = new Redis('redis://127.0.0.1:${foreign.port}');`;
      for (const [purchase, code] of [
        ["return { kind: (await own.decr('stock')) >= 0 ? 'sold' : 'sold-out' };", 0],
        [
          "if (Number(await own.get('stock')) < 1) return { kind: 'sold-out' }; await own.decr('stock'); return { kind: 'sold' };",
          1,
        ],
      ] as const) {
        const folder = shop({ imports: IOREDIS, opening, purchase });
        const { exitCode, stderr, stdout } = await run(
          folder,
          'explore ./sell.ts --buyers 2 --stock 1 --json',
        );
        expect(exitCode, stderr).toBe(code);
        const found = JSON.parse(stdout) as ExplorationDocument;
        expect(found.coverage).toBe('exhausted');
        expect(found.properties.oversell.verdict).toBe(code === 0 ? 'holds' : 'violated');
        const sources = found.properties.oversell.counterexample?.steps.flatMap(({ source }) => source ?? []);
        for (const { file, line } of sources ?? [])
          expect(`${file}:${line}`).toBe(`sell.ts:${LINES.purchase}`);
        expect(await foreign.seen()).toEqual(NOTHING);
        if (code === 0) continue;
        const [file] = Object.values(found.properties).flatMap(
          ({ counterexample }) => counterexample?.file ?? [],
        );
        const replayed = await run(folder, `replay ${file}`);
        expect(replayed.stdout + replayed.stderr).toMatch(/confirmed/i);
        expect(await foreign.seen()).toEqual(NOTHING);
      }
    },
  );
});

/** With the exit code of a strategy that decrements, and declares nothing. */
const COMMANDS = [
  [`bench ./sell.ts ${FEW}`, 0],
  ['evaluate ./sell.ts', 1],
] as const;

describe('from a client that is made', () => {
  const made = { open: 'open', seller: 'seller', purchase: 'purchase' } as const;
  const cases = COMMANDS.flatMap((command) =>
    [...Object.values(made), 'opening' as const].map((where) => [where, ...command] as const),
  );
  test.each(rotating(cases, 1, 'clients'))(
    'in %s, %s runs by the server of the run, and the other one sees nothing',
    async (where, command, code) => {
      const asks = `client(${foreign.port}).incr('seen').catch(() => {});`;
      const way =
        where === 'opening' ? { ...LAZY, opening: LAZY.opening + asks } : { ...LAZY, [where]: asks };
      const { exitCode, stderr } = await run(await withServer(shop(way)), command);
      expect(exitCode, stderr).toBe(code);
      expect(await foreign.seen()).toEqual(NOTHING);
    },
  );

  test.each(rotating(Object.values(made), 1, 'made and explored'))(
    'in %s, it is explored, and the server sees nothing',
    async (where) => {
      const folder = shop({ ...LAZY, [where]: `client(${foreign.port}).incr('seen').catch(() => {});` });
      const { exitCode, stderr } = await run(folder, 'explore ./sell.ts --buyers 2 --stock 1');
      expect(exitCode, stderr).toBe(0);
      expect(await foreign.seen()).toEqual(NOTHING);
    },
  );

  test('at import or in a purchase, a replay runs, and the server sees nothing', async () => {
    const purchase = `client(${foreign.port}).incr('seen').catch(() => {});`;
    for (const way of [ways(foreign)['ioredis']!, { ...LAZY, purchase }]) {
      const folder = shop(way);
      const { stdout, stderr } = await run(folder, `replay ${counterexampleOf(folder)}`);
      // It was recorded of another strategy.
      expect(stdout + stderr).toMatch(/diverged/i);
      expect(await foreign.seen()).toEqual(NOTHING);
    }
  });

  test('at import, a history is checked all the same, as no code is loaded', async () => {
    const { exitCode } = await run(shop(ways(foreign)['ioredis']!), 'check history.jsonl');
    expect(exitCode).toBe(0);
    expect(await foreign.seen()).toEqual(NOTHING);
  });
});

describe('the server sees it', () => {
  test.each(
    rotating(
      ['bench ./sell.ts', 'evaluate ./sell.ts', 'explore ./sell.ts', 'replay counterexample.json'],
      1,
      'without the hook',
    ),
  )('where the hook judges nobody, from %s', async (command) => {
    const cli = copyWith('wire/network.js', 'return isOurs() ? undefined', 'return true ? undefined');
    const folder = shop({
      ...LAZY,
      opening: `new Redis(${foreign.port}).incr('seen'); setTimeout(() => process.exit(0), 1500);`,
    });
    counterexampleOf(folder);
    await run(folder, command, cli);
    const { connections, commands } = await foreign.seen();
    expect(connections).toBeGreaterThan(0);
    expect(commands).toContain('incr seen');
  });

  test('where it was named for the run, and the sale runs to its end with a client of its own', async () => {
    const url = `redis://127.0.0.1:${foreign.port}`;
    const way: Way = {
      imports: IOREDIS,
      opening: `const own = new Redis('${url}');`,
      purchase: "await own.incr('seen');",
    };
    const { exitCode, stderr } = await run(
      shop(way),
      `bench ./sell.ts --buyers 50 --trials 1 --redis ${url}`,
    );
    expect(exitCode, stderr).toBe(0);
    const { commands } = await foreign.seen();
    expect(commands.filter((command) => command === 'incr seen').length).toBeGreaterThanOrEqual(50);
    // Another spelling may be another server: ::1, say.
    const spelled = { ...way, opening: `const own = new Redis(${foreign.port}, 'localhost');` };
    const other = await run(shop(spelled), `bench ./sell.ts --buyers 50 --trials 1 --redis ${url}`);
    expect(other.stderr).toContain(
      `localhost:${foreign.port}, which was not named for this run, as 127.0.0.1:${foreign.port} was`,
    );
    expect(other.stderr).toContain('drop --redis, and it leads to a server of the run’s own');
    expect(other.exitCode).toBe(2);
    expect(await foreign.seen()).toEqual(NOTHING);
  });
});

describe('what could connect where nobody looks is refused by name', () => {
  const program =
    "import child from 'node:child_process'; import threads from 'node:worker_threads'; import dgram from 'node:dgram';";
  const unseen = [
    ['a child process', "child.spawn('redis-cli', ['PING']);", 'starts a child process (redis-cli)'],
    ['a shell', "child.exec('redis-cli PING');", 'starts a child process (/bin/sh)'],
    [
      'a child that is waited for',
      "child.execFileSync('redis-cli', ['PING']);",
      'starts a child process (redis-cli)',
    ],
    [
      'a shell that is waited for',
      "child.execSync('redis-cli PING');",
      'starts a child process (redis-cli PING)',
    ],
    [
      'a child that is caught',
      "try { child.spawnSync('redis-cli'); } catch {}",
      'starts a child process (redis-cli)',
    ],
    [
      'a child that is started later, where nobody catches the error',
      "setTimeout(() => child.spawn('redis-cli'), 20);",
      'starts a child process (redis-cli)',
    ],
    [
      'a worker thread',
      "new threads.Worker('console.log(1)', { eval: true });",
      'starts a worker thread (console.log(1))',
    ],
    [
      'a datagram',
      "dgram.createSocket('udp4').send('sold', 8125, '127.0.0.1');",
      'sends a datagram to 127.0.0.1:8125',
    ],
    [
      'a client in native code',
      "process.dlopen({ exports: {} }, '/shop/node_modules/@valkey/valkey-glide-linux-x64/glide.node');",
      'loads Valkey GLIDE, which connects outside of Node',
    ],
  ] as const;
  test.each(rotating(unseen, 1, 'unseen'))('%s', async (_, opening, words) => {
    const { exitCode, stderr } = await run(
      shop({ imports: program, opening }),
      'bench ./sell.ts --seconds 1 --trials 1',
    );
    expect(stderr).toContain(`sell.ts:${LINES.opening}: it ${words}`);
    expect(exitCode).toBe(2);
  });

  test('and a file that only imports what could is run', async () => {
    const { exitCode, stderr } = await run(
      await withServer(shop({ imports: program })),
      `bench ./sell.ts ${FEW}`,
    );
    expect(exitCode, stderr).toBe(0);
  });
});
