import { describe, expect, test } from 'vitest';
import { EXPLORED } from '../../harness/documents/environments.ts';
import { FAULTS, faultRow } from '../../harness/documents/faults.ts';
import { isKeyFault, isServerFault } from '../../harness/documents/fault-events.ts';
import { ENVIRONMENTS, type Feature } from '../../strategies/contract.ts';
import { NEMESES } from '../../harness/storm/nemeses.ts';
import { registry } from '../../strategies/registry.ts';
import { codeIn, exists, section, text } from '../helpers/guides.ts';

const guide = text('CONTRIBUTING.md');
const GUIDES = ['strategy', 'fault', 'environment', 'command', 'nemesis', 'chart'] as const;
type Thing = (typeof GUIDES)[number];
const headings: Record<Thing, string> = {
  strategy: 'Add a strategy',
  fault: 'Add a fault',
  environment: 'Add an environment',
  command: 'Add a command',
  nemesis: 'Add a nemesis',
  chart: 'Add a chart',
};

/** The files, and folders, at the head of a list's items. */
const listed = (thing: Thing, from = guide): string[] =>
  [...section(from, headings[thing]).matchAll(/^\d+\. `([^`]+)`/gm)].map(([, path]) => path!);

/** Commands as the README's table has them; a test of the README compares it with `--help`. */
const COMMANDS = [...section(text('README.md'), 'Commands').matchAll(/^\| `(\w+)/gm)].map(
  ([, name]) => name!,
);
const NAMES: Record<Thing, readonly string[]> = {
  strategy: registry.map(({ strategy }) => strategy.name),
  environment: registry.map(({ strategy }) => strategy.name),
  command: COMMANDS,
  // Those that kill consumers are one file: they differ in where.
  nemesis: ['kill-consumer', 'kill-redis', 'kill-service'],
  chart: ['throughput'],
  fault: [],
};

/** What is listed and is not there; for `<name>`, whichever of the things of that kind has no such file. */
const absent = (thing: Thing, from = guide): string[] =>
  listed(thing, from)
    .flatMap((path) =>
      path.includes('<name>') ? NAMES[thing].map((name) => path.replace('<name>', name)) : [path],
    )
    .filter((path) => !exists(path));

const code = codeIn(['harness/', 'reports/']);

/** Files that know one of these by name: as a word, as a key of a table, as a budget, or as a method. */
function filesThatName(words: readonly string[], sources: ReadonlyMap<string, string> = code): string[] {
  const any = words.join('|');
  const name = new RegExp(
    `'(?:${any})'|\\bfaults\\.(?:${any})\\b|\\b(?:${any}): [\\d{[]|(?<!AbortSignal\\.)\\b(?:${any})\\(`,
  );
  return [...sources].filter(([, source]) => name.test(source)).map(([file]) => file);
}

/** Of these files, those that no list has. A list may have a whole folder. */
const unlisted = (files: readonly string[], ...lists: (readonly string[])[]): string[] =>
  files.filter((file) => !lists.flat().some((path) => file === path || file.startsWith(path)));

/** Its scopes are what is measured: they name faults and strategies, and know nothing of them. */
const MEASURES = ['harness/speed/'];

/** Node has a `timeout` of its own, of programs that are run and of signals. */
const NODES = ['harness/redis/find/', 'harness/explorer/process/virtual.ts'];

test.each(GUIDES)('every file that is to be touched for a new %s is there', (thing) => {
  expect(listed(thing)).not.toEqual([]);
  expect(absent(thing)).toEqual([]);
});

test('a file that has moved away from under a list is told', () => {
  const stale = guide.replace('space/enabled.ts', 'space/moves.ts');
  expect(absent('fault', stale)).toEqual(['harness/explorer/space/moves.ts']);
});

describe('a fault', () => {
  const shared = FAULTS.filter((fault) => (ENVIRONMENTS as readonly string[]).includes(fault));
  const knowing = unlisted(
    filesThatName(FAULTS),
    MEASURES,
    NODES,
    unlisted(filesThatName(shared), listed('fault')).filter(
      (file) => unlisted([file], listed('environment')).length === 0,
    ),
  );

  test('is known by name only to the files that the list for a new one has', () => {
    expect(unlisted(knowing, listed('fault'), ['harness/documents/environments.ts'])).toEqual([]);
  });

  test('is known to each of them, so that nobody goes to a file for nothing', () => {
    const files = new Set(listed('fault').filter((path) => !path.startsWith('properties/')));
    expect([...files].filter((file) => !knowing.includes(file))).toEqual([]);
  });

  test('of a key or of the server is known by name to the tables alone', () => {
    const faults = FAULTS.filter((fault) => isKeyFault(fault) || isServerFault(fault));
    const tables = ['harness/documents/faults.ts', 'harness/documents/causes.ts', ...listed('environment')];
    expect(unlisted(filesThatName(faults), tables)).toEqual([]);
  });

  test('of a process or of a connection is known by name to the files of its own list alone', () => {
    const own = section(guide, headings.fault).split('One of a **')[2]!;
    const files = [...own.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, path]) => path!);
    expect(files).toHaveLength(8);
    const faults = FAULTS.filter((fault) => ['process', 'connection'].includes(faultRow(fault).hits));
    expect(unlisted(filesThatName(faults), files, MEASURES, listed('environment'))).toEqual([]);
    const more = new Map([
      ...code,
      ['harness/explorer/scope/nearby.ts', "if (move.kind === 'crash') pay();"],
    ]);
    expect(unlisted(filesThatName(faults, more), files, MEASURES, listed('environment'))).toHaveLength(1);
  });

  test('that is spelled in one file more is found there', () => {
    const more = new Map([
      ...code,
      ['harness/explorer/space/nearby.ts', "if (move.kind === 'evict') wait();"],
    ]);
    expect(unlisted(filesThatName(FAULTS, more), knowing, MEASURES, NODES, listed('environment'))).toEqual([
      'harness/explorer/space/nearby.ts',
    ]);
  });
});

describe('an environment', () => {
  const features: readonly string[] = ['several-units'] satisfies Feature[];
  const words = ENVIRONMENTS.filter(
    (one) => !features.includes(one) && !FAULTS.some((fault) => fault === one),
  );

  test('is known by name only to the files that the list for a new one has', () => {
    expect(words).toEqual(expect.arrayContaining(['eviction', 'buyer-crash', 'calm']));
    expect(unlisted(filesThatName(words), listed('environment'))).toEqual([]);
  });

  test('that is explored catches a mistake, or the list would say something else', () => {
    const corpus = [...codeIn(['properties/corpus/']).values()].join('\n');
    expect(EXPLORED.filter((one) => !corpus.includes(`environment: '${one}'`))).toEqual([]);
  });

  test('that is spelled in one file more is found there', () => {
    const more = new Map([
      ...code,
      ['reports/view/nearby.ts', "const gone = part.environment === 'eviction';"],
    ]);
    expect(unlisted(filesThatName(words, more), listed('environment'))).toEqual(['reports/view/nearby.ts']);
  });
});

test('a strategy is known by name only to the files that the list for a new one has', () => {
  // What all others are compared with is one of them, and stays it when another is added.
  // So is what the shop sells by unless it is told otherwise.
  const chosen = ['harness/evaluate/measured.ts', 'harness/commands/serve.ts'];
  expect(unlisted(filesThatName(NAMES.strategy), listed('strategy'), MEASURES, chosen)).toEqual([]);
  for (const file of ['strategies/registry.ts', 'strategies/choosing.ts']) {
    const missing = NAMES.strategy.filter(
      (name) => !text(file).includes(`${name}.ts'`) && !text(file).includes(`'${name}'`),
    );
    expect(missing, file).toEqual([]);
  }
});

describe('a command', () => {
  test('stands in every file that the list for a new one has for all of them', () => {
    for (const file of ['harness/cli.ts', 'properties/commands/flags/tables.ts', 'README.md']) {
      const lines = text(file);
      expect(
        COMMANDS.filter((name) => !new RegExp(`^(?: {2}|\\| \`)${name}\\b`, 'm').test(lines)),
        file,
      ).toEqual([]);
      expect(listed('command')).toContain(file);
    }
  });

  test('is imported by no file but the table of commands', () => {
    const importers = [...code].filter(([, source]) =>
      COMMANDS.some((name) => source.includes(`/commands/${name}.ts'`)),
    );
    expect(importers.map(([file]) => file)).toEqual(['harness/cli.ts']);
  });
});

test('a nemesis is known by name to its own file alone', () => {
  const own = NAMES.nemesis.map((name) => `harness/storm/nemeses/${name}.ts`);
  expect(NEMESES.map(({ name }) => name)).toEqual(expect.arrayContaining(['kill-redis', 'kill-service']));
  expect(unlisted(filesThatName(NEMESES.map(({ name }) => name)), own)).toEqual([]);
});

describe('a chart', () => {
  const charts = [...code].flatMap(([file, source]) =>
    file.startsWith('reports/charts/') && file !== 'reports/charts/chart.ts'
      ? [...source.matchAll(/^export async function (\w+)/gm)].map(([, name]) => ({ name: name!, file }))
      : [],
  );
  const users = (name: string): string[] =>
    [...code, ...codeIn(['properties/reports/'])].flatMap(([file, source]) =>
      new RegExp(`import \\{[^}]*\\b${name}\\b`).test(source) ? [file] : [],
    );

  test('is drawn by the page and in a golden file, and used by nobody else', () => {
    expect(charts.length).toBeGreaterThan(0);
    for (const { name } of charts) {
      expect(unlisted(users(name), listed('chart')), name).toEqual([]);
      expect(users(name), name).toContain('properties/reports/report-golden.test.ts');
      expect(
        users(name).some((file) => file.startsWith('reports/page/')),
        name,
      ).toBe(true);
    }
  });

  test('that nobody draws has no users, and would be told', () => {
    expect(users('aChartThatNobodyDraws')).toEqual([]);
  });
});
