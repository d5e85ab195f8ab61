import { expect, test } from 'vitest';
import type { Result } from '../../harness/documents/result.ts';
import { page } from '../../reports/page/page.ts';
import { measuredResult } from '../helpers/measured-result.ts';

const drawn = async (change: (result: Result) => void = () => undefined): Promise<string> => {
  const result = measuredResult();
  change(result);
  return page(result);
};
const part = (text: string, from: string, to: string): string =>
  text.slice(text.indexOf(from), text.indexOf(to, text.indexOf(from)));
const method = (text: string): string => part(text, '<ul class="method">', '</ul>');
const intro = (text: string): string => part(text, '<h2>How each fails</h2>', '</p>');
const cost = (result: Result, name: string) => result.strategies.find((one) => one.name === name)!.cost!;

test('whose figures are void is not called held up by the client, and void is explained', async () => {
  const blind = await drawn((result) => Object.assign(cost(result, 'blind'), { bottleneck: 'client' }));
  expect(method(blind)).toMatch(/the bottleneck of once and fast:/);
  expect(method(blind)).toContain('Void: the strategy broke a property');
  const sound = await drawn((result) => Object.assign(cost(result, 'blind'), { verdict: 'holds' }));
  expect(method(sound)).not.toContain('Void');
});

test('how a ratio comes about is told where there is one', async () => {
  expect(await drawn()).toContain('A ratio compares two strategies within each round');
  const single = await drawn((result) => {
    for (const { cost: row } of result.strategies)
      if (row) row.ratioToBaseline = { median: 2, low: null, high: null };
  });
  expect(single).not.toContain('A ratio compares');
});

test('verdicts, files and drawings are three counts, and each is told', async () => {
  const twice = await drawn((result) => {
    const { explored } = result.strategies.find(({ name }) => name === 'fast')!;
    explored.push({
      ...explored.find(({ environment }) => environment === 'buyer-crash')!,
      environment: 'retry',
    });
  });
  expect(intro(await drawn())).toMatch(
    /4 verdicts, each .*are violated.* 4 have an interleaving .* 4 counterexamples\./,
  );
  expect(intro(twice)).toMatch(/5 verdicts.* 4 have an interleaving .* 4 counterexamples\./);
});

test('what was not run is told once, and what no run can show apart from it', async () => {
  const text = await drawn();
  const first = part(text, '<main>', '<section id="cost"');
  expect(first.match(/\bretry\b, [^<]*failover/g)).toHaveLength(1);
  expect(text).toMatch(
    /Not run here: [^.]*failover\. Unverified, as no run of this version can show it: resharding\./,
  );
});

test('the legend has no sign that no cell has', async () => {
  const legend = part(await drawn(), '<ul class="legend"', '</ul>');
  expect(legend).toContain('strands');
  expect(legend).not.toContain('over a limit');
});

test('a line that ends early, or is not there, is told of', async () => {
  const text = await drawn((result) => {
    cost(result, 'once').responseCurve.pop();
    for (const point of result.strategies.find(({ name }) => name === 'once')!.offered!.points)
      point.responseMs.p99 = null;
  });
  expect(text).toContain('The line of once ends early');
  expect(text).toContain('No line for once: too few purchases for a p99.');
  expect(await drawn()).not.toMatch(/ends early|No line for/);
});

test('no line ends within a figure, and figures stand under their head', async () => {
  const text = await drawn((result) =>
    Object.assign(cost(result, 'once').salesPerSecond, { median: 61_200 }),
  );
  expect(text).toMatch(/<td class="figure"[^>]*>61\u00a0200/);
  expect(text).not.toMatch(/<td class="figure"[^>]*>[^<]*\d \d{3}/);
  expect(text).toContain('<th scope="col" class="figure">commands</th>');
});

test('the outcomes stand in the order of the matrix', async () => {
  const text = await drawn();
  const names = [...part(text, '<h3 id="price">', '</table>').matchAll(/<th scope="row">([^<]+)/g)];
  expect(names.map(([, name]) => name)).toEqual(['once', 'fast', 'blind']);
});

test('words that a reader need not know are explained, and properties beside what their violation is called', async () => {
  const text = await drawn();
  const glossary = part(text, '<summary>What the words mean</summary>', '</details>');
  for (const word of [
    'strands',
    'exhausted',
    'ledger',
    'declared',
    'drain',
    'office',
    'replayed over sockets',
  ])
    expect(glossary).toContain(`<b>${word}</b>: `);
  expect(text).toMatch(/oversell: oversold, .*false-refusal: refuses wrongly, .*progress: gives up\./);
});
