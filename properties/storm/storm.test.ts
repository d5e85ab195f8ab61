import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'oxc-transform';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSession } from '../../harness/documents/session.ts';
import { stormSchema, type Storm } from '../../harness/documents/storm.ts';
import { FAILPOINTS } from '../../harness/documents/failpoints.ts';
import { readServiceFile } from '../../harness/service/service-file.ts';
import { chosenNemeses, NEMESES } from '../../harness/storm/nemeses.ts';
import { storm, type StormOptions } from '../../harness/storm/storm.ts';
import { oversell } from '../helpers/command.ts';
import { MUTANTS } from '../helpers/consumer-mutants.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { seed } from '../helpers/seed.ts';
import { described, SERVICES, shopWith, STOREFRONT, written, type Described } from '../helpers/services.ts';
import { thisServer } from '../helpers/this-server.ts';
import { rotating, sometimes } from '../helpers/rotating.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Where they find packages, and what they import of ours. */
const compiledName = (name: string): string => `${ROOT}dist/${name}-${process.pid}.mjs`;
const MUTANT = compiledName('mutant-consumer');
const HELPERS = ['mutant-consumer', 'consumer-mutants'];
beforeAll(() => {
  for (const name of HELPERS) {
    const file = `${ROOT}properties/helpers/${name}.ts`;
    const { code } = transformSync(file, readFileSync(file, 'utf8'), { target: 'es2023' });
    const moved = code
      .replaceAll(/"\.\.\/\.\.\/([^"]+)\.ts"/g, '"./$1.js"')
      .replaceAll(/"\.\/([\w-]+)\.ts"/g, (_, other: string) => JSON.stringify(compiledName(other)));
    writeFileSync(compiledName(name), moved);
  }
});
afterAll(() => {
  for (const name of HELPERS) rmSync(compiledName(name));
});

/** Our own storefront, with what this changes of its file. */
const storefrontWith = (changes: Described): string =>
  written({ ...described(STOREFRONT), cwd: ROOT, ...changes });

async function storming(path: string, given: Partial<StormOptions> = {}): Promise<Storm> {
  return storm({
    file: readServiceFile(path),
    redisServer: (await thisServer()).path,
    inFlight: 32,
    seed,
    onProgress: () => undefined,
    onFault: () => undefined,
    ...given,
  });
}

const consumersOf = (mistake: string): Described => ({
  consumers: { module: MUTANT, args: [mistake, '{redis_port}', '{folder}/orders.db'], count: 2 },
});

/** Each fault takes as long as processes take to start and entries to be claimed. */
const LONG = { timeout: 600_000 };

describe('our own storefront', LONG, () => {
  sometimes(
    'loses no order and doubles none while everything of it is killed once, and each kill is proved',
    async () => {
      const result = await storming(STOREFRONT);
      expect(result.faults.map(({ nemesis, missing }) => [nemesis, missing])).toEqual(
        NEMESES.map(({ name }) => [name, null]),
      );
      for (const failpoint of FAILPOINTS) {
        const { proof } = result.faults.find(({ nemesis }) => nemesis === `kill-consumer-${failpoint}`)!;
        expect(proof).toEqual([
          expect.stringMatching(new RegExp(`^consumer \\d+ stands at ${failpoint} with \\d+ entries`)),
          expect.stringMatching(/^\d+ ended by SIGKILL, \d+ ended by SIGKILL$/),
          expect.stringMatching(/^consumers started: \d+, \d+$/),
        ]);
      }
      expect(result.properties).toMatchObject({
        'lost-sale': 'holds',
        'double-sale': 'holds',
        oversell: 'holds',
      });
      expect(result.verdict).toBe('holds');
      expect(result.totals.recorded! + result.totals.left!).toBe(result.stock);
    },
  );

  sometimes('with a right consumer of another make holds likewise', async () => {
    const faults = ['kill-consumer-read', 'kill-consumer-claimed', 'kill-consumer-committed'];
    expect(await storming(storefrontWith(consumersOf('none')), { faults })).toMatchObject({
      verdict: 'holds',
    });
  });

  test.each(rotating(MUTANTS, 1, 'storm'))(
    'with a consumer that $mistake is caught',
    async ({ mistake, at }) => {
      const result = await storming(storefrontWith(consumersOf(mistake)), {
        faults: [`kill-consumer-${at}`],
      });
      expect(result.faults).toMatchObject([{ missing: null }]);
      expect([result.verdict, result.properties['lost-sale']]).toEqual(['violated', 'violated']);
    },
  );
});

describe('a shop of another make', LONG, () => {
  const faults = ['kill-service', 'kill-redis'];

  test('that remembers tokens in Redis holds while it and its Redis are killed', async () => {
    const result = await storming(shopWith({}), { users: 50 });
    expect(result).toMatchObject({
      verdict: 'holds',
      faults: faults.map((nemesis) => ({ nemesis, missing: null })),
    });
  });

  test('that sells anew to whoever asks again sells twice', async () => {
    const result = await storming(shopWith({ env: { FLAW: 'no-tokens' } }), {
      users: 50,
      faults: ['kill-service'],
    });
    expect(result.verdict).toBe('violated');
    expect(result.properties['double-sale']).toBe('violated');
  });
});

describe('a fault that is not seen', () => {
  test('makes the storm inconclusive, and is told', async () => {
    const deaf = { consumers: { module: `${SERVICES}deaf-consumer.mjs`, args: [] } };
    // Nothing gets as far as the order book, so the shop is asked, which has the stream, too.
    const { settled: _, ...service } = described(STOREFRONT);
    const ledger = { ...(service['ledger'] as object), ask: { path: '/products/{product}/orders' } };
    const path = written({ ...service, cwd: ROOT, ...deaf, ledger });
    const result = await storming(path, { faults: ['kill-consumer-read'], stepMs: 2_000 });
    expect(result.verdict).toBe('inconclusive');
    expect(result.faults[0]!.missing).toBe('start: kill-consumer-read did not end within 2000 ms');
  });

  test('is refused where the file lacks what it takes', () => {
    const file = readServiceFile(shopWith({}));
    expect(chosenNemeses(undefined, file).map(({ name }) => name)).toEqual(['kill-service', 'kill-redis']);
    expect(() => chosenNemeses(['kill-consumer-read'], file)).toThrow('its file has no consumers');
    expect(() => chosenNemeses(['kill-everybody'], file)).toThrow('there is no "kill-everybody"');
  });
});

sometimes('the command storms, exits by its verdict, and keeps the history', async () => {
  const runs = temporaryFolder();
  const words = ['--faults', 'kill-service', '--history', '--runs', runs, '--json'];
  const { exitCode, stdout } = await oversell(['storm', '--service', STOREFRONT, ...words]).ended;
  expect(stormSchema.parse(JSON.parse(stdout))).toMatchObject({
    verdict: 'holds',
    faults: [{ nemesis: 'kill-service' }],
  });
  expect(exitCode).toBe(0);
  const [folder] = readdirSync(runs);
  const kept = readSession(join(runs, folder!));
  expect(kept).toMatchObject({ kind: 'storm', status: 'complete', found: JSON.parse(stdout) });
  expect(readdirSync(join(runs, folder!)).toSorted()).toEqual([
    'history.jsonl',
    'report.html',
    'report.md',
    'result.json',
  ]);
  const none = await oversell(['storm']).ended;
  expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('give --service')]);
});
