import type { BenchResult } from '../../harness/documents/figures.ts';
import type { StrategyResult } from '../../harness/documents/result.ts';
import type { Session } from '../../harness/documents/session.ts';
import { forestPlot } from '../charts/throughput.ts';
import { percentileCurve } from '../charts/response.ts';
import { sessionText, sessionTitle, sessionVerdict } from '../text/session.ts';
import { framed } from './frame.ts';
import { markup, type Markup } from './markup.ts';

/** Nothing is fetched and nothing is run, whatever a service may answer. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** Most curves in one chart that can be told apart. */
const CURVES = 5;

/** report.html of a bench or a storm: what its command shows, and charts of what strategies cost. */
export async function sessionPage(session: Session): Promise<string> {
  const { oversell, startedAt, status, command } = session;
  const title = sessionTitle(session);
  const verdict = sessionVerdict(session);
  const charts = session.kind === 'bench' ? await chartsOf(session.found) : [];
  const body = markup`<header>
<h1>${title}</h1>${verdict !== undefined && markup`<p class="badge ${verdict === 'holds' ? 'good' : 'bad'}">${verdict}</p>`}
<p class="meta run">${startedAt.slice(0, 10)} · oversell ${oversell} · ${session.found.environment.redis} · seed ${session.found.seed}</p>
</header>
<main>
${status !== 'complete' && markup`<p class=\"findings\">INCOMPLETE: this run is ${status}. This page shows what was known by then.</p>`}
<section id="answer">
<pre>${sessionText(session)}</pre>
</section>
${charts}
<section id="again">
<h2>Run it again</h2>
<pre>${command}</pre>
</section>
</main>`;
  return framed({ title, policy: POLICY, body });
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
