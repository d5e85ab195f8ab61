import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readFigures } from '../../harness/documents/read-figures.ts';
import { SESSION_VERSION, sessionSchema, type Session } from '../../harness/documents/session.ts';
import { stormSchema } from '../../harness/documents/storm.ts';
import { sessionMarkdown } from '../../reports/session-markdown.ts';
import { sessionPage } from '../../reports/page/session-page.ts';
import { PROPERTIES } from '../../strategies/contract.ts';
import { oversell, type Ended } from '../helpers/command.ts';
import { temporaryFolder } from '../helpers/processes.ts';
import { STOREFRONT } from '../helpers/services.ts';
import { thisServer } from '../helpers/this-server.ts';

const REPORTS = ['report.html', 'report.md', 'result.json'];

/** The folder of the only run in there. */
function folderIn(runs: string): string {
  const names = readdirSync(runs);
  expect(names).toHaveLength(1);
  return join(runs, names[0]!);
}

const sessionIn = (folder: string): Session =>
  sessionSchema.parse(JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')));

const run = (...words: string[]): Promise<Ended> => oversell(words).ended;

describe('a bench of strategies', () => {
  test('writes a folder that says what it printed, is drawn again, and is compared', async () => {
    const runs = temporaryFolder();
    const words = ['bench', 'lua-decrement', 'read-then-write', '--trials', '1', '--buyers', '100'];
    const server = ['--redis-server', (await thisServer()).path];
    const { exitCode, stdout } = await run(...words, ...server, '--runs', runs, '--seed', '4', '--json');
    expect(exitCode).toBe(0);
    const folder = folderIn(runs);
    const session = sessionIn(folder);
    expect(session).toMatchObject({ kind: 'bench', status: 'complete', found: JSON.parse(stdout) });
    expect(session.command).toMatch(/bench lua-decrement .* --seed 4 /);
    expect(readdirSync(folder).toSorted()).toEqual(REPORTS);
    const page = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(page).toContain('lua-decrement');
    expect(readFileSync(join(folder, 'report.md'), 'utf8')).toContain('violated in the measured sales');

    for (const name of ['report.html', 'report.md']) rmSync(join(folder, name));
    expect(await run('report', folder)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toBe(page);

    const same = await run('compare', folder, folder, '--json');
    expect(JSON.parse(same.stdout)).toMatchObject({ strategies: [{ verdict: 'same' }, { verdict: 'same' }] });
    // What --json printed says the same.
    writeFileSync(join(runs, 'printed.json'), stdout);
    expect(await run('compare', folder, join(runs, 'printed.json'))).toMatchObject({ exitCode: 0 });
    // Not so if what held is violated.
    const worse = readFileSync(join(folder, 'result.json'), 'utf8').replace(
      '"oversell": "holds"',
      '"oversell": "violated"',
    );
    writeFileSync(join(runs, 'worse.json'), worse);
    expect(await run('compare', folder, join(runs, 'worse.json'))).toMatchObject({ exitCode: 1 });
  });

  test('with a field that is none is refused by the name of the field', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'result.json'), JSON.stringify({ ...stormed(), status: 'over' }));
    for (const words of [
      ['report', folder],
      ['compare', folder, folder],
    ]) {
      const { exitCode, stderr } = await run(...words);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/is not the result of a bench or a storm: .*, at status/);
    }
    writeFileSync(
      join(folder, 'result.json'),
      JSON.stringify({ ...stormed(), version: SESSION_VERSION + 1 }),
    );
    expect((await run('report', folder)).stderr).toContain(`is of version ${SESSION_VERSION + 1}`);
  });
});

test('a bench of a service writes one, too', async () => {
  const runs = temporaryFolder();
  const { stdout } = await run('bench', '--service', STOREFRONT, '--buyers', '40', '--runs', runs, '--json');
  const folder = folderIn(runs);
  expect(sessionIn(folder)).toMatchObject({ kind: 'service-bench', found: JSON.parse(stdout) });
  expect(readdirSync(folder).toSorted()).toEqual(REPORTS);
  expect(await run('compare', folder, folder)).toMatchObject({ exitCode: 0 });
});

/** A storm, made up. */
const stormed = (changes: object = {}): Session => ({
  kind: 'storm',
  version: SESSION_VERSION,
  status: 'complete',
  command: 'npx oversell storm --service shop.json --seed 1',
  startedAt: '2026-01-31T12:00:00.000Z',
  oversell: '0.1.0',
  found: stormSchema.parse({
    service: { name: 'a shop <b>', url: 'http://127.0.0.1:1/' },
    coverage: 'sampled',
    environment: { node: '20.19.0', platform: 'linux x64', cpus: '2 × some', redis: 'Redis 7.0.15' },
    seed: 1,
    stock: 10,
    inFlight: 2,
    faults: [
      {
        nemesis: 'kill-redis',
        atMs: 10,
        untilMs: 20,
        proof: ['redis-server 7 ended by SIGKILL'],
        missing: null,
      },
    ],
    totals: { outcomes: { sold: 3 }, recorded: 3, left: 7 },
    errors: [],
    askedAgain: 1,
    verdict: 'holds',
    properties: Object.fromEntries(PROPERTIES.map((property) => [property, 'holds'])),
    evidence: [],
    ...changes,
  }),
});

describe('a storm', () => {
  test('is drawn with its faults and its verdict, and what a service is called is no markup', async () => {
    expect(sessionMarkdown(stormed())).toMatch(
      /^# oversell: a storm of a shop <b>\n\n\*\*Verdict: holds\.\*\*/,
    );
    expect(sessionMarkdown(stormed())).toContain('redis-server 7 ended by SIGKILL');
    const page = await sessionPage(stormed());
    expect(page).toContain('a shop &lt;b&gt;');
    expect(page).not.toContain('<b>');
    const interrupted = { ...stormed(), status: 'interrupted' as const };
    expect(await sessionPage(interrupted)).toContain('INCOMPLETE: this run is interrupted');
    expect(sessionMarkdown(interrupted)).toContain('INCOMPLETE: this run is interrupted');
  });

  test('is compared by its verdicts, not by its speed', async () => {
    const [base, worse] = [temporaryFolder(), temporaryFolder()];
    const { found } = stormed();
    const properties = { ...(found as { properties: object }).properties, 'lost-sale': 'violated' };
    writeFileSync(join(base, 'result.json'), JSON.stringify(stormed()));
    writeFileSync(join(worse, 'result.json'), JSON.stringify(stormed({ verdict: 'violated', properties })));
    expect(readFigures(base).strategies).toMatchObject([
      { strategy: 'storm of a shop <b>', salesPerSecond: { median: null } },
    ]);
    expect(await run('compare', base, base)).toMatchObject({ exitCode: 0 });
    const compared = await run('compare', base, worse);
    expect(compared).toMatchObject({ exitCode: 1 });
    expect(compared.stdout).toContain('WORSE: lost-sale holds → violated');
  });
});
