import type {
  Cell as Judged,
  EnvironmentResult,
  ExploredResult,
  Result,
  StrategyResult,
} from '../../harness/documents/result.ts';
import { ENVIRONMENTS, PROPERTIES, type Environment, type Property } from '../../strategies/contract.ts';
import type { Exhibits } from '../view/evidence.ts';
import { grouped, interleavingsText, plural, withSuperscripts } from '../view/figures.ts';
import { anchorOf } from '../questions/question.ts';
import {
  environmentsTried,
  exploredIn,
  partsOf,
  exploredScopes,
  strategyNote,
  EXPLORED_TITLE,
} from '../view/view.ts';
import { EFFECTS, effectOf, harmless, kindOf, worstOf, type Kind } from '../view/words.ts';
import { markup, type Markup } from './markup.ts';
import { table, type TableCell, type Content } from './table.ts';

/** How a cell is told apart, beside its words. */
export const CLASSES: Record<Kind, string> = {
  holds: 'holds',
  declared: 'weak',
  undeclared: 'found',
  contradicted: 'broken',
  open: 'open',
  'n/a': 'none',
};
type Part = ExploredResult | EnvironmentResult;

const UNVERIFIED: TableCell = { word: 'unverified', kind: 'none' };
const NOT_OFFERED: TableCell = { word: 'n/a', kind: 'none' };

/** Who keeps what where: first the worst of each environment, then every property of every strategy. */
export const guarantees = (result: Result, exhibits: Exhibits): Markup => markup`
<section id="guarantees">
<h2>Guarantees</h2>
<p>${exploredIn(result).length > 0 ? `${EXPLORED_TITLE}, on a real Redis; then large` : 'Nothing was explored; large'} sales under real concurrency.
A cell tells the gravest of seven properties, and leads to what shows it.</p>
${overview(result, exhibits)}
${LEGEND}
<h3>Every property of every strategy</h3>
${result.strategies.map((strategy) => details(strategy, exhibits))}
<details class="note"><summary>What was sold in the large sales</summary><ul>${exploredScopes(result).map((line) => markup`<li>${line}</li>`)}</ul></details>
</section>`;

const LEGEND = markup`<ul class="legend">
<li><span class="holds">holds</span> in every interleaving of the scope</li>
<li><span class="sampled">holds</span> in what was looked at: a sample, or as much as a budget allowed</li>
<li><span class="weak">sells twice</span> a weakness that the strategy declares; the link shows how</li>
<li><span class="found">SELLS TWICE</span> one of which it says nothing: the run fails, unless it was to find out (<code>--discover</code>)</li>
<li><span class="broken">SELLS TWICE</span> one where it declares the contrary: the run fails</li>
<li><span class="open">undecided</span> the budget was spent; never counts as passed</li>
<li><span class="none">unverified</span> nothing was run there</li>
<li><span class="none">n/a</span> the strategy does not offer what is asked for there, or nothing is to be said</li>
</ul>`;

/** Environments where nothing was run for anybody share one column. */
function overview(result: Result, exhibits: Exhibits): Markup {
  const tried = environmentsTried(result);
  const untried = ENVIRONMENTS.filter((environment) => !tried.includes(environment));
  return table({
    caption: 'The gravest that each strategy shows in each environment',
    head: [
      'strategy',
      ...tried.map((environment) => ({ text: environment.replaceAll('-', ' '), id: anchorOf(environment) })),
      ...(untried.length > 0
        ? [untried.map((environment) => environment.replaceAll('-', ' ')).join(', ')]
        : []),
    ],
    rows: result.strategies.map((strategy) => [
      { word: strategy.name, to: exhibits.idOf(strategy), note: note(strategy) },
      ...tried.map((environment) => overviewCell(strategy, environment, exhibits)),
      ...(untried.length > 0 ? [UNVERIFIED] : []),
    ]),
  });
}

function note(strategy: StrategyResult): string | undefined {
  const said = strategyNote(strategy);
  return said === '' ? undefined : said;
}

function overviewCell(strategy: StrategyResult, environment: Environment, exhibits: Exhibits): TableCell {
  const parts = partsOf(strategy).filter((part) => part.environment === environment);
  const [first] = parts;
  if (!first) return wasPassedOver(strategy, environment) ? NOT_OFFERED : UNVERIFIED;
  const cells = parts.map(({ properties }) => properties);
  const worst = worstOf(cells);
  if (worst) return cellOf(worst.cell, { strategy, part: first, property: worst.property }, exhibits);
  const word = harmless(cells);
  if (word === 'n/a') return { word, kind: CLASSES['n/a'] };
  return { ...holding(first), ...(first.coverage !== 'exhausted' && { note: first.coverage }) };
}

/** Environments are explored in their order, and one is left out where the strategy does not offer what it asks for. */
const wasPassedOver = (strategy: StrategyResult, environment: Environment): boolean =>
  (strategy.explored ?? []).some(
    (later) => ENVIRONMENTS.indexOf(later.environment) > ENVIRONMENTS.indexOf(environment),
  );

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
function details(strategy: StrategyResult, exhibits: Exhibits): Markup {
  const { name, summary, skipped, notExplored, notSold } = strategy;
  const said = strategyNote(strategy);
  const why = skipped ?? notExplored;
  return markup`
<details class="strategy"><summary><b>${name}</b> <span>${said === '' ? summary : `${said} · ${summary}`}</span></summary>
<div id="${exhibits.idOf(strategy)}">${why !== undefined && markup`<p class="note">${skipped === undefined ? 'Not explored' : 'Skipped'}: ${why}</p>`}${notSold !== undefined && markup`<p class="note">Not sold at scale, and not measured: ${notSold}</p>`}${
    skipped === undefined &&
    table({
      caption: `${name}: property by environment`,
      head: ['environment', 'what it rests on', ...PROPERTIES],
      rows: rowsOf(strategy, exhibits),
    })
  }</div>
</details>`;
}

/** Environments where nothing was run share one row. */
function rowsOf(strategy: StrategyResult, exhibits: Exhibits): Content[][] {
  const parts = ENVIRONMENTS.flatMap((environment) =>
    partsOf(strategy).filter((part) => part.environment === environment),
  );
  const untried = ENVIRONMENTS.filter((one) => parts.every(({ environment }) => environment !== one));
  return [
    ...parts.map((part) => [
      'interleavings' in part ? part.environment : `${part.environment}, large`,
      restsOn(part),
      ...PROPERTIES.map((property) =>
        cellOf(part.properties[property], { strategy, part, property }, exhibits),
      ),
    ]),
    ...(untried.length > 0
      ? [[untried.join(', '), 'nothing was run', ...PROPERTIES.map(() => UNVERIFIED)]]
      : []),
  ];
}

function restsOn(part: Part): string {
  if ('interleavings' in part) {
    const { interleavings, coverage, audited } = part;
    const count = BigInt(interleavings);
    const noun = count === 1n ? 'interleaving' : 'interleavings';
    return `${coverage}: ${withSuperscripts(interleavingsText(count))} ${noun}; ${audited} replayed over sockets`;
  }
  const purchases = Object.values(part.outcomes).reduce((sum, count) => sum + count, 0);
  return `sampled: ${plural(part.histories, 'sale')}, ${grouped(purchases)} purchases`;
}
