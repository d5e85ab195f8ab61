import { expect, test } from 'vitest';
import { courseChart } from '../../reports/charts/course.ts';
import { offeredLoad, percentileCurve } from '../../reports/charts/response.ts';
import { forestPlot, phases } from '../../reports/charts/throughput.ts';
import { diagram } from '../../reports/diagram/table.ts';
import { timeline } from '../../reports/diagram/text.ts';
import { markdown } from '../../reports/markdown.ts';
import type { Markup } from '../../reports/page/markup.ts';
import { bySpeed } from '../../reports/view/safety.ts';
import { partsOf } from '../../reports/view/view.ts';
import { PROPERTIES } from '../../strategies/contract.ts';
import { measuredResult } from '../helpers/measured-result.ts';

/**
 * What is drawn, as files that a person can look at: `vitest run -u properties/reports/report-golden.test.ts` writes them anew,
 * and then they are to be looked at.
 */
const golden = (name: string): string => `golden/${name}`;

/** One element a line, so that a difference can be read. */
const lines = ({ text }: Markup): string => `${text.replaceAll('><', '>\n<')}\n`;

const result = measuredResult();
const strategies = bySpeed(result.strategies);

const charts: [string, () => Promise<Markup | undefined>][] = [
  ['forest-plot', () => forestPlot(result.strategies, 'once')],
  ['phases', () => phases(strategies)],
  ['percentile-curve', () => percentileCurve(strategies)],
  ['offered-load', () => offeredLoad(strategies)],
  ['course', () => courseChart(strategies[0]!)],
];

test.each(charts)('the %s is drawn as it was looked at, and twice the same', async (name, draw) => {
  const [first, second] = [await draw(), await draw()];
  expect(second).toEqual(first);
  await expect(lines(first!)).toMatchFileSnapshot(golden(`${name}.svg`));
});

const counterexamples = result.strategies.flatMap((strategy) =>
  partsOf(strategy).flatMap(({ properties }) =>
    PROPERTIES.flatMap((property) =>
      properties[property].evidence.flatMap((one) => one.counterexample ?? []),
    ),
  ),
);

test.each(counterexamples)('the diagram of $file is drawn as it was looked at', async (counterexample) => {
  const name = counterexample.file.replace('counterexamples/', '').replace('.json', '');
  await expect(lines(diagram(counterexample))).toMatchFileSnapshot(golden(`${name}.html`));
  await expect(`${timeline(counterexample).join('\n')}\n`).toMatchFileSnapshot(golden(`${name}.txt`));
});

test('the report of a pull request is worded as it was read', async () => {
  await expect(markdown(result)).toMatchFileSnapshot(golden('report.md'));
});
