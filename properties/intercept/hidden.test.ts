import { describe, expect, test } from 'vitest';
import { properties, server } from '../helpers/exploring.ts';
import { ForeignServer } from '../helpers/foreign-server.ts';
import { intercepted, shop } from '../helpers/intercepting.ts';

const at = server();
const race = { buyers: 2, stock: 1 };
const quickly = { auditSamples: 2 };

/** The same command with nothing of our environment, as where a program writes its title over that. */
const withoutEnvironment = (command: readonly string[], more: readonly string[] = []): string[] => [
  'env',
  '-i',
  'PORT={port}',
  'REDIS_URL=redis://127.0.0.1:{redis_port}',
  ...more,
  ...command,
];

/** Connects to another server, and leaves it at that. */
const TALKS = "data:text/javascript,import net from'node:net';net.connect(process.env.PEER,'127.0.0.1')";

const node = process.execPath;

describe('a service that hides the environment in which it was started', () => {
  test('holds, or is caught, like any other', async () => {
    const right = await intercepted(
      shop(withoutEnvironment([node, 'shop.mjs', 'watch'])),
      race,
      at.target,
      quickly,
    );
    expect(right).toMatchObject({ verdict: 'holds', coverage: 'exhausted' });
    const start = withoutEnvironment([node, 'shop.mjs', 'read-then-write']);
    const wrong = await intercepted(shop(start), race, at.target, quickly);
    expect(properties(wrong, 'violated')).toContain('oversell');
  });

  test('is seen to talk to another server', async () => {
    await using foreign = await ForeignServer.start();
    const start = withoutEnvironment(
      [node, '--import', TALKS, 'shop.mjs', 'watch'],
      [`PEER=${foreign.port}`],
    );
    const explored = await intercepted(shop(start), race, at.target, quickly);
    expect(explored.coverage).toBe('bounded');
    expect(explored.facts.foreignSockets).toEqual([`127.0.0.1:${foreign.port}`]);
  });
});

/** Starts what it is given in a session of its own, without its environment, and stays behind as another's parent. */
const DAEMON = `
  const { spawn } = require('node:child_process');
  const { PORT, REDIS_URL } = process.env;
  const inner = 'const { spawn } = require("node:child_process"); spawn(process.execPath, ["shop.mjs", "watch"], { detached: true, stdio: "ignore" }).unref()';
  spawn(process.execPath, ['-e', inner], { detached: true, stdio: 'ignore', env: { PORT, REDIS_URL } });
  setInterval(() => {}, 1000);
`;

test('a service that went into the background where nobody can watch it is refused by its process', async () => {
  const ran = intercepted(shop([node, '-e', DAEMON]), { buyers: 1, stock: 1 }, at.target, {
    ...quickly,
    processes: 1,
  });
  const said: unknown = await ran.catch((error: unknown) => error);
  expect(said).toMatchObject({
    message: expect.stringMatching(/^process \d+ serves its requests/),
    remedy: expect.stringContaining('foreground'),
  });
  process.kill(Number(/\d+/.exec((said as Error).message)![0]));
});
