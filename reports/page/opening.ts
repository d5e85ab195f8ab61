import { EXPLORED } from '../../harness/documents/environments.ts';
import type { Result } from '../../harness/documents/result.ts';
import { ENVIRONMENTS } from '../../strategies/contract.ts';
import type { Exhibits } from '../view/evidence.ts';
import { list, ordersText, plural, strategiesText, withSuperscripts } from '../view/figures.ts';
import { answer } from '../view/safety.ts';
import {
  allInterleavings,
  allStates,
  coverageOf,
  environmentsTried,
  notTested,
  partsOf,
  purchasesOf,
  verdictLine,
} from '../view/view.ts';
import { matrix } from './matrix.ts';
import { markup, type Markup } from './markup.ts';

/** What somebody reads who has ten seconds: does it pass, who is safe, and the matrix. */
export const opening = (result: Result, exhibits: Exhibits): Markup => markup`
<section id="answer" aria-label="The answer">
${answerText(result)}
${result.findings.length > 0 && findings(result)}
<p class="note">${verdictLine(result)} · ${lookedAt(result).join(' · ')}</p>
</section>
${matrix(result, exhibits)}
<p class="note">${leftOut(result)}${result.notRun && ` Not run in this profile: ${list(result.notRun, 40)}.`}</p>
${GLOSSARY}`;

/** Words of the field, and ours, that somebody who runs a shop need not know. */
const WORDS: readonly (readonly [word: string, meaning: string])[] = [
  ['strategy', 'code that sells the units of a product'],
  [
    'declared',
    'what the author of a strategy says of it in its file: which property holds in which environment',
  ],
  ['control', 'a strategy that is wrong on purpose, to show that the run finds what is wrong'],
  ['strands', 'units are left that nobody has and nobody can buy'],
  [
    'orders in states',
    'so many orders of commands and faults are possible; many lead to the same states, and each state was visited',
  ],
  ['exhausted', 'every order of the small sale was covered, none left out'],
  [
    'replayed over sockets',
    'orders that were run once more over real connections, as a check of the exploration itself',
  ],
  ['ledger', 'the strategy’s own list of who bought what'],
  ['hostile input', 'requests that make no sense, or come twice at once'],
  ['drain', 'what comes after the last unit is sold: only refusals'],
  ['office', 'the back office: a process without buyers, which puts units on sale and does background work'],
];

const GLOSSARY = markup`<details class="note"><summary>What the words mean</summary><ul>${WORDS.map(
  ([word, meaning]) => markup`<li><b>${word}</b>: ${meaning}</li>`,
)}</ul></details>`;

/** Nobody is to take what was not run for safe, nor to wait for what cannot be run. */
function leftOut(result: Result): string {
  const left = notTested(result);
  const [never, here] = [true, false].map((is) => left.filter((one) => UNVERIFIABLE.has(one) === is));
  return [
    `Not run here: ${list(here!, 20) || 'nothing was left out'}.`,
    ...(never!.length === 0 ? [] : [`Unverified, as no run of this version can show it: ${list(never!)}.`]),
  ].join(' ');
}

const UNVERIFIABLE: ReadonlySet<string> = new Set(
  ENVIRONMENTS.filter((one) => !EXPLORED.some((other) => other === one)),
);

function answerText(result: Result): Markup {
  const names = result.strategies.flatMap(({ name }) => (name === '' ? [] : [name]));
  const longestFirst = names.toSorted((a, b) => b.length - a.length);
  const [lead, ...others] = answer(result).map((sentence) => unbroken(sentence, longestFirst));
  return markup`<p class="lead">${lead}</p>${others.length > 0 && markup`<p>${others.map((sentence) => markup`${sentence} `)}</p>`}`;
}

/** Names of strategies are not broken at their hyphens. */
function unbroken(sentence: string, [name, ...others]: readonly string[]): Markup {
  if (name === undefined) return markup`${sentence}`;
  const parts = sentence.split(name).map((part) => unbroken(part, others));
  return markup`${parts.map((part, i) => markup`${i > 0 && markup`<span class="name">${name}</span>`}${part}`)}`;
}

/** Most findings that are told before the rest is folded. */
const MOST_FINDINGS = 4;

function findings({ findings: found }: Result): Markup {
  const lines = found.map(
    ({ strategy, environment, message }) =>
      markup`<li><b>${[strategy, environment].filter((part) => part !== undefined).join(', ')}</b>: ${message}</li>`,
  );
  const more = lines.slice(MOST_FINDINGS);
  return markup`<div class="findings"><h2>Why it does not pass</h2><ul>${lines.slice(0, MOST_FINDINGS)}</ul>${
    more.length > 0 && markup`<details><summary>${more.length} more</summary><ul>${more}</ul></details>`
  }</div>`;
}

/** How much was looked at. */
function lookedAt(result: Result): string[] {
  const { strategies } = result;
  const run = strategies.filter((strategy) => partsOf(strategy).length > 0).length;
  const environments = environmentsTried(result).length;
  const interleavings = allInterleavings(result);
  const orders = withSuperscripts(ordersText(interleavings, allStates(result)));
  return [
    run === strategies.length ? strategiesText(run) : `${run} of ${strategiesText(strategies.length)}`,
    plural(environments, 'environment'),
    ...(interleavings > 0n ? [`${orders}, ${coverageOf(result)}`] : []),
    `${plural(
      strategies.reduce((sum, one) => sum + purchasesOf(one), 0),
      'purchase',
    )} under load`,
  ];
}
