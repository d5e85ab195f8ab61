import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { freePort } from '../../harness/redis/free-port.ts';

test('no port is named twice, and none that whoever connects may be given', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, freePort));
  expect(new Set(ports).size).toBe(50);
  expect(Math.max(...ports)).toBeLessThan(32_768);
});

test('a port on which somebody listens is passed over', async () => {
  const before = await freePort();
  const taken = createServer().listen(before + 1, '127.0.0.1');
  await once(taken, 'listening');
  try {
    expect((taken.address() as AddressInfo).port).toBe(before + 1);
    expect(await freePort()).not.toBe(before + 1);
  } finally {
    taken.close();
    await once(taken, 'close');
  }
});
