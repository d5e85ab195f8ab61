import type {
  Cell as Judged,
  EnvironmentResult,
  ExploredResult,
  Result,
  StrategyResult,
} from '../../harness/documents/result.ts';
import { ENVIRONMENTS, PROPERTIES, type Environment, type Property } from '../../strategies/contract.ts';
import type { Exhibits } from '../view/evidence.ts';
import { NO_VERDICTS, type NoVerdict } from '../../harness/documents/vocabulary.ts';
import { grouped, ordersText, plural, withSuperscripts } from '../view/figures.ts';
import { matrixOf, withoutVerdict } from '../view/matrix.ts';
import {
  environmentsTried,
  exploredIn,
  partsOf,
  exploredScopes,
  strategyNote,
  EXPLORED_TITLE,
} from '../view/view.ts';
import { EFFECTS, effectOf, kindOf, type Kind } from '../view/words.ts';
import { markup, type Markup } from './markup.ts';
import { table, type TableCell, type Content } from './table.ts';

/** How a cell is told apart, beside its words. */
const CLASSES: Record<Kind, string> = {
  holds: 'holds',
  declared: 'weak',
  undeclared: 'found',
  contradicted: 'broken',
  open: 'open',
  'n/a': 'none',
};
type Part = ExploredResult | EnvironmentResult;

/** What every verdict rests on: of each strategy, property by property. */
export const guarantees = (result: Result, exhibits: Exhibits): Markup => markup`
<section id="guarantees">
<h2>Every property of every strategy</h2>
<p class="note">${exploredIn(result).length > 0 ? `${EXPLORED_TITLE}, on a real Redis; then large` : 'Nothing was explored; large'} sales under real concurrency.</p>
${LEGEND}
<p class="note">${PROPERTY_WORDS}</p>
${matrixOf(result).rows.map(({ strategy }) => details(strategy, result, exhibits))}
<details class="note"><summary>What was sold in the large sales</summary><ul>${exploredScopes(result).map((line) => markup`<li>${line}</li>`)}</ul></details>
</section>`;

const LEGEND = markup`<ul class="legend">
<li><span class="holds">holds</span> in every order of the scope</li>
<li><span class="sampled">holds</span> in what was looked at: a sample, or as much as a budget allowed</li>
<li><span class="weak">sells twice</span> a weakness that the strategy declares; the link shows how</li>
<li><span class="found">SELLS TWICE</span> one of which it says nothing: the run fails, unless it was to find out (<code>--discover</code>)</li>
<li><span class="broken">SELLS TWICE</span> one where it declares the contrary: the run fails</li>
<li><span class="open">undecided</span> the budget was spent; never counts as passed</li>
${Object.entries(NO_VERDICTS).map(([word, meaning]) => markup`<li><span class="none">${word}</span> ${meaning}</li>`)}
</ul>`;

/** A column has a property's name, its cells what a violation does: a reader is to know which is which. */
const PROPERTY_WORDS = `Columns are properties, cells what a violation does: ${PROPERTIES.map((property) => `${property}: ${EFFECTS[property]}`).join(', ')}.`;

/** What was only sampled, or only looked at up to a limit, looks less sure than what was exhausted. */
const holding = ({ coverage }: Part): TableCell => ({
  word: 'holds',
  kind: coverage === 'exhausted' ? CLASSES.holds : 'sampled',
});

/** What a cell speaks of. */
interface Subject {
  strategy: StrategyResult;
  part: Part;
  property: Property;
}

function cellOf(cell: Judged, { strategy, part, property }: Subject, exhibits: Exhibits): TableCell {
  const kind = kindOf(cell);
  switch (kind) {
    case 'holds':
      return holding(part);
    case 'n/a':
      return { word: kind, kind: CLASSES[kind] };
    case 'open':
      return { word: 'undecided', kind: CLASSES.open, note: property };
    case 'declared':
    case 'undeclared':
    case 'contradicted': {
      const effect = effectOf(property, cell) ?? EFFECTS[property];
      return {
        word: kind === 'declared' ? effect : effect.toUpperCase(),
        kind: CLASSES[kind],
        to: exhibits.find(strategy, part.environment, property)?.id,
      };
    }
  }
}

/** A property a column, an environment a row, and beside it what the verdicts rest on. */
function details(strategy: StrategyResult, result: Result, exhibits: Exhibits): Markup {
  const { name, summary, skipped, notExplored, notSold } = strategy;
  const said = strategyNote(strategy);
  const why = skipped ?? notExplored;
  return markup`
<details class="strategy"><summary><b>${name}</b> <span>${said === '' ? summary : `${said} · ${summary}`}</span></summary>
<div id="${exhibits.idOf(strategy)}">${why !== undefined && markup`<p class="note">${skipped === undefined ? 'Not explored' : 'Not supported'}: ${why}</p>`}${notSold !== undefined && markup`<p class="note">Not sold at scale, and not measured: ${notSold}</p>`}${
    skipped === undefined &&
    table({
      caption: `${name}: property by environment`,
      head: ['environment', 'what it rests on', ...PROPERTIES],
      rows: rowsOf(strategy, result, exhibits),
    })
  }</div>
</details>`;
}

/** Environments of which nothing was run share a row with those of which that is so for the same reason. */
function rowsOf(strategy: StrategyResult, result: Result, exhibits: Exhibits): Content[][] {
  const parts = ENVIRONMENTS.flatMap((environment) =>
    partsOf(strategy).filter((part) => part.environment === environment),
  );
  const tried = environmentsTried(result);
  const reasons = new Map<NoVerdict, Environment[]>();
  for (const environment of ENVIRONMENTS) {
    if (parts.some((part) => part.environment === environment)) continue;
    const reason = withoutVerdict(strategy, environment, tried);
    reasons.set(reason, [...(reasons.get(reason) ?? []), environment]);
  }
  return [
    ...parts.map((part, i) => [
      {
        word: 'interleavings' in part ? part.environment : `${part.environment}, large`,
        // Parts of one environment stand together: the first is where its cell in the matrix leads.
        ...(parts[i - 1]?.environment !== part.environment && {
          id: exhibits.rowOf(strategy, part.environment),
        }),
      },
      restsOn(part),
      ...PROPERTIES.map((property) =>
        cellOf(part.properties[property], { strategy, part, property }, exhibits),
      ),
    ]),
    ...[...reasons].map(([reason, environments]) => [
      environments.join(', '),
      NO_VERDICTS[reason],
      ...PROPERTIES.map((): TableCell => ({ word: reason, kind: 'none' })),
    ]),
  ];
}

function restsOn(part: Part): string {
  if ('interleavings' in part) {
    const { interleavings, states, coverage, audited } = part;
    return `${coverage}: ${withSuperscripts(ordersText(BigInt(interleavings), states))}; ${audited} replayed over sockets`;
  }
  const purchases = Object.values(part.outcomes).reduce((sum, count) => sum + count, 0);
  return `sampled: ${plural(part.histories, 'sale')}, ${grouped(purchases)} purchases`;
}
