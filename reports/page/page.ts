import { createHash } from 'node:crypto';
import type { Result } from '../../harness/documents/result.ts';
import { badgeOf } from '../view/badge.ts';
import { Exhibits } from '../view/evidence.ts';
import { conditions } from './conditions.ts';
import { costs } from './costs.ts';
import { counterexamples } from './counterexamples.ts';
import { framed, read } from './frame.ts';
import { guarantees } from './guarantees.ts';
import { Markup, markup } from './markup.ts';
import { opening } from './opening.ts';
import { questions } from './questions.ts';

/** Nothing is fetched, and nothing is run but our own script, whatever a result may hold. */
const policyFor = (script: string): string =>
  `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`;

const PLACES = [
  ['cost', 'Cost'],
  ['questions', 'Ten questions'],
  ['counterexamples', 'How each fails'],
  ['guarantees', 'Every property'],
  ['requirements', 'What must be true'],
  ['conditions', 'Run it again'],
] as const;

/** report.html: one file that asks nothing of anybody. Its script only filters and copies: all is there without it. */
export async function page(result: Result): Promise<string> {
  const exhibits = new Exhibits(result);
  const { machine, seed, startedAt, status } = result;
  const cost = await costs(result);
  const script = read('script.js');
  const { tone, word, counts } = badgeOf(result);
  const body = markup`<header>
<h1>oversell</h1><p class="badge ${tone}">${word}</p><p class="meta" title="Of each strategy, property by environment">${counts.join(' · ')}</p>
<p class="meta run">${startedAt.slice(0, 10)} · ${machine.redis} · Node ${machine.node} · oversell ${machine.oversell} · seed ${seed}</p>
<nav aria-label="Parts of the report">${PLACES.map(([id, name]) => markup`<a href="#${id}">${name}</a>`)}</nav>
</header>
<main>
${status !== 'complete' && markup`<p class="findings">INCOMPLETE: this run is ${status}. This page shows what was known by then.</p>`}
${opening(result, exhibits)}
${cost}
${questions(result)}
${counterexamples(result, exhibits)}
${guarantees(result, exhibits)}
${conditions(result)}
</main>
<script>${new Markup(script)}</script>`;
  return framed({ title: 'oversell: can it sell what is not there?', policy: policyFor(script), body });
}
