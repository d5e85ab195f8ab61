import { describe, expect, test } from 'vitest';
import { CannotExplore } from '../../harness/explorer/cannot-explore.ts';
import { systemClock } from '../../harness/ground/ambient.ts';
import { certificateOfRun } from '../../harness/intercept/certificate.ts';
import { existsSync } from 'node:fs';
import { properties, server } from '../helpers/exploring.ts';
import { intercepted, shop } from '../helpers/intercepting.ts';
import { rotating, sometimes } from '../helpers/rotating.ts';

const at = server();
const race = { buyers: 2, stock: 1 };
const quickly = { auditSamples: 2 };
const TRUSTING = { env: { NODE_EXTRA_CA_CERTS: '{redis_ca}' } };

const secure = (technique: string, library: string): ReturnType<typeof shop> =>
  shop(['node', 'shop.mjs', technique, library], TRUSTING);

describe('a service that speaks TLS to its Redis', () => {
  const rows: [technique: string, library: string, breaks: string[]][] = [
    ['watch', 'ioredis', []],
    ['watch', 'node-redis', []],
    ['read-then-write', 'ioredis', ['oversell']],
    ['read-then-write', 'node-redis', ['oversell']],
  ];
  test.each(rotating(rows, 1, 'TLS services'))('%s by %s breaks %j', async (technique, library, breaks) => {
    const explored = await intercepted(secure(technique, library), race, at.target, quickly);
    expect(explored).toMatchObject({ coverage: 'exhausted', audit: { mismatches: [] } });
    expect(properties(explored, 'violated')).toEqual(breaks);
  });

  sometimes('finds its connection broken where a reply is lost', async () => {
    const scope = { buyers: 1, stock: 2, faults: { 'lost-reply': 1 } };
    const explored = await intercepted(secure('read-then-write', 'ioredis'), scope, at.target, quickly);
    expect(explored.coverage).toBe('exhausted');
    expect(explored.audit.mismatches).toEqual([]);
    expect(properties(explored, 'violated')).toEqual(['double-sale']);
  });

  test('without a certificate to trust is told what to name', async () => {
    const file = shop(['node', 'shop.mjs', 'watch'], {
      env: { REDIS_URL: 'rediss://127.0.0.1:{redis_port}' },
    });
    const ran = intercepted(file, race, at.target, quickly);
    await expect(ran).rejects.toBeInstanceOf(CannotExplore);
    await expect(ran).rejects.toMatchObject({ remedy: expect.stringContaining('{redis_ca}') as string });
  });
});

test('the certificate of a run is for this machine, and its file goes with the run', async () => {
  const certificate = await certificateOfRun(systemClock.epochMs());
  expect(existsSync(certificate.ca)).toBe(true);
  await certificate.remove();
  expect(existsSync(certificate.ca)).toBe(false);
});
