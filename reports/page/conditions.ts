import type { Result } from '../../harness/documents/result.ts';
import { notTested } from '../view/view.ts';
import { embeddedJson, markup, type Markup } from './markup.ts';
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
${result.notRun && markup`<p><b>Not run in this profile:</b> ${result.notRun.join(', ')}.</p>`}
<p><b>Not tested here:</b> ${notTested(result).join(', ')}.</p>
${result.error && markup`<p class="verdict bad">${result.error.message} ${result.error.remedy}</p>`}
<p>The run’s whole result is in this page as JSON, in the element <code>#result</code>: what every word and figure above is drawn from.</p>
<script type="application/json" id="result">${embeddedJson(result)}</script>
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
            requires.client.join(', ') || 'none',
            requires.supports.join(', ') || 'one unit at a time',
          ],
        ]
      : [],
  );
  if (rows.length === 0) return markup`<p>Not known: the run is of an older version.</p>`;
  return table({
    caption: 'What each strategy relies on',
    head: ['strategy', 'connection', 'server', 'client options', 'can do'],
    rows,
  });
}
