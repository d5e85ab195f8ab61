import type { BenchRow } from '../../harness/documents/figures.ts';
import type { Result, StrategyResult } from '../../harness/documents/result.ts';
import type { Room } from '../charts/chart.ts';
import { courseChart } from '../charts/course.ts';
import { offeredLoad, percentileCurve } from '../charts/response.ts';
import { forestPlot, phases } from '../charts/throughput.ts';
import {
  comparison,
  grouped,
  intervalText,
  known,
  list,
  ms,
  perSale,
  plural,
  ratioText,
  strategiesText,
} from '../view/figures.ts';
import { matrixOf } from '../view/matrix.ts';
import { bySpeed, drawn } from '../view/safety.ts';
import { markup, type Markup } from './markup.ts';
import { scrolling, table } from './table.ts';

/** What a sale costs, in time and in work; void for what sells units that do not exist. */
export async function costs(result: Result): Promise<Markup> {
  const measured = matrixOf(result).rows.flatMap(({ strategy }) => (strategy.cost ? [strategy] : []));
  if (measured.length === 0)
    return section(markup`<p class="note">Not measured: no figures in this run.</p>`);
  const curves = drawn(result);
  const others = [
    responses(curves, await forEachRoom((room) => percentileCurve(curves, room))),
    offered(curves, await forEachRoom((room) => offeredLoad(curves, room))),
    inPhases(measured, await forEachRoom((room) => phases(measured, room))),
    price(measured),
  ];
  const baseline = result.session?.baseline ?? '';
  const plot = await forEachRoom((room) => forestPlot(measured, baseline, room));
  return section(markup`<div class="pair"><div>${throughput(result, plot)}</div>
<div><h3>How it was measured</h3>${method(result, measured)}${ceiling(result)}</div></div>
<div class="measurements"><div class="pair">${others.map((block) => block && markup`<div>${block}</div>`)}</div>
${await courses(curves)}</div>
<p class="paper note">Response times, offered load, the drain phase, outcomes and single sales over time are folded here. The page has them.</p>`);
}

const section = (inside: Markup): Markup => markup`
<section id="cost">
<h2>Cost</h2>
${inside}
</section>`;

/** How it was measured, before any figure. */
function method({ session }: Result, measured: readonly StrategyResult[]): Markup {
  const rows = measured.map(({ cost }) => cost!);
  const [first] = rows as [BenchRow];
  const counted = rows.filter(({ verdict }) => verdict === 'holds');
  const held = counted.filter(({ bottleneck }) => bottleneck === 'client').map(({ strategy }) => strategy);
  const control = session?.control ?? undefined;
  return markup`<ul class="method">
<li>Closed loop: the next request waits for the last response. ${first.inFlight} in flight, ${plural(first.trials, 'trial')}${
    session ? ` of ${session.secondsPerTrial} s each, in turns, in an order drawn from the seed` : ''
  }. Figures of one machine in one run; they say nothing about another.</li>
${first.trials < 5 && markup`<li>One trial has no interval, so nothing is compared here: <code>evaluate --profile full</code> measures in turns.</li>`}
${
  control &&
  markup`<li>${control.strategy} against itself: ${ratioText(control.ratio)}, n = ${control.trials}: ${
    control.ratio.low === null
      ? 'too few trials for an interval'
      : control.differs
        ? markup`<b>differs</b>. Something else disturbed this session: do not trust its ratios`
        : 'no detectable difference, as it should be'
  }.</li>`
}
${counted.some(({ ratioToBaseline }) => ratioToBaseline.low !== null) && markup`<li>A ratio compares two strategies within each round, and is told for all rounds together (Hodges–Lehmann, 95 % interval). It need not be the quotient of the two medians.</li>`}
${counted.length < rows.length && markup`<li>Void: the strategy broke a property in the measured sales, so that its speed says nothing.</li>`}
${held.length > 0 && markup`<li>The client, not Redis, was the bottleneck of ${list(held)}: the server may do more.</li>`}
</ul>`;
}

/** The chart as a desk has room for it, and as a phone has; the page shows one of them. */
async function forEachRoom(draw: (room: Room) => Promise<Markup | undefined>): Promise<Markup | undefined> {
  const [desk, phone] = [await draw('desk'), await draw('phone')];
  return desk && markup`<div class="desk">${desk}</div><div class="phone">${phone}</div>`;
}

const figure = (chart: Markup, label: string): Markup => markup`<figure>${scrolling(label, chart)}</figure>`;

/** Beside a chart, what it was drawn from. */
const behind = (inside: Markup, classes = 'note'): Markup =>
  markup`<details class="${classes}"><summary>The same as a table</summary>${inside}</details>`;

function throughput(result: Result, plot: Markup | undefined): Markup {
  const baseline = result.session?.baseline;
  const fastestFirst = bySpeed(result.strategies);
  const others = result.strategies.filter((one) => !fastestFirst.includes(one));
  const rows = [...fastestFirst, ...others].flatMap(({ name, cost }) =>
    cost ? [throughputRow(name, cost)] : [],
  );
  const figures = table({
    caption: `Sales per second${baseline === null || baseline === undefined ? '' : `, and as a multiple of ${baseline}`}; medians with their 95 % intervals`,
    head: [
      'strategy',
      'sales/s',
      `against ${baseline ?? 'a baseline'}`,
      'response p50, ms',
      'p99, ms',
      'bottleneck',
    ],
    rows,
    figures: [1, 2, 3, 4],
    stacks: true,
  });
  return markup`<h3 id="throughput">Sales per second</h3>
${plot ? figure(plot, `Sales per second against ${baseline}`) : markup`<p class="note">Nothing to compare: one strategy, one trial, or figures that are void.</p>`}
${plot ? behind(figures, 'note printed') : figures}`;
}

function throughputRow(name: string, cost: BenchRow): string[] {
  if (cost.verdict !== 'holds') {
    return [name, 'void', 'void', 'void', 'void', `${cost.verdict} in the measured sales`];
  }
  return [
    name,
    intervalText(cost.salesPerSecond, grouped),
    cost.ratioToBaseline.median === null ? '–' : comparison(cost.ratioToBaseline),
    known(cost.responseMs.p50, ms),
    known(cost.responseMs.p99, ms),
    cost.bottleneck ?? 'not measured',
  ];
}

function responses(strategies: readonly StrategyResult[], curve: Markup | undefined): Markup | undefined {
  if (!curve) return undefined;
  const [longest] = strategies.map(({ cost }) => cost!.responseCurve).toSorted((a, b) => b.length - a.length);
  const shares = longest!.map(({ share }) => share);
  return markup`<h3 id="response">Response time</h3>
<p class="note">Of the safest ${strategiesText(strategies.length)}, while units last, all trials together. A closed loop at its capacity: the waits are those of a saturated system, not those at a lower load.${shortCurves(strategies)}</p>
${figure(curve, 'Percentile curve of the response time')}
${behind(
  table({
    caption: 'Response time in ms, of so many of the buyers at most',
    head: ['strategy', ...shares.map((share) => `${Number((share * 100).toFixed(3))} %`)],
    rows: strategies.map(({ name, cost }) => [
      name,
      ...shares.map((share) => known(cost!.responseCurve.find((point) => point.share === share)?.ms, ms)),
    ]),
    figures: shares.map((_, i) => i + 1),
  }),
)}`;
}

/** A percentile is only told of enough purchases. */
function shortCurves(strategies: readonly StrategyResult[]): string {
  const ends = strategies.map(({ name, cost }) => ({ name, length: cost!.responseCurve.length }));
  const longest = Math.max(...ends.map(({ length }) => length));
  const short = ends.filter(({ length }) => length < longest).map(({ name }) => name);
  return short.length === 0
    ? ''
    : ` The line of ${list(short)} ends early: too few purchases were measured for more.`;
}

/** Nothing is drawn of whom no p99 is known at any rate. */
function undrawn(strategies: readonly StrategyResult[]): string {
  const without = strategies.filter(({ offered: load }) =>
    (load?.points ?? []).every((point) => point.saturated || point.responseMs.p99 === null),
  );
  return without.length === 0
    ? ''
    : ` No line for ${list(without.map(({ name }) => name))}: too few purchases for a p99.`;
}

function offered(strategies: readonly StrategyResult[], chart: Markup | undefined): Markup {
  const heading = markup`<h3 id="offered">Offered load</h3>`;
  if (!chart)
    return markup`${heading}<p class="note">Not measured in this profile: <code>evaluate --profile full</code> offers rates up to the capacity.</p>`;
  const rows = strategies.flatMap(({ name, offered: load }) =>
    (load?.points ?? []).map((point) => [
      name,
      grouped(point.ratePerSecond),
      `${Math.round((100 * point.ratePerSecond) / load!.capacity)} %`,
      ...(point.saturated
        ? ['saturated', 'saturated']
        : [known(point.responseMs.p50, ms), known(point.responseMs.p99, ms)]),
      grouped(point.unsent),
    ]),
  );
  return markup`${heading}
<p class="note">Open loop: buyers arrive at random (Poisson), whether or not others have been served, and wait from their arrival on. Measured of ${list(strategies.map(({ name }) => name))}: those that break in the fewest environments, and of these the fastest.${undrawn(strategies)}</p>
${figure(chart, 'Response time p99 against the offered load')}
${behind(
  table({
    caption: 'Response time by rate of arrivals',
    head: ['strategy', 'arrivals/s', 'of capacity', 'p50 ms', 'p99 ms', 'unsent'],
    rows,
    figures: [1, 2, 3, 4, 5],
    stacks: true,
  }),
)}`;
}

/** The selling phase and the drain phase apart. */
function inPhases(strategies: readonly StrategyResult[], chart: Markup | undefined): Markup {
  const heading = markup`<h3 id="phases">While units last, and after</h3>`;
  if (!chart)
    return markup`${heading}<p class="note">Not measured in this profile: <code>evaluate --profile full</code> sells a sale to its end.</p>`;
  const rows = strategies.flatMap(({ name, course }) =>
    course
      ? [
          [
            name,
            known(course.salesPerSecond, grouped),
            known(course.sellingResponseMs.p50, ms),
            known(course.sellingResponseMs.p99, ms),
            known(course.refusalsPerSecond, grouped),
            known(course.drainResponseMs.p50, ms),
            known(course.drainResponseMs.p99, ms),
          ],
        ]
      : [],
  );
  return markup`${heading}
<p class="note">One sale each, sold from its first unit to well after its last.</p>
${figure(chart, 'Sales per second while units last, refusals per second after')}
${behind(
  table({
    caption: 'Selling phase and drain phase of one sale',
    head: ['strategy', 'sales/s', 'p50 ms', 'p99 ms', 'refusals/s', 'p50 ms', 'p99 ms'],
    rows,
    figures: [1, 2, 3, 4, 5, 6],
  }),
)}`;
}

async function courses(strategies: readonly StrategyResult[]): Promise<Markup | undefined> {
  const drawnOnes = strategies.filter(({ course }) => course);
  if (drawnOnes.length === 0) return undefined;
  const charts: Markup[] = [];
  for (const strategy of drawnOnes) {
    const chart = await courseChart(strategy);
    if (chart) charts.push(markup`<figure>${scrolling(`${strategy.name} over one sale`, chart)}</figure>`);
  }
  return markup`<h3 id="course">One sale over time</h3>
<p class="note">Coloured: sales per second, units left, response p99. Grey: refusals per second, response p50. Dashed: the last unit is sold. A percentile is drawn where enough was measured for it.</p>
<div class="multiples">${charts}</div>
${behind(markup`${drawnOnes.map(courseTable)}`)}`;
}

const courseTable = ({ name, course }: StrategyResult): Markup =>
  table({
    caption: `${name}: windows of ${known(course!.windowMs, ms)} ms`,
    head: ['until s', 'sold', 'refused', 'left', 'p50 ms', 'p99 ms'],
    rows: course!.windows.map(({ sold, refused, left, p50Ms, p99Ms }, i) => [
      (((i + 1) * course!.windowMs) / 1e3).toFixed(1),
      grouped(sold),
      grouped(refused),
      grouped(left),
      known(p50Ms, ms),
      known(p99Ms, ms),
    ]),
    figures: [1, 2, 3, 4, 5],
  });

function price(strategies: readonly StrategyResult[]): Markup {
  const rows = strategies.flatMap(({ name, cost, course }) => {
    if (cost!.verdict !== 'holds')
      return [[name, 'void', 'void', 'void', 'void', 'void', 'void', 'void', 'void']];
    const outcomes = course?.outcomes;
    const count = (of: 'sold' | 'sold-out'): string => (outcomes ? grouped(outcomes[of]) : '–');
    return [
      [
        name,
        known(cost!.commandsPerSale, perSale),
        known(cost!.roundTripsPerSale, perSale),
        known(cost!.retriesPerSale, perSale),
        known(cost!.responseMs.max, ms),
        count('sold'),
        count('sold-out'),
        grouped(cost!.gaveUp),
        grouped(cost!.unknown),
      ],
    ];
  });
  return markup`<h3 id="price">Outcomes, and work per sale</h3>
${table({
  caption:
    'Per sale, of the selling phase; outcomes of the sale that was sold to its end; gave up and unknown of all trials',
  head: [
    'strategy',
    'commands',
    'packets',
    'attempts again',
    'slowest ms',
    'sold',
    'sold out',
    'gave up',
    'unknown',
  ],
  rows,
  figures: [1, 2, 3, 4, 5, 6, 7, 8],
})}`;
}

function ceiling({ session }: Result): Markup {
  const heading = markup`<h3 id="ceiling">The ceiling in the same rounds</h3>`;
  if (!session || session.ceiling.length === 0) {
    return markup`${heading}<p class="note">Not measured in this profile.</p>`;
  }
  return markup`${heading}${table({
    caption:
      'Operations per second on one key, by a client that does nothing else; a strategy that puts several purchases into one command or one packet may exceed the figure without pipelining',
    head: ['command', 'by', 'in flight', 'pipelining', 'operations/s'],
    rows: session.ceiling.map(({ command, tool, inFlight, pipeline, opsPerSecond }) => [
      command,
      tool,
      grouped(inFlight),
      pipeline === 1 ? 'none' : `${pipeline} in a pipeline`,
      known(opsPerSecond, grouped),
    ]),
    figures: [2, 4],
  })}`;
}
