import type { Result } from '../../harness/documents/result.ts';
import { questionsOf } from '../questions/ten.ts';
import type { Question } from '../questions/question.ts';
import { withSuperscripts } from '../view/figures.ts';
import { markup, type Markup } from './markup.ts';
import { unbroken } from './table.ts';

/** The ten things that people ask, each answered in at most two sentences, and who and where folded behind them. */
export const questions = (result: Result): Markup => markup`
<section id="questions">
<h2>Ten questions</h2>
<p class="note">Controls are left out wherever strategies are counted or named.</p>
<ol class="questions">${questionsOf(result).map(question)}</ol>
</section>`;

const MEASURED: Record<Question['measured'], Markup | false> = {
  yes: false,
  partly: markup` <span class="state">partly measured</span>`,
  no: markup` <span class="state">not measured</span>`,
};

/** The number is a link to where it is told in full. */
const question = (
  { question: asked, answer, details, measured, anchor }: Question,
  i: number,
): Markup => markup`
<li id="question-${i + 1}"><a class="number" href="#${anchor}" aria-label="Question ${i + 1}: where it is told in full">${i + 1}</a>
<div><h3>${asked}${MEASURED[measured]}</h3>${
  answer.length > 0 &&
  markup`<p>${answer.map((sentence) => markup`${unbroken(withSuperscripts(capitalised(sentence)))} `)}</p>`
}${
  details.length > 0 &&
  markup`<details><summary>Who, and where</summary><ul>${details.map(({ label, text }) => markup`<li><b>${label}:</b> ${withSuperscripts(text)}</li>`)}</ul></details>`
}</div></li>`;

/** A sentence may begin with a count in words. */
const capitalised = (sentence: string): string => sentence.replace(/^none /, 'None ');
