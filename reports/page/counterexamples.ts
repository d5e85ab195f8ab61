import { explained, remedyFor } from '../../harness/documents/explanation.ts';
import type { Result, StrategyResult } from '../../harness/documents/result.ts';
import type { Property } from '../../strategies/contract.ts';
import { ARROWS, diagram } from '../diagram/svg.ts';
import type { Exhibit, Exhibits } from '../view/evidence.ts';
import { atRestText } from '../view/at-rest.ts';
import { plural } from '../view/figures.ts';
import { evidenceTable, type CellEvidence } from '../view/view.ts';
import { BY_GRAVITY, EFFECTS } from '../view/words.ts';
import { CLASSES } from './guarantees.ts';
import { markup, type Markup } from './markup.ts';
import { scrolling, table } from './table.ts';

/** How each violation comes about, step by step, and what cures it. */
export function counterexamples({ strategies }: Result, exhibits: Exhibits): Markup {
  const shown = strategies.filter((strategy) => exhibits.of(strategy).length > 0);
  return markup`
<section id="counterexamples">
<h2>Counterexamples</h2>
${ARROWS}
${
  shown.length === 0
    ? markup`<p>Nothing was violated, so there is nothing to show.</p>`
    : markup`<p>Time runs down. A line is a buyer, the heavy one is Redis; an arrow to it is a command that it executes there and
then, an arrow back a reply that arrives. Right of it, the units that are left. ✂ a connection breaks, ✗ a process dies, ↻ the
client sends again by itself, ◇ a watched key was touched. In the run’s folder the command under a diagram runs it again, step
by step, on a real server.</p>`
}
${shown.map((strategy, i) => ofStrategy(strategy, exhibits, i === 0))}
</section>`;
}

const ofStrategy = (strategy: StrategyResult, exhibits: Exhibits, isFirst: boolean): Markup => markup`
<details class="strategy"${isFirst && markup` open`}><summary><b>${strategy.name}</b> <span>${plural(exhibits.of(strategy).length, 'way')} to break</span></summary>
${BY_GRAVITY.map((property) =>
  ofProperty(
    strategy,
    property,
    exhibits.of(strategy).filter((exhibit) => exhibit.property === property),
  ),
)}
</details>`;

const ofProperty = (
  { name }: StrategyResult,
  property: Property,
  exhibits: readonly Exhibit[],
): Markup | undefined =>
  exhibits.length === 0
    ? undefined
    : markup`<h4>${name}: ${EFFECTS[property]}</h4>
<div class="exhibits">${exhibits.map((exhibit, i) => figure(exhibit, i < MOST_DRAWN))}</div>
`;

/** The rest are variations, and a page of two dozen strategies has to be sent around. */
const MOST_DRAWN = 3;

function figure(exhibit: Exhibit, isDrawn: boolean): Markup {
  const { id, property, environments, kind, evidence } = exhibit;
  const { counterexample, message } = evidence;
  return markup`<figure id="${id}"><p><span class="${CLASSES[kind]}">${environments.join(', ')}</span> ${message}.${counterexample?.minimal === false && ' Not the shortest.'}</p>
${why(exhibit)}
${counterexample ? isDrawn && scrolling('Space-time diagram', diagram(counterexample)) : operations(property, evidence)}
${counterexample?.atRest && markup`<p class="note">${atRestText(counterexample.atRest)}</p>`}
${counterexample && markup`<figcaption><code>oversell replay ${counterexample.file}</code></figcaption>`}</figure>
`;
}

/** What brought it about, where an interleaving shows that, and what cures it. */
function why({ property, evidence: { message, counterexample } }: Exhibit): Markup {
  if (!counterexample) return markup`<p class="note"><b>Remedy:</b> ${remedyFor(property)}.</p>`;
  const { because, remedy } = explained({ property, message, steps: counterexample.steps });
  return markup`<p class="note"><b>Cause:</b> ${because}.<br><b>Remedy:</b> ${remedy}.</p>`;
}

/** Seen in a large sale: who asked when, and what they were told. */
function operations(property: Property, evidence: CellEvidence): Markup | undefined {
  if (evidence.operations.length === 0) return undefined;
  const { head, rows } = evidenceTable(evidence);
  return table({ caption: `Operations that show ${property}`, head, rows, figures: [1, 2, 3, 5] });
}
