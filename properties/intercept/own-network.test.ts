import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { EnvironmentError, UsageError } from '../../harness/ground/errors.ts';
import { interceptService } from '../../harness/intercept/intercept.ts';
import { OwnNetworks } from '../../harness/intercept/own-network.ts';
import { ServiceProcess } from '../../harness/intercept/service-process.ts';
import { properties, scopeOf, server } from '../helpers/exploring.ts';
import { ForeignServer } from '../helpers/foreign-server.ts';
import { intercepted, shop } from '../helpers/intercepting.ts';
import { sometimes } from '../helpers/rotating.ts';

const at = server();
const race = { buyers: 2, stock: 1 };
const IN_TIME = 240_000;

const why = await OwnNetworks.find({}).then(
  () => undefined,
  (error: UsageError) => error.message,
);
const title = why === undefined ? 'a network of its own' : `skipped: ${why}`;

/** Programs that this process has started and that stand inside a network. */
const helpers = (): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      const [, parent] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return parent === String(process.pid) && command.includes('in-network');
    } catch {
      return false;
    }
  });

describe.skipIf(why !== undefined)(title, () => {
  sometimes(
    'has the ports free that are written into the code, and a Redis that has one of them sees nothing',
    async () => {
      await using foreign = await ForeignServer.start();
      const env = { REDIS_URL: `redis://127.0.0.1:${foreign.port}`, PORT: String(foreign.port + 1) };
      const ports = { redis: foreign.port, http: foreign.port + 1 };
      const baseUrl = `http://127.0.0.1:${ports.http}`;
      const file = shop(['node', 'shop.mjs', 'watch'], { env, ports, baseUrl });
      const explored = await intercepted(file, race, at.target);
      expect(properties(explored, 'violated')).toEqual([]);
      expect(explored).toMatchObject({ verdict: 'holds', coverage: 'exhausted', interleavings: 20n });
      expect(explored.audit).toMatchObject({ replayed: 16, mismatches: [] });
      expect(explored.facts.ownNetworks).toBe(true);
      expect(await foreign.seen()).toEqual({ connections: 0, commands: [] });
      expect(helpers()).toEqual([]);
    },
    IN_TIME,
  );

  sometimes(
    'shows the same mistakes',
    async () => {
      const file = shop(['node', 'shop.mjs', 'read-then-write'], { ports: { redis: 6379 } });
      const explored = await intercepted(file, race, at.target, { auditSamples: 2 });
      expect(properties(explored, 'violated')).toContain('oversell');
    },
    IN_TIME,
  );

  test('has nobody at a port where nobody listens, and nobody at all once its helper is gone', async () => {
    const networks = await OwnNetworks.find({});
    await using network = await networks.open();
    await expect(network.dial(1)).rejects.toThrow('nobody listens at port 1');
    const [helper] = helpers();
    process.kill(Number(helper), 'SIGKILL');
    await expect(network.dial(1)).rejects.toThrow('nobody listens at port 1');
  });
});

describe('where there are no networks of their own', () => {
  afterEach(() => vi.unstubAllEnvs());

  test('ports in the code are refused with what is missing, and what else does', async () => {
    vi.stubEnv('PATH', '/nowhere');
    const file = shop(['node', 'shop.mjs', 'watch'], { ports: { redis: 6379 } });
    const ran = interceptService({ file, scope: scopeOf(race) });
    await expect(ran).rejects.toBeInstanceOf(UsageError);
    await expect(ran).rejects.toMatchObject({
      message: expect.stringContaining('unshare'),
      remedy: expect.stringContaining('{redis_port}'),
    });
  });

  test('a service that listens elsewhere than at its port is told how to name that', async () => {
    const file = shop(['node', '-e', `require('node:http').createServer().listen(0)`], {
      ready: { accepts: 'connections', timeoutMs: 500 },
    });
    const booted = ServiceProcess.boot({ file, onFault: () => {} });
    await expect(booted).rejects.toBeInstanceOf(EnvironmentError);
    await expect(booted).rejects.toMatchObject({ remedy: expect.stringContaining('--http-port') });
  });
});
