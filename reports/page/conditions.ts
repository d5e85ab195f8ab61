import { gzipSync } from 'node:zlib';
import type { Result } from '../../harness/documents/result.ts';
import { markup, type Markup } from './markup.ts';
import { table } from './table.ts';

/** What must be true where a strategy runs, what was true here, and how to do it all again. */
export function conditions(result: Result): Markup {
  const { machine, seed, startedAt, elapsedMs, command, status, profile, session } = result;
  return markup`
<section id="requirements">
<h2>What must be true</h2>
${requirements(result)}
</section>
<section id="conditions">
<h2>What was run, and how to run it again</h2>
${table({
  caption: 'The run',
  head: ['', ''],
  rows: [
    ['status', status],
    ['started', startedAt],
    ['took', `${Math.round(elapsedMs / 1000)} s`],
    ['profile', profile],
    ['seed', String(seed)],
    ['oversell', machine.oversell],
    ['server', machine.redis],
    ['Node', machine.node],
    ['machine', `${machine.platform}, ${machine.cpus}`],
    ...(session ? [['round trip', `${session.roundTripMs.toFixed(3)} ms, one PING after another`]] : []),
  ],
})}
<p>The same again:</p>
<pre><code>${command}</code></pre>
<p>This page again, from the run’s folder: <code>oversell report &lt;folder&gt;</code>. One counterexample again:
<code>oversell replay &lt;folder&gt;/counterexamples/&lt;file&gt;</code>.</p>
${result.error && markup`<p class="verdict bad">${result.error.message} ${result.error.remedy}</p>`}
<p>The run’s whole result, what every word and figure above is drawn from:
<a id="result" download="result.json.gz" href="data:application/gzip;base64,${compressed(result)}">result.json.gz</a>.</p>
</section>`;
}

function requirements({ strategies }: Result): Markup {
  const rows = strategies.flatMap(({ name, requires }) =>
    requires
      ? [
          [
            name,
            requires.connection === 'exclusive' ? 'one for each purchase' : 'shared',
            [
              ...requires.commands,
              ...(requires.minRedis === undefined ? [] : [`Redis ${requires.minRedis}`]),
            ].join(', ') || 'any that has its commands',
            requires.client.join(', ') || 'defaults',
            requires.supports.join(', ') || 'one unit at a time',
          ],
        ]
      : [],
  );
  if (rows.length === 0) return markup`<p>Not known: the run is of an older version.</p>`;
  return table({
    caption: 'What each strategy relies on',
    head: ['strategy', 'connection', 'server', 'client options it sets', 'can do'],
    rows,
    stacks: true,
  });
}

/** As a file that the page hands out: ten times smaller, and the same bytes for the same result. */
const compressed = (result: Result): string =>
  gzipSync(JSON.stringify(result), { level: 9 }).toString('base64');
