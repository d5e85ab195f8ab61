// What lies around a strategy: other ways to wait, to keep state, and to sell without Redis.
import { AsyncResource } from 'node:async_hooks';
import { readFile } from 'node:fs/promises';
import { answer, probe, take } from './parts.mjs';

/** Waits for something, and takes rightly. */
const afterWaiting = (name, wait) =>
  probe(name, (redis) => async (request) => {
    await wait(request);
    return answer(await take(redis));
  });

/** Another thread, or the other end in this one: nobody can say when it answers. */
export const waitsForAPort = afterWaiting(
  'waits-for-a-port',
  () =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port2.addEventListener('message', () => (port1.close(), resolve()));
      port2.start();
      port1.postMessage('go');
    }),
);
export const waitsForABlob = afterWaiting('waits-for-a-blob', () => new Blob(['go']).text());
export const readsAFile = afterWaiting('reads-a-file', () => readFile(new URL(import.meta.url)));

/** What Node does within the process, and what it does elsewhere and always ends. */
export const clones = afterWaiting('clones', (request) => structuredClone(request));
export const worksInAContext = afterWaiting(
  'works-in-a-context',
  () => new Promise((resolve) => new AsyncResource('A_POOL').runInAsyncScope(resolve)),
);
export const logs = afterWaiting('logs', () => process.stderr.write(''));
export const digests = afterWaiting('digests', ({ requestId }) =>
  crypto.subtle.digest('SHA-256', Buffer.from(requestId)),
);
export const derivesAKey = afterWaiting('derives-a-key', async ({ requestId }) => {
  const salt = Buffer.alloc(8);
  const key = await crypto.subtle.importKey('raw', Buffer.from(requestId), 'PBKDF2', false, ['deriveBits']);
  await crypto.subtle.deriveBits({ name: 'PBKDF2', salt, iterations: 2, hash: 'SHA-256' }, key, 64);
});

/** Sells what it keeps in the memory of its process: Redis hears of it from nobody. */
const fromMemory = (name, tellsRedis) =>
  probe(name, (redis, env, sale) => {
    let left = sale.stock;
    return async () => {
      if (tellsRedis) return answer(await take(redis));
      return answer(left-- > 0);
    };
  });
export const sellsFromMemory = fromMemory('sells-from-memory', false);
export const sellsFromRedis = fromMemory('sells-from-redis', true);
