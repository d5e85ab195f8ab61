import type { Result } from '../../harness/documents/result.ts';
import type { Exhibits } from '../view/evidence.ts';
import { grouped, interleavingsText, list, plural, withSuperscripts } from '../view/figures.ts';
import { questionsOf } from '../questions/ten.ts';
import type { Question } from '../questions/question.ts';
import { answer, tiersOf, type Tier } from '../view/safety.ts';
import {
  allInterleavings,
  coverageOf,
  environmentsTried,
  partsOf,
  purchasesOf,
  verdictLine,
} from '../view/view.ts';
import { kindOf } from '../view/words.ts';
import { markup, type Markup } from './markup.ts';

/** What somebody reads who has one minute. */
export const opening = (result: Result, exhibits: Exhibits): Markup => markup`
<section id="answer">
<h2>The answer</h2>
${answer(result).map((sentence, i) => markup`<p class="${i === 0 ? 'lead' : 'second'}">${sentence}</p>`)}
<p class="verdict ${isGood(result) ? 'good' : 'bad'}">${verdictLine(result)}.</p>
${result.findings.length > 0 && findings(result)}
${figures(result)}
${safeForWhat(result, exhibits)}
</section>
<section id="questions">
<h2>Ten questions</h2>
<ol class="questions">${questionsOf(result).map(question)}</ol>
</section>`;

/** What nobody has declared is never good news, also where it was only to be found out. */
const isGood = ({ findings: found, status, strategies }: Result): boolean =>
  found.length === 0 &&
  status === 'complete' &&
  !strategies.some((strategy) =>
    partsOf(strategy).some(({ properties }) =>
      Object.values(properties).some((cell) => kindOf(cell) === 'undeclared'),
    ),
  );

function findings({ findings: found }: Result): Markup {
  const lines = found.map(
    ({ strategy, environment, message }) =>
      markup`<li><b>${[strategy, environment].filter((part) => part !== undefined).join(', ')}</b>: ${message}</li>`,
  );
  return markup`<div class="findings"><h3>Why it does not pass</h3><ul>${lines}</ul></div>`;
}

/** How much was looked at. */
function figures(result: Result): Markup {
  const { strategies } = result;
  const run = strategies.filter(({ skipped }) => skipped === undefined);
  const environments = environmentsTried(result).length;
  const interleavings = allInterleavings(result);
  const shown = [
    [grouped(run.length), run.length === 1 ? 'strategy' : 'strategies'],
    [grouped(environments), environments === 1 ? 'environment' : 'environments'],
    ...(interleavings > 0n
      ? [[withSuperscripts(interleavingsText(interleavings)), `interleavings, ${coverageOf(result)}`]]
      : []),
    [grouped(strategies.reduce((sum, one) => sum + purchasesOf(one), 0)), 'purchases under real concurrency'],
  ];
  return markup`<ul class="figures">${shown.map(([value, what]) => markup`<li><b>${value}</b> ${what}</li>`)}</ul>`;
}

/** Who breaks where, those that break least first. */
function safeForWhat(result: Result, exhibits: Exhibits): Markup {
  const skipped = result.strategies.filter((one) => one.skipped !== undefined);
  return markup`<h3>Safe for what</h3>
<p class="note">By where they break; controls, which are known to be wrong, are left out.</p>
<ul class="tiers">${tiersOf(result).map((tier) => tierRow(tier, exhibits))}</ul>
${
  skipped.length > 0 &&
  markup`<p class="note">Skipped, and so neither safe nor unsafe: ${list(
    skipped.map(({ name, skipped: why }) => `${name} (${why})`),
    20,
  )}.</p>`
}`;
}

function tierRow({ strategies, broken, open, held, fastest }: Tier, exhibits: Exhibits): Markup {
  const names = strategies.map((one) => markup`<a href="#${exhibits.idOf(one)}">${one.name}</a> `);
  const words = [
    ...broken.map(({ environment, effects }) => markup`<b>${environment}</b> ${effects.join(', ')}`),
    ...open.map((environment) => markup`<b>${environment}</b> undecided`),
  ];
  const speed = fastest?.cost?.salesPerSecond.median ?? null;
  return markup`<li><p class="names">${names}</p>
<ul>${words.length === 0 ? markup`<li class="good">breaks nowhere that was tried</li>` : words.map((word) => markup`<li>${word}</li>`)}</ul>
<p>${plural(held.length, 'environment')} held${speed !== null && `; up to ${grouped(speed)} sales/s${strategies.length > 1 ? ` (${fastest!.name})` : ''}`}</p></li>
`;
}

const MEASURED: Record<Question['measured'], Markup | false> = {
  yes: false,
  partly: markup` <span class="tag">partly measured</span>`,
  no: markup` <span class="tag">not measured yet</span>`,
};

/** The number is a link to where it is told in full. */
const question = (
  { question: asked, answer: parts, measured, anchor }: Question,
  i: number,
): Markup => markup`
<li id="question-${i + 1}"><a class="number" href="#${anchor}" aria-label="Question ${i + 1}: where it is told in full">${i + 1}</a>
<div><h3>${asked}${MEASURED[measured]}</h3>${parts.length > 0 && markup`<ul>${parts.map(({ label, text }) => markup`<li><b>${label}:</b> ${withSuperscripts(text)}</li>`)}</ul>`}</div></li>`;
