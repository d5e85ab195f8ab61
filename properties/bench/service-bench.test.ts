import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { benchService, type ServiceBenchOptions } from '../../harness/bench/service-bench.ts';
import type { ServiceBench } from '../../harness/documents/service-figures.ts';
import { serviceBenchSchema } from '../../harness/documents/service-figures.ts';
import { readHistory } from '../../harness/history/jsonl.ts';
import { readServiceFile } from '../../harness/service/service-file.ts';
import { oversell } from '../helpers/command.ts';
import { rejection } from '../helpers/machines.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { seed } from '../helpers/seed.ts';
import { shop, shopWith, SERVICES, STOREFRONT, written, type Described } from '../helpers/services.ts';
import { thisServer } from '../helpers/this-server.ts';
import { sometimes } from '../helpers/rotating.ts';

const CERTIFICATE = join(SERVICES, '../service/certificate/');

/** A load test of the sample shop, with what this changes of its file and of the sale. */
async function selling(changes: Described, given: Partial<ServiceBenchOptions> = {}): Promise<ServiceBench> {
  return benchService({
    file: readServiceFile(shopWith(changes)),
    redisServer: (await thisServer()).path,
    trials: 1,
    buyers: 300,
    stock: 40,
    inFlight: 20,
    seed,
    onSale: () => undefined,
    onProgress: () => undefined,
    ...given,
  });
}
const flawed = (FLAW: string, given?: Partial<ServiceBenchOptions>): Promise<ServiceBench> =>
  selling({ env: { FLAW } }, given);

const violatedIn = ({ strategies }: ServiceBench): string[] =>
  Object.entries(strategies[0]!.properties).flatMap(([property, verdict]) =>
    verdict === 'violated' ? [property] : [],
  );

describe('a shop with logins, CSRF tokens and an administrator', () => {
  test('that sells rightly holds, over keep-alive, chunks and closed connections', async () => {
    const result = await selling({});
    expect(result).toMatchObject({ verdict: 'holds', coverage: 'sampled', evidence: [] });
    expect(result.last).toMatchObject({ outcomes: { sold: 40, 'sold-out': 260 }, recorded: 40, left: 0 });
    expect(result.strategies[0]).toMatchObject({
      strategy: 'shop',
      connections: 20,
      ended: 'served',
      unknown: 0,
    });
    expect(result.strategies[0]!.properties).toMatchObject({ 'lost-sale': 'holds', 'user-limit': 'n/a' });
  });

  test('that reads the stock and then writes it sells more than it has', async () => {
    const result = await flawed('get-then-set');
    expect(result.verdict).toBe('violated');
    expect(violatedIn(result)).toContain('oversell');
    expect(result.last!.recorded).toBeGreaterThan(40);
  });

  sometimes(
    'that counts the limit by tokens sells a user two of one unit each; rightly it holds',
    async () => {
      const limited = { buyers: 300, users: 100, perUserLimit: 1, stock: 250 };
      const wrong = await flawed('two-tokens', limited);
      expect(violatedIn(wrong)).toContain('user-limit');
      const right = await selling({}, limited);
      expect(right).toMatchObject({
        verdict: 'holds',
        last: { outcomes: { sold: 100, 'limit-reached': 200 }, left: 150 },
      });
      expect(right.strategies[0]!.properties['user-limit']).toBe('holds');
    },
  );

  test('that loses orders after it has told of them is found by its ledger', async () => {
    const result = await flawed('loses-orders');
    expect(violatedIn(result)).toContain('lost-sale');
    expect(result.evidence.find(({ property }) => property === 'lost-sale')!.units).toBe(Math.floor(40 / 7));
  });

  sometimes(
    'that cuts connections off is not accused: such an outcome is unknown, and the ledger tells',
    async () => {
      const result = await flawed('cut-off');
      expect(result).toMatchObject({ verdict: 'holds', last: { recorded: 40, left: 0 } });
      expect(result.strategies[0]!.unknown).toBe(Math.floor(300 / 9));
      expect(result.strategies[0]!.errors).toMatchObject([{ kind: 'CUT_OFF', count: Math.floor(300 / 9) }]);
    },
  );

  sometimes(
    'whose answer stands nowhere, or means two things, is taken for unknown and never for sold',
    async () => {
      const answers = shop['answers'] as object;
      const nowhere = await selling({ answers: { ...answers, soldOut: { status: 410 } } });
      expect(nowhere.last!.outcomes).toMatchObject({ sold: 40, 'sold-out': 0, unknown: 260 });
      const twofold = await selling({ answers: { ...answers, soldOut: { body: 'sold' } } });
      expect(twofold.last!.outcomes).toMatchObject({ sold: 0, 'sold-out': 260, unknown: 40 });
      expect(twofold.strategies[0]!.errors[0]!.message).toContain('means both sold and soldOut');
    },
  );

  sometimes('over TLS holds likewise', async () => {
    const tls = { baseUrl: 'https://127.0.0.1:{port}', tls: { ca: join(CERTIFICATE, 'cert.pem') } };
    const env = { TLS_KEY: join(CERTIFICATE, 'key.pem'), TLS_CERT: join(CERTIFICATE, 'cert.pem') };
    expect(await selling({ ...tls, env })).toMatchObject({ verdict: 'holds', last: { recorded: 40 } });
  });

  sometimes('sells several sales of different products, and keeps the last one’s history', async () => {
    const historyFolder = temporaryFolder();
    const result = await selling({}, { trials: 2, historyFolder });
    expect(result.strategies[0]).toMatchObject({ trials: 2, verdict: 'holds' });
    const [file] = readdirSync(historyFolder);
    const { history } = await readHistory(join(historyFolder, file!));
    expect([history.operations.length, history.drained, [...history.recorded!].length]).toEqual([300, 0, 40]);
  });

  sometimes('has buyers come at a rate, too', async () => {
    const arrivals = { profile: 'constant', ratePerSecond: 200 } as const;
    const result = await selling({}, { arrivals, seconds: 1, users: 50, buyers: 200 });
    expect(result.strategies[0]).toMatchObject({ mode: 'open', arrivals, verdict: 'holds' });
    expect(result.last!.outcomes.sold).toBe(40);
  });
});

const codeOf = async (run: Promise<unknown>): Promise<unknown> =>
  ((await rejection(run)) as { code?: string }).code;

describe('a file that its shop does not keep to is told', () => {
  test('by the request that was answered otherwise, with the answer', async () => {
    const wrong = selling({ env: { ADMIN_PASSWORD: 'another' } });
    expect(await rejection(wrong)).toMatchObject({
      code: 'STEP_FAILED',
      message: expect.stringContaining('POST /admin/login was answered 401'),
    });
  });

  test('by the program that ended, with what it said', async () => {
    const ends = selling({ start: ['node', '-e', 'console.error("no such table"); process.exit(3)'] });
    expect(await rejection(ends)).toMatchObject({
      code: 'SERVICE_NOT_READY',
      message: expect.stringMatching(/exit code 3[^]*no such table/),
    });
    expect(await codeOf(selling({ build: ['node', '-e', 'process.exit(4)'] }))).toBe('COMMAND_FAILED');
    expect(await codeOf(selling({ ready: { line: 'never said', timeoutMs: 200 } }))).toBe(
      'SERVICE_NOT_READY',
    );
    expect(await codeOf(selling({ ready: { path: '/nowhere', timeoutMs: 200 } }))).toBe('SERVICE_NOT_READY');
  });

  sometimes('by what is missing of it: units left, a ledger, a limit, users to log in', async () => {
    expect(await codeOf(selling({ left: { ask: { path: '/stock?product={product}' } } }))).toBe(
      'STEP_FAILED',
    );
    const ledger = { ...(shop['ledger'] as object), orders: '/nothing' };
    expect(await codeOf(selling({ ledger }))).toBe('STEP_FAILED');
    const open = [['node', '-e', '', '{limit}']];
    expect(await codeOf(selling({ open }))).toBe('NO_VALUE');
    const options: Partial<ServiceBenchOptions> = { seconds: 1 };
    const { buyers: _, ...endless } = await endlessOptions(options);
    expect(await codeOf(benchService(endless))).toBe('NEEDS_BUYERS');
  });
});

const endlessOptions = async (given: Partial<ServiceBenchOptions>): Promise<ServiceBenchOptions> => ({
  file: readServiceFile(shopWith({})),
  trials: 1,
  seed,
  onSale: () => undefined,
  onProgress: () => undefined,
  ...given,
});

describe('the command', () => {
  test('sells 500 units of our own storefront to 10 000 buyers on 200 connections: 500 orders, exit code 0', async () => {
    const words = ['--buyers', '10000', '--stock', '500', '--in-flight', '200', '--json'];
    const { exitCode, stdout } = await oversell(['bench', '--service', STOREFRONT, ...words]).ended;
    const result = serviceBenchSchema.parse(JSON.parse(stdout));
    expect(result).toMatchObject({
      verdict: 'holds',
      coverage: 'sampled',
      last: { outcomes: { sold: 500, 'sold-out': 9_500 }, recorded: 500, left: 0 },
      strategies: [{ connections: 200, inFlight: 200 }],
    });
    expect(exitCode).toBe(0);
  });

  test('exits 1 for a shop that oversells, and says by how much and how much was looked at', async () => {
    const file = shopWith({ env: { FLAW: 'get-then-set' } });
    const { exitCode, stdout } = await oversell([
      'bench',
      '--service',
      file,
      '--buyers',
      '100',
      '--stock',
      '10',
    ]).ended;
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/oversell +VIOLATED +\S.*(too many|of 10 put on sale)/);
    expect(stdout).toContain('coverage: sampled');
    expect(stdout).toContain('cost: void');
  });

  test.each([
    [['lua-decrement'], 'leave out one of them'],
    [['--slo', 'p99=5ms'], '--slo would do nothing'],
    [['--baseline', 'lua-decrement'], '--baseline would do nothing'],
    [['--redis', 'redis://127.0.0.1:1'], '--redis would do nothing'],
    [['--redis-server', '/bin/false'], '--redis-server would do nothing'],
    [['--redis-version', '7.0.15'], '--redis-version would do nothing'],
    [['--mode', 'open'], 'give --rate'],
  ])('refuses %j beside a service that takes no notice of it', async (words, said) => {
    // It runs already, and has a Redis of its own.
    const { start: _, env: __, ...file } = shop;
    const running = written({ ...file, baseUrl: 'http://127.0.0.1:1', ready: { path: '/' } });
    const { exitCode, stderr } = await oversell(['bench', '--service', running, ...words]).ended;
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(said)]);
  });

  test.each([['--users'], ['--per-user-limit']])('refuses %s without a service', async (flag) => {
    const { exitCode, stderr } = await oversell(['bench', 'lua-decrement', flag, '5']).ended;
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`${flag} would do nothing`)]);
  });

  test('that is interrupted ends the service, too, and says what it has', async () => {
    const running = oversell(['bench', '--service', STOREFRONT, '--seconds', '60', '--json']);
    await running.said('sale 1 of 1');
    running.child.kill('SIGINT');
    const { exitCode, stdout } = await running.ended;
    expect(exitCode).toBe(130);
    expect(serviceBenchSchema.parse(JSON.parse(stdout)).verdict).not.toBe('violated');
  });
});
