import type { Inflicted, Storm } from '../../harness/documents/storm.ts';
import { grouped, plural } from '../view/figures.ts';
import { errorsText, evidenceText, totalsText, verdictTable } from './service.ts';
import { textTable } from './text-table.ts';
import { verdictInline } from './verdicts.ts';
import { PAPER, type Window } from './window.ts';

/** What `storm` shows: what happened to the service, then what became of the sale. */
export function stormText(result: Storm, window: Window = PAPER): string {
  const { service, seed, stock, inFlight, faults, totals, errors } = result;
  const { askedAgain, properties, evidence, verdict } = result;
  const unseen = faults.filter(({ missing }) => missing !== null);
  return [
    `${service.name}, started at ${service.url} · seed ${seed}\n${plural(stock, 'unit')}, ${grouped(inFlight)} in flight; who is not answered asks again with the same token`,
    textTable(['at', 'fault', 'proof'], faults.flatMap(faultRows), [0], window),
    verdictTable(properties, evidence, window),
    ...evidenceText(evidence, window),
    `${totalsText(totals)} · ${grouped(askedAgain)} asked again`,
    ...(errors.length > 0 ? [errorsText(errors)] : []),
    ...(unseen.length === 0
      ? []
      : [
          `Not seen, so nothing is proved: ${unseen.map(({ nemesis, missing }) => `${nemesis} (${missing})`).join('; ')}`,
        ]),
    `coverage: sampled, the orders that happened to occur; verdict: ${verdictInline(verdict, window)}`,
  ].join('\n\n');
}

const faultRows = ({ nemesis, atMs, proof, missing }: Inflicted): string[][] =>
  [...proof, ...(missing === null ? [] : [`NOT SEEN ${missing}`])].map((line, i) =>
    i === 0 ? [`${(atMs / 1_000).toFixed(1)} s`, nemesis, line] : ['', '', line],
  );
