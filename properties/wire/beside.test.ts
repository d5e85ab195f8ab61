import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { standing } from '../../harness/library/regression.ts';
import { counterexampleOf, LAZY, shopOf, ways } from '../helpers/connecting.ts';
import { ForeignServer } from '../helpers/foreign-server.ts';

let foreign: ForeignServer;
beforeAll(async () => {
  foreign = await ForeignServer.start();
});
afterAll(() => foreign[Symbol.asyncDispose]());

const NOTHING = { connections: 0, commands: [] };

describe('beside an exploration in the same process', () => {
  test('a test keeps its own database, and the code under test connects to none of it', async () => {
    const folder = shopOf(
      { ...LAZY, purchase: `client(${foreign.port}).incr('seen').catch(() => {});` },
      foreign,
    );
    const counterexample: unknown = JSON.parse(readFileSync(counterexampleOf(folder), 'utf8'));
    const own = new Redis({ port: foreign.port });
    await own.ping();
    await foreign.seen();
    let asked = 0;
    const over = new AbortController();
    const working = (async () => {
      for (; !over.signal.aborted; asked++) await own.ping();
      const another = own.duplicate();
      await another.ping();
      another.disconnect();
    })();
    const stands = await standing(counterexample, join(folder, 'sell.ts'));
    over.abort();
    await working;
    own.disconnect();
    expect(stands.violated).toBe(false);
    expect(asked).toBeGreaterThan(10);
    const { connections, commands } = await foreign.seen();
    expect(connections).toBe(1);
    expect(commands).not.toContain('incr seen');
  });

  test('nor does a client that it makes at import, and later ones of the test do', async () => {
    const folder = shopOf(ways(foreign)['ioredis']!, foreign);
    const counterexample: unknown = JSON.parse(readFileSync(counterexampleOf(folder), 'utf8'));
    expect((await standing(counterexample, join(folder, 'sell.ts'))).violated).toBe(false);
    expect(await foreign.seen()).toEqual(NOTHING);
    const own = new Redis({ port: foreign.port });
    await own.ping();
    own.disconnect();
    expect((await foreign.seen()).connections).toBe(1);
  });
});
