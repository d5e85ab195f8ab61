import { readFileSync } from 'node:fs';
import type { BenchResult } from '../../harness/documents/figures.ts';
import type { StrategyResult } from '../../harness/documents/result.ts';
import type { Session } from '../../harness/documents/session.ts';
import { forestPlot } from '../charts/throughput.ts';
import { percentileCurve } from '../charts/response.ts';
import { sessionText, sessionTitle, sessionVerdict } from '../text/session.ts';
import { Markup, markup } from './markup.ts';

/** Nothing is fetched and nothing is run, whatever a service may answer. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

const style = (): Markup =>
  new Markup(
    readFileSync(new URL(import.meta.resolve('#page/style.css')), 'utf8').replaceAll(/\n\s*/g, '\n'),
  );

/** Most curves in one chart that can be told apart. */
const CURVES = 5;

/** report.html of a bench or a storm: what its command shows, and charts of what strategies cost. */
export async function sessionPage(session: Session): Promise<string> {
  const { oversell, startedAt, status, command } = session;
  const title = sessionTitle(session);
  const verdict = sessionVerdict(session);
  const charts = session.kind === 'bench' ? await chartsOf(session.found) : [];
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${style()}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="note">${startedAt.slice(0, 10)} · oversell ${oversell} · ${session.found.environment.redis} · seed ${session.found.seed}</p>
${status !== 'complete' && markup`<p class="verdict bad">INCOMPLETE: this run is ${status}. This page shows what was known by then.</p>`}
${verdict !== undefined && markup`<p class="verdict ${verdict === 'holds' ? 'good' : 'bad'}">Verdict: ${verdict}.</p>`}
</header>
<main>
<section id="answer">
<pre>${sessionText(session)}</pre>
</section>
${charts}
<section id="again">
<h2>Run it again</h2>
<pre>${command}</pre>
</section>
</main>
</body>
</html>
`.text;
}

/** As on the page of a whole run; what is void is not drawn. */
async function chartsOf({ strategies, baseline }: BenchResult): Promise<Markup[]> {
  const measured = strategies.flatMap((row): StrategyResult[] => {
    if ('skipped' in row) return [];
    const nothing = { file: '', control: false, explored: [], environments: [] };
    return [{ name: row.strategy, summary: '', ...nothing, cost: row }];
  });
  const sound = measured
    .filter(({ cost }) => cost!.verdict === 'holds')
    .toSorted((a, b) => salesOf(b) - salesOf(a));
  const drawn = [
    ['Sales per second', await forestPlot(measured, baseline ?? '')],
    ['Response time', await percentileCurve(sound.slice(0, CURVES))],
  ] as const;
  return drawn.flatMap(([name, chart]) =>
    chart === undefined ? [] : [markup`<section><h2>${name}</h2>${chart}</section>`],
  );
}

const salesOf = ({ cost }: StrategyResult): number => cost?.salesPerSecond.median ?? 0;
