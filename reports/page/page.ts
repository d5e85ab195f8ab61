import { readFileSync } from 'node:fs';
import type { Result } from '../../harness/documents/result.ts';
import { Exhibits } from '../view/evidence.ts';
import { conditions } from './conditions.ts';
import { costs } from './costs.ts';
import { counterexamples } from './counterexamples.ts';
import { guarantees } from './guarantees.ts';
import { Markup, markup } from './markup.ts';
import { opening } from './opening.ts';

const style = (): Markup =>
  new Markup(
    readFileSync(new URL(import.meta.resolve('#page/style.css')), 'utf8').replaceAll(/\n\s*/g, '\n'),
  );

/** Nothing is fetched and nothing is run, whatever a result may hold. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

const PLACES = [
  ['answer', 'Answer'],
  ['questions', 'Ten questions'],
  ['guarantees', 'Guarantees'],
  ['cost', 'Cost'],
  ['counterexamples', 'Counterexamples'],
  ['requirements', 'What must be true'],
  ['conditions', 'Run it again'],
] as const;

/** report.html: one file, without script, that asks nothing of anybody. */
export async function page(result: Result): Promise<string> {
  const exhibits = new Exhibits(result);
  const { machine, seed, startedAt, status } = result;
  const cost = await costs(result);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark">
<title>oversell: can it sell what is not there?</title>
<style>${style()}</style>
</head>
<body>
<header>
<h1>oversell</h1>
<p>Can this code sell what is not there, or strand what is?</p>
<p class="note">${startedAt.slice(0, 10)} · oversell ${machine.oversell} · ${machine.redis} · Node ${machine.node} · seed ${seed}</p>
${status !== 'complete' && markup`<p class="verdict bad">INCOMPLETE: this run is ${status}. This page shows what was known by then.</p>`}
<nav aria-label="Parts of the report">${PLACES.map(([id, name]) => markup`<a href="#${id}">${name}</a>`)}</nav>
</header>
<main>
${opening(result, exhibits)}
${guarantees(result, exhibits)}
${cost}
${counterexamples(result, exhibits)}
${conditions(result)}
</main>
</body>
</html>
`.text;
}
