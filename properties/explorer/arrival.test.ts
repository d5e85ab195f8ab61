import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { arrival, macrotask } from '../../harness/explorer/process/virtual.ts';

/** Milliseconds that the event loop waited, with nothing to do, while so many turns came one after the other. */
async function waitedIn(turn: () => Promise<void>, turns: number): Promise<number> {
  const before = performance.eventLoopUtilization();
  for (let n = 0; n < turns; n++) await turn();
  return performance.eventLoopUtilization(before).idle;
}

test('who waits for bytes of another process leaves it the processor', async () => {
  expect(await waitedIn(arrival, 50)).toBeGreaterThan(10);
  expect(await waitedIn(macrotask, 50)).toBe(0);
});

const dist = fileURLToPath(new URL('../../dist/harness/explorer/process/virtual.js', import.meta.url));
const REAL = `import { arrival } from ${JSON.stringify(dist)};`;
/** Its timer only wakes the loop. */
const TWIN = `const arrival = () => new Promise((resolve) => {
  setTimeout(() => {}, 1);
  setImmediate(resolve).unref();
});`;

/** How a process ends that does nothing but wait, and is so slow that the timer is due before the loop can wait. */
const endOf = (defined: string): { status: number | null; stdout: string } =>
  spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `${defined}
for (let n = 0; n < 20; n++) {
  const coming = arrival();
  for (const end = performance.now() + 3; performance.now() < end; );
  await coming;
}
console.log('each came');`,
    ],
    { encoding: 'utf8' },
  );

test('what is waited for comes although nothing else does, and the thread was held', () => {
  expect(endOf(REAL)).toMatchObject({ status: 0, stdout: 'each came\n' });
  // Node's code for a promise at top level that never settles.
  expect(endOf(TWIN)).toMatchObject({ status: 13, stdout: '' });
});
