import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Replicated } from '../helpers/replicated.ts';
import {
  compareVersions,
  missingNeeds,
  missingReplicas,
  unmetNeed,
} from '../../harness/redis/capabilities.ts';
import { parseServerInfo } from '../../harness/redis/info.ts';
import { examineMachine } from '../../harness/commands/doctor.ts';
import { startServer } from '../../harness/redis/server.ts';
import type { Strategy } from '../../strategies/contract.ts';
import { registry } from '../../strategies/registry.ts';
import { findServer } from '../../harness/redis/find/find-server.ts';
import { thisServer } from '../helpers/this-server.ts';

const first = registry[0]!.strategy;
const needing = (name: string, needs: NonNullable<Strategy['needs']>): Strategy => ({
  ...first,
  name,
  needs,
});

/** As far as it matters here; the fields' order and the line ends are those of the real reply. */
const valkey = parseServerInfo(
  '# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.2.0\r\nprocess_id:7\r\nrole:master\r\n',
);
const redis = parseServerInfo(
  '# Server\r\nredis_version:7.0.15\r\nprocess_id:7\r\n# Replication\r\nrole:slave\r\n',
);

describe('a strategy is never run on a server that lacks what it needs', () => {
  test('as a real server says', async () => {
    const target = await startServer(await thisServer());
    const reason = (needs: NonNullable<Strategy['needs']>): Promise<string | undefined> =>
      missingNeeds(target, { needs });
    expect(await reason({ commands: ['GET', 'NO.SUCH', 'OTHER.ONE'] })).toBe(
      `needs NO.SUCH, OTHER.ONE, which Redis ${target.version} does not have`,
    );
    // An option is asked for with its command: of these, every server has the first and none the second.
    expect(await reason({ commands: ['SET KEEPTTL', 'set keepttl'] })).toBeUndefined();
    expect(await reason({ commands: ['SET NOSUCH', 'SET SUMMARY', 'NOSUCH KEEPTTL'] })).toBe(
      `needs SET NOSUCH, SET SUMMARY, NOSUCH KEEPTTL, which Redis ${target.version} does not have`,
    );
    expect(await reason({ minRedis: '99.1' })).toBe(
      `needs Redis 99.1 or newer, and this is Redis ${target.version}`,
    );
    expect(await reason({ commands: ['get', 'EVALSHA'], minRedis: target.version })).toBeUndefined();
    expect(await missingNeeds(target, {})).toBeUndefined();
    await target.close();
  });

  test('nor is anything sold at scale where fewer replicas follow than it waits for', async () => {
    const target = await startServer(await thisServer());
    const needs = { replicas: 2 };
    expect(await missingNeeds(target, { needs })).toBeUndefined();
    expect(await missingReplicas(target, { needs })).toBe('needs replicas: 2, and this server has 0');
    expect(await missingReplicas(target, {})).toBeUndefined();
    const { strategies } = await examineMachine({}, [{ ...first, needs }]);
    expect(strategies).toEqual([
      { name: first.name, runs: true, reason: 'needs replicas: 2, and this server has 0' },
    ]);
    await target.close();
    await using replicated = await Replicated.start();
    expect(await missingReplicas(replicated.primary, { needs })).toBeUndefined();
    expect(await missingReplicas(replicated.primary, { needs: { replicas: 3 } })).toMatch(/has 2$/);
  });

  test('as a Valkey says, whose versions are not Redis’', () => {
    expect(valkey).toMatchObject({ product: 'Valkey', version: '9.2.0', redisVersion: '7.2.4' });
    const needs = { commands: ['INCREX'], minRedis: '8.8' };
    expect(unmetNeed(needs, valkey, new Set(['INCREX']))).toBeUndefined();
    expect(unmetNeed(needs, valkey, new Set())).toBe('needs INCREX, which Valkey 9.2.0 does not have');
    expect(unmetNeed({ minRedis: '8.8' }, valkey, new Set())).toMatch(/8\.8.*Valkey 9\.2\.0/);
    expect(unmetNeed({ minRedis: '7.2' }, valkey, new Set())).toBeUndefined();
    expect(unmetNeed(needs, redis, new Set(['INCREX']))).toMatch(/needs Redis 8\.8/);
  });

  test('as the report of this machine says beforehand', async () => {
    const strategies = [first, needing('far-future', { minRedis: '99.0' })];
    const report = await examineMachine({}, strategies);
    // Of a server that this process had to fetch, the report finds the copy that was kept.
    const { path, source: _source, ...binary } = await thisServer();
    expect(report).toMatchObject({ binary: path, ...binary, node: process.version });
    expect(report.source).toBe((await findServer({})).source);
    expect(report.cores).toBeGreaterThan(0);
    expect(report.strategies).toEqual([
      { name: first.name, runs: true },
      { name: 'far-future', runs: false, reason: expect.stringMatching(/needs Redis 99\.0/) },
    ]);
  });
});

test('versions are never compared as text', () => {
  const part = fc.nat({ max: 120 });
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 3 }),
      fc.nat({ max: 2 }),
      fc.nat(120),
      (parts, at, more) => {
        const newer = [...parts, 0, 0].slice(0, 3);
        newer[at]! += more + 1;
        expect(compareVersions(newer.join('.'), parts.join('.'))).toBeGreaterThan(0);
        expect(compareVersions(parts.join('.'), newer.join('.'))).toBeLessThan(0);
        expect(compareVersions(parts.join('.'), [...parts, 0].join('.'))).toBe(0);
      },
    ),
  );
  expect(compareVersions('7.10', '7.9')).toBeGreaterThan(0);
});
