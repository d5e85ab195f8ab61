import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { HARNESS, isHarnessFrame, OUR_CODE, STRATEGIES } from '../../harness/ground/places.ts';
import { registry } from '../../strategies/registry.ts';
import { oversell } from '../helpers/command.ts';
import { temporaryFolder } from '../helpers/processes.ts';

const root = new URL('../../', import.meta.url);

test('the harness knows its own folder, the built-in strategies’, and the one above both', () => {
  expect(existsSync(new URL('cli.ts', HARNESS))).toBe(true);
  expect(OUR_CODE.href).toBe(root.href);
  const missing = registry.filter(({ strategy }) => !existsSync(new URL(`${strategy.name}.ts`, STRATEGIES)));
  expect(missing).toEqual([]);
});

test('a frame of the harness is told from one of a user or a package, as a path and as a URL', () => {
  const inside = new URL('anywhere/below.ts', HARNESS);
  for (const place of [inside.href, fileURLToPath(inside)])
    expect(isHarnessFrame(`at f (${place}:1:2)`)).toBe(true);
  const outside = [new URL('lua-decrement.ts', STRATEGIES), pathToFileURL('/shop/sell.ts')];
  for (const place of outside) expect(isHarnessFrame(`at f (${place.href}:1:2)`)).toBe(false);
});

test('every place that package.json names is there after a build', () => {
  const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    imports: Record<string, string>;
    exports: Record<string, string>;
    bin: Record<string, string>;
    scripts: Record<string, string>;
    knip: { entry: string[] };
  };
  const scripts = Object.values(manifest.scripts).flatMap(
    (line) => line.match(/\b(dist|properties)\/[\w./-]+/g) ?? [],
  );
  const named = [manifest.imports, manifest.exports, manifest.bin].flatMap((map) => Object.values(map));
  const files = [...named, ...scripts, ...manifest.knip.entry].filter((file) => !/[*{]/.test(file));
  expect(files.filter((file) => !existsSync(new URL(file, root)))).toEqual([]);
});

// ioredis draws the delay of its reconnect from Math.random. Only where the explorer knows its own frames does it see
// that the draw is the library's; else every exploration with a cut would be sampled.
test('the compiled explorer knows its own frames: with a lost reply, a built-in is exhausted', async () => {
  const args = [
    'explore',
    'lua-reserve-once',
    '--buyers',
    '2',
    '--stock',
    '1',
    '--faults',
    'lost-reply=1',
    '--json',
  ];
  const { stdout } = await oversell([...args, '--runs', join(temporaryFolder(), 'runs')]).ended;
  expect(JSON.parse(stdout)).toMatchObject({ verdict: 'holds', coverage: 'exhausted' });
});
