import type { Scope } from '../documents/scope.ts';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { registry } from '../../strategies/registry.ts';
import { systemClock } from '../ground/ambient.ts';
import { explore, type Exploration } from '../explorer/explore.ts';
import { NO_FAULTS, type Faults } from '../documents/faults.ts';
import { dealt } from '../explorer/scope/ids.ts';
import { subjectOf } from '../explorer/process/subject.ts';
import { findServer } from '../redis/find/find-server.ts';
import { startServer } from '../redis/server.ts';
import type { Property } from '../../strategies/contract.ts';

/**
 * What the explorer must reach on two cores, and what it reaches here: `npm run bench:explorer`. Each row runs in a
 * process of its own, so that peak memory is the row's. Time is that of the search: checks that follow it (running
 * everything once more, replays over real sockets, the minimal counterexample) stand apart.
 */
interface Row {
  strategy: string;
  scope: Pick<Scope, 'buyers' | 'stock' | 'confirms'> & { faults?: Partial<Faults> };
  property?: Property;
  mostSeconds: number;
  mostMegabytes?: number;
  /** Every property that is asked about holds. */
  holds?: true;
}

const FAULTS = { crash: 1, 'lost-reply': 1 };
const ROWS: Row[] = [
  ...registry.map(({ strategy }): Row => ({
    strategy: strategy.name,
    // With faults, buyers who confirm are two, and confirm once, as in evaluate: three make too many states.
    scope:
      strategy.name === 'hold-then-confirm'
        ? { buyers: 2, stock: 2, confirms: 1, faults: FAULTS }
        : { buyers: 3, stock: 2, faults: FAULTS },
    mostSeconds: 5,
  })),
  { strategy: 'watch-retry', scope: { buyers: 5, stock: 3 }, mostSeconds: 3, holds: true },
  {
    strategy: 'watch-retry',
    scope: { buyers: 6, stock: 3 },
    property: 'oversell',
    mostSeconds: 8,
    mostMegabytes: 2_000,
    holds: true,
  },
  {
    strategy: 'watch-retry',
    scope: { buyers: 6, stock: 3 },
    mostSeconds: 30,
    mostMegabytes: 2_000,
    holds: true,
  },
  {
    strategy: 'watch-retry',
    scope: { buyers: 7, stock: 3 },
    property: 'oversell',
    mostSeconds: 60,
    mostMegabytes: 6_000,
    holds: true,
  },
];
const MOST_TRANSITIONS_PER_SECOND_ROW = ROWS.length - 1;
const LEAST_TRANSITIONS_PER_SECOND = 500_000;

interface Figures {
  states: number;
  transitions: number;
  interleavings: string;
  searchSeconds: number;
  wholeSeconds: number;
  peakMegabytes: number;
  /** Why the search did not end as it must; '' if it did. */
  wrong: string;
}

const now = (): number => systemClock.monotonicNs() / 1e6;

async function run(row: Row): Promise<Figures> {
  const { strategy } = registry.find((built) => built.strategy.name === row.strategy)!;
  const { buyers, stock } = row.scope;
  const scope: Scope = {
    buyers,
    stock,
    quantities: dealt([1], buyers),
    users: buyers,
    attempts: 3,
    instances: buyers,
    client: 'default',
    faults: { ...NO_FAULTS, ...row.scope.faults },
    releases: 0,
    restocks: 0,
    jobs: 0,
    ...(row.scope.confirms === undefined ? {} : { confirms: row.scope.confirms }),
    seed: 1,
  };
  const target = await startServer(await findServer({}));
  const started = now();
  try {
    const properties = row.property === undefined ? {} : { properties: [row.property] };
    const found = await explore({
      scope,
      subject: await subjectOf({ strategy }),
      target,
      now,
      ...properties,
    });
    return {
      states: found.states,
      transitions: found.transitions,
      interleavings: found.interleavings.toString(),
      searchSeconds: found.elapsedMs / 1000,
      wholeSeconds: (now() - started) / 1000,
      peakMegabytes: process.resourceUsage().maxRSS / 1024,
      wrong: wrongIn(row, found),
    };
  } finally {
    await target.close();
  }
}

/** A row is a figure of a search that was exhausted, and of which real sockets told the same. */
function wrongIn({ holds }: Row, { coverage, audit, properties }: Exploration): string {
  if (coverage !== 'exhausted') return coverage;
  if (audit.mismatches.length > 0) return `${audit.mismatches.length} mismatches`;
  const violated = Object.values(properties).some(({ verdict }) => verdict === 'violated');
  return holds && violated ? 'violated' : '';
}

function inOwnProcess(index: number): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [String(index)]);
    child.on('message', (figures: Figures) => resolve(figures));
    child.on('exit', (code) => reject(new Error(`row ${index} ended with ${code} and no figures`)));
  });
}

const [, , only] = process.argv;
if (only === undefined) {
  const cells: string[][] = [
    ['work', 'ends', 'search', 'at most', 'whole', 'peak', 'at most', 'states', 'transitions/s'],
  ];
  for (const [index, row] of ROWS.entries()) {
    const figures = await inOwnProcess(index);
    if (figures.wrong !== '') process.exitCode = 1;
    const rate = figures.transitions / figures.searchSeconds;
    const { buyers, stock, faults } = row.scope;
    cells.push([
      `${row.strategy}, ${buyers} buyers, ${stock} units${faults ? ', one crash and one lost reply' : ''}, ${row.property ?? 'all properties'}`,
      figures.wrong || 'as it must',
      `${figures.searchSeconds.toFixed(2)} s`,
      `${row.mostSeconds} s`,
      `${figures.wholeSeconds.toFixed(2)} s`,
      `${figures.peakMegabytes.toFixed(0)} MB`,
      row.mostMegabytes === undefined ? '' : `${row.mostMegabytes} MB`,
      String(figures.states),
      `${Math.round(rate)}${index === MOST_TRANSITIONS_PER_SECOND_ROW ? ` (at least ${LEAST_TRANSITIONS_PER_SECOND} with a warm memo)` : ''}`,
    ]);
  }
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  for (const line of cells)
    process.stdout.write(
      `${line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd()}\n`,
    );
} else {
  const figures = await run(ROWS[Number(only)]!);
  process.send!(figures);
}
