import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const cli = fileURLToPath(new URL('../../dist/harness/cli.js', import.meta.url));

test('an exploration that is interrupted says what it covered, and claims nothing', async () => {
  // Far too large to end by itself: nothing but the signal ends it.
  const args = ['explore', 'watch-retry', '--buyers', '9', '--stock', '4', '--attempts', '4', '--json'];
  const child = spawn('node', [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
    if (stderr.includes('orders in')) child.kill('SIGINT'); // it has told its progress at least once
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(code, stderr).toBe(130);
  const said = JSON.parse(stdout) as {
    coverage: string;
    states: number;
    interleavings: string;
    properties: object;
  };
  expect(said.coverage).toBe('bounded');
  expect(said.states).toBeGreaterThan(0);
  expect(BigInt(said.interleavings)).toBeGreaterThan(0n);
  for (const { verdict } of Object.values(said.properties) as { verdict: string }[])
    expect(verdict).toBe('inconclusive');
});
