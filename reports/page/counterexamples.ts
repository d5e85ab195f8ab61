import { remedyFor } from '../../harness/documents/explanation.ts';
import type { Result } from '../../harness/documents/result.ts';
import { diagram, withoutProduct } from '../diagram/table.ts';
import { causeGroups, sampledExhibits, type CauseGroup, type ExplainedExhibit } from '../view/causes.ts';
import type { Exhibits } from '../view/evidence.ts';
import { grouped, list, plural } from '../view/figures.ts';
import { evidenceTable, partsOf } from '../view/view.ts';
import { EFFECTS } from '../view/words.ts';
import { markup, type Markup } from './markup.ts';
import { table } from './table.ts';

/** How each violation comes about, step by step, and what cures it: by cause, what was not declared first. */
export function counterexamples(result: Result, exhibits: Exhibits): Markup {
  const groups = causeGroups(result, exhibits);
  const sampled = sampledExhibits(result, exhibits);
  const isNothing = groups.length + sampled.length === 0;
  return markup`
<section id="counterexamples">
<h2>How each fails</h2>
${
  isNothing
    ? markup`<p>Nothing was violated, so there is nothing to show.</p>`
    : markup`<p class="note">${counted(groups, sampled, result)} Each is the shortest interleaving that was found, run on a real Redis. Time runs down; a column is a buyer;
on the right stands what is left in stock. ✂ a connection breaks, ✗ a process dies, ↻ the client sends again by itself, ◇ a watched
key was touched, a dashed line is a message that is still under way. Keys are shown without their product: <code>stock</code> is
<code>{item}:stock</code>. The command under each runs it again, in the run’s folder, step by step on a real server.</p>
<div id="filter" class="filter" hidden></div>`
}
${groups.map(group)}
${sampled.length > 0 && inLargeSales(sampled)}
</section>`;
}

/** Cells, files and drawings are three counts: how one becomes the other. */
function counted(groups: readonly CauseGroup[], sampled: readonly unknown[], { strategies }: Result): string {
  const cells = strategies
    .flatMap(partsOf)
    .flatMap(({ properties }) => Object.values(properties))
    .filter(({ verdict }) => verdict === 'violated');
  const files = new Set(
    cells.flatMap(({ evidence }) => evidence.flatMap(({ counterexample }) => counterexample?.file ?? [])),
  );
  const shown = groups.reduce((sum, one) => sum + one.shown.length, 0);
  return [
    `${plural(cells.length, 'verdict')}, each on a property in an environment, ${cells.length === 1 ? 'is' : 'are'} violated, controls included.`,
    `${grouped(files.size)} have an interleaving in a file of their own.`,
    `The same steps in several environments are drawn once, which leaves ${plural(shown, 'counterexample')}.`,
    ...(sampled.length > 0
      ? [
          `${plural(sampled.length, 'violation')} ${sampled.length === 1 ? 'was' : 'were'} seen in large sales only.`,
        ]
      : []),
  ].join(' ');
}

/** The first is drawn for all; the others are variations, folded on the screen and left out on paper. */
function group({ cause, title, shown }: CauseGroup): Markup {
  const [first, ...others] = shown as [ExplainedExhibit, ...ExplainedExhibit[]];
  const names = [...new Set(others.map(({ strategy }) => strategy.name))];
  return markup`
<section class="cause" id="cause-${cause}">
<h3>${title} <span class="count">${plural(shown.length, 'counterexample')}</span></h3>
${article(first)}
${
  others.length > 0 &&
  markup`<details class="others"><summary>${others.length} more with this cause: ${list(names, 6)}</summary>
<div>${others.map(article)}</div></details>
<p class="paper note">${others.length} more with this cause are folded here: ${list(names, 6)}. The page has them.</p>`
}
</section>`;
}

/** What a filter of the page looks at. */
const marks = ({ strategy, exhibit }: Pick<ExplainedExhibit, 'strategy' | 'exhibit'>): Markup =>
  markup`data-strategy="${strategy.name}" data-property="${exhibit.property}" data-environments="${exhibit.environments.join(' ')}"`;

const heading = ({ strategy, exhibit }: Pick<ExplainedExhibit, 'strategy' | 'exhibit'>): Markup =>
  markup`<h4>${
    strategy.name
  } <span class="tag ${exhibit.property}">${EFFECTS[exhibit.property]}</span> <span class="where">${exhibit.environments.join(', ')}</span>${
    exhibit.kind !== 'declared' && markup` <strong class="alarm">not declared</strong>`
  }</h4>`;

function article(one: ExplainedExhibit): Markup {
  const { id, evidence } = one.exhibit;
  const counterexample = evidence.counterexample!;
  return markup`<article id="${id}" ${marks(one)}>${heading(one)}
<div class="shown">${diagram(counterexample)}
<div><p>${withoutProduct(evidence.message)}.${!counterexample.minimal && ' Not the shortest.'}</p>
<p><b>Cause</b> ${withoutProduct(one.because)}.</p>
<p><b>Remedy</b> ${one.remedy}.</p>
<p class="again"><code>oversell replay ${counterexample.file}</code></p></div></div></article>
`;
}

/** Seen in a large sale: who asked when, and what they were told. */
const inLargeSales = (sampled: readonly Pick<ExplainedExhibit, 'strategy' | 'exhibit'>[]): Markup => markup`
<section class="cause" id="sampled">
<h3>Seen in large sales only <span class="count">${plural(sampled.length, 'violation')}</span></h3>
<details class="others"><summary>${list([...new Set(sampled.map(({ strategy }) => strategy.name))], 6)}: who asked when, and what they were told</summary>
<div>${sampled.map((one) => {
  const { id, property, evidence } = one.exhibit;
  const { head, rows } = evidenceTable(evidence);
  return markup`<article id="${id}" ${marks(one)}>${heading(one)}
<p>${evidence.message}.</p>
${rows.length > 0 && table({ caption: `Operations that show ${property}`, head, rows, figures: [1, 2, 3, 5] })}
<p><b>Remedy</b> ${remedyFor(property)}.</p></article>
`;
})}</div></details>
</section>`;
