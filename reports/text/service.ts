import { PROPERTIES } from '../../strategies/contract.ts';
import type { BenchRow } from '../../harness/documents/figures.ts';
import type { ServiceBench, ServiceTotals } from '../../harness/documents/service-figures.ts';
import { grouped, intervalText, known, perSale, plural, tail } from '../view/figures.ts';
import { evidenceTable } from '../view/view.ts';
import { textTable } from './text-table.ts';
import { verdictInline, verdictWord } from './verdicts.ts';
import { PAPER, type Window } from './window.ts';

/** What `bench --service` shows: the verdict first, then what it cost. */
export function serviceBenchText(result: ServiceBench, window: Window = PAPER): string {
  const { service, seed, strategies, last, evidence, verdict } = result;
  const [row] = strategies;
  const head = `${service.name}, ${service.startedHere ? 'started' : 'running'} at ${service.url} · seed ${seed}\n${saleText(result)}`;
  if (!row) return `${head}\n\nnothing was sold: interrupted`;
  return [
    head,
    verdictTable(row.properties, evidence, window),
    ...evidenceText(evidence, window),
    ...(last ? [totalsText(last)] : []),
    ...(row.errors.length > 0 ? [errorsText(row.errors)] : []),
    costText(row, window),
    `coverage: sampled, the orders that happened to occur; verdict: ${verdictInline(verdict, window)}`,
  ].join('\n\n');
}

function saleText({ sale, strategies: [row] }: ServiceBench): string {
  const { stock, buyers, users, perUserLimit } = sale;
  const who = buyers === null ? 'buyers as there is time for' : plural(buyers, 'buyer');
  const loop = row?.arrivals
    ? `open loop, ${row.arrivals.profile} arrivals, ${grouped(row.arrivals.ratePerSecond)}/s, at most ${grouped(row.inFlight)} in flight`
    : `closed loop, ${grouped(row?.inFlight ?? 0)} in flight`;
  return [
    who,
    ...(users === null ? [] : [plural(users, 'user')]),
    ...(perUserLimit === null ? [] : [`at most ${perUserLimit} each`]),
    plural(stock, 'unit'),
    ...(row && row.trials > 1 ? [plural(row.trials, 'sale')] : []),
    ...(row ? [loop] : []),
  ].join(', ');
}

/** The operations of each piece of evidence that has some. */
export const evidenceText = (evidence: ServiceBench['evidence'], window: Window): string[] =>
  evidence.flatMap(({ property, requests = [], operations }) => {
    const { head, rows } = evidenceTable({ requests, operations });
    return rows.length === 0 ? [] : [`${property}:\n${textTable(head, rows, [1, 2, 3, 5], window)}`];
  });

export function verdictTable(
  properties: BenchRow['properties'],
  evidence: ServiceBench['evidence'],
  window: Window,
): string {
  const rows = PROPERTIES.map((property) => {
    const verdict = properties[property];
    const why = evidence.find((one) => one.property === property)?.message ?? '';
    return [property, verdictWord(verdict, window), why];
  });
  return textTable(['property', 'verdict', ''], rows, [], window);
}

export function totalsText({ outcomes, recorded, left }: ServiceTotals): string {
  const ways = Object.entries(outcomes).flatMap(([outcome, count]) =>
    count > 0 ? [`${grouped(count)} ${outcome}`] : [],
  );
  const ledger = recorded === null ? 'no ledger' : `${plural(recorded, 'unit')} in the ledger`;
  return `purchases: ${ways.join(', ') || 'none'} · ${ledger} · ${known(left, grouped)} left`;
}

/** Why outcomes are unknown, and why something could not be read. */
export const errorsText = (errors: BenchRow['errors']): string =>
  errors.map(({ kind, count, message }) => `${grouped(count)} × ${kind}: ${message}`).join('\n');

function costText(row: BenchRow, window: Window): string {
  if (row.verdict !== 'holds') return `cost: void, ${row.verdict} in the measured sales`;
  const head = [
    'sales/s',
    'response p50 / p99',
    'requests per sale',
    'CPU of buyers / service',
    'bottleneck',
  ];
  const cells = [
    intervalText(row.salesPerSecond, grouped),
    row.saturated ? 'saturated' : `${tail(row.responseMs)} ms`,
    known(row.commandsPerSale, perSale),
    `${row.clientCpu.toFixed(2)} / ${known(row.serverCpu, (cores) => cores.toFixed(2))}`,
    row.bottleneck ?? 'not measured',
  ];
  return textTable(head, [cells], [0, 1, 2, 3], window);
}
