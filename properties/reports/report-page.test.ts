import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readResult } from '../../harness/documents/read-result.ts';
import { resultSchema, type Result } from '../../harness/documents/result.ts';
import { NO_VERDICTS } from '../../harness/documents/vocabulary.ts';
import { markdown } from '../../reports/markdown.ts';
import { page } from '../../reports/page/page.ts';
import { screen } from '../../reports/text/screen.ts';
import { ENVIRONMENTS, PROPERTIES } from '../../strategies/contract.ts';
import { everyKind } from '../helpers/every-kind.ts';
import { soldOperation } from '../helpers/lines.ts';
import { measuredResult } from '../helpers/measured-result.ts';
import { resultOf, strategyResult } from '../helpers/results.ts';

/** The page without its style, its script and its data. */
const bodyOf = (text: string): string =>
  text.replace(/<style>[^]*?<\/style>|<script[^]*?<\/script>|data:application\/gzip;base64,[^"]*/g, '');
/** The result that the page hands out. */
const dataOf = (text: string): unknown =>
  JSON.parse(gunzipSync(Buffer.from(/base64,([^"]*)"/.exec(text)![1]!, 'base64')).toString());
const matrixOf = (text: string): string => /<table class="matrix">[^]*?<\/table>/.exec(bodyOf(text))![0];
const rowOf = (text: string, id: string): string =>
  new RegExp(`<tr><th scope="row"[^>]*><a href="#${id}">[^]*?</tr>`).exec(matrixOf(text))![0];

const measured = await page(measuredResult());

describe('the page stands by itself', () => {
  test('nothing is fetched, and of scripts only its own may run: a policy names it by its digest', () => {
    const scripts = [...measured.matchAll(/<script([^>]*)>([^]*?)<\/script>/g)];
    expect(scripts).toHaveLength(1);
    const [, attributes, script] = scripts[0]!;
    expect(attributes).toBe('');
    const digest = createHash('sha256').update(script!).digest('base64');
    expect(measured).toContain(
      `content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; script-src &#39;sha256-${digest}&#39;"`,
    );
    const others = bodyOf(measured).replace('download="result.json.gz" href=""', '');
    expect(others).not.toMatch(/\b(?:src|href)="(?!#)|@import|url\((?!#)|\son\w+=/);
  });

  test('every link leads to a place in the page, and no two places have one name', () => {
    const ids = [...measured.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id!);
    expect(new Set(ids).size).toBe(ids.length);
    const links = [...measured.matchAll(/ href="#([^"]*)"/g)].map(([, id]) => id!);
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter((link) => !ids.includes(link))).toEqual([]);
    const arrows = [...measured.matchAll(/url\(#([^)]*)\)/g)].map(([, id]) => id!);
    expect(arrows.filter((arrow) => !ids.includes(arrow))).toEqual([]);
  });

  test('strategies of one name, or of none that fits a place, have places of their own', async () => {
    const twins = ['twin', 'twin', '', '🎫'].map((name) => strategyResult({}, { name }));
    const text = await page(resultOf(...twins));
    const ids = [...text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id!);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => id === '' || /\s/.test(id))).toEqual([]);
  });

  test('the same result gives the same bytes, however often it is drawn', async () => {
    expect(await page(measuredResult())).toBe(measured);
    const { session, ...other } = measuredResult();
    expect(session).toBeDefined();
    expect(await page({ ...other, seed: 2 })).not.toBe(measured);
  });

  test('its data are the result, and can be taken out again', () => {
    expect(resultSchema.parse(dataOf(measured))).toEqual(measuredResult());
  });
});

/** People send it around. `npm run example` measures the time as well. */
const MOST_BYTES = 1_500_000;

test('the page of a full run is small, with a counterexample for everything that it shows violated', async () => {
  const { result } = readResult(fileURLToPath(new URL('../../reports/example', import.meta.url)));
  const text = await page(result);
  expect(text.length).toBeGreaterThan(300_000);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MOST_BYTES);
  const diagrams = text.match(/<table class="steps/g)!.length;
  expect(diagrams).toBe(bodyOf(text).match(/<p class="again">/g)!.length);
  const loud = matrixOf(text).match(new RegExp(`<td class="(?:${PROPERTIES.join('|')})">`, 'g'))!;
  const shown = matrixOf(text).match(/<td class="[\w-]+"><a href="#s-[\w-]+--\d+"/g)!;
  expect(shown).toHaveLength(loud.length);
});

describe('counterexamples', () => {
  const body = bodyOf(measured);
  const causes = [...body.matchAll(/<section class="cause" id="cause-([\w-]+)">/g)].map(([, name]) => name);

  test('come by cause, those that nobody declared first, then the gravest', () => {
    expect(causes).toEqual(['asked-again', 'key-evicted', 'crossed', 'sent-again']);
  });

  test('tell the line of the code, the cause, what helps, and the command that runs it again', () => {
    const crossed = /id="cause-crossed">[^]*?<\/section>/.exec(body)![0];
    expect(crossed).toContain('<small>sell.ts:12</small>');
    expect(crossed).toMatch(/<b>Cause<\/b> [^]*<b>Remedy<\/b> /);
    expect(crossed).toContain('<code>oversell replay counterexamples/control-calm-oversell.json</code>');
  });

  test('of one cause the first is drawn for all, and paper says how many are folded', async () => {
    const text = bodyOf(await page(everyKind()));
    const again = /id="cause-sent-again">[^]*?<\/section>/.exec(text)![0];
    expect(again).toMatch(/<article[^]*<details class="others"><summary>1 more with this cause: fast</);
    expect(again).toMatch(/<p class="paper note">1 more with this cause are folded here/);
  });
});

test('first what is asked first: the answer, the matrix, cost, ten questions, how each fails', () => {
  const places = ['answer', 'matrix', 'cost', 'questions', 'counterexamples', 'guarantees', 'conditions'];
  const at = places.map((id) => measured.indexOf(`<section id="${id}"`));
  expect(at).toEqual(at.toSorted((a, b) => a - b));
  expect(at[0]).toBeGreaterThan(measured.indexOf('class="badge'));
});

describe('ten questions', () => {
  const questions = [...bodyOf(measured).matchAll(/<li id="question-(\d+)">[^]*?<\/div><\/li>/g)];

  test('are all asked, and each number leads to a place', () => {
    expect(questions.map(([, number]) => number)).toEqual(
      Array.from({ length: 10 }, (_, i) => String(i + 1)),
    );
    for (const [text] of questions) expect(text).toMatch(/<a class="number" href="#[\w-]+"/);
  });

  test('what was not measured says so, and is never answered as if it were', async () => {
    expect(questions[4]![0]).toContain('not measured');
    expect(questions[7]![0]).toContain('unverified');
    expect(questions[3]![0]).not.toContain('not measured');
    const calmOnly = bodyOf(await page(resultOf(strategyResult())));
    for (const number of [3, 4, 5, 6, 7, 10]) {
      const [text] = new RegExp(`<li id="question-${number}">[^]*?</div></li>`).exec(calmOnly)!;
      expect(text).toContain('not measured');
      expect(text).not.toMatch(/<p>|<ul>/);
    }
  });

  test('a reply that is lost takes two units of who sells twice, and one of who does not', () => {
    expect(questions[3]![0]).toMatch(/Two:<\/b> fast</);
    expect(questions[3]![0]).toMatch(/One:<\/b> once</);
  });

  test('what could not be decided is neither safe nor broken', async () => {
    const open = strategyResult({ oversell: { verdict: 'inconclusive' } }, { name: 'open' });
    const text = bodyOf(await page(resultOf(open)));
    expect(text).toMatch(/Undecided \(oversell\):<\/b> open/);
    expect(text).toContain('calm could not be decided');
    expect(matrixOf(text)).toContain('calm: oversell could not be decided');
    expect(matrixOf(text)).not.toMatch(/✓|≈/);
  });
});

describe('the matrix', () => {
  test('tells a declared weakness from one that is not declared, by sign, by word and by outline', () => {
    const row = rowOf(measured, 's-fast');
    expect(row).toMatch(/<td class="double-sale"><a href="#s-fast--\d+"[^>]*><b>2<\/b><span>twice</);
    expect(row).toMatch(/<td class="stranded alarm"><a href="#s-fast--\d+"[^>]*><b>S!<\/b><span>STRANDS</);
    expect(row).toMatch(/<td class="progress alarm"><a href="#s-fast--\d+"[^>]*><b>G!<\/b><span>GIVES UP</);
    const body = bodyOf(measured);
    expect(body).toMatch(/<td class="weak" data-head="[^"]+"><a href="#s-fast--\d+">sells twice<\/a>/);
    expect(body).toMatch(/<td class="broken" data-head="[^"]+"><a href="#s-fast--\d+">STRANDS<\/a>/);
    expect(body).toMatch(/<td class="found" data-head="[^"]+"><a href="#s-fast--\d+">GIVES UP<\/a>/);
  });

  test('each cell leads to its evidence, and no two signs are alike', () => {
    const cells = [...matrixOf(measured).matchAll(/<td class="(?!cost)([^"]*)">(<a href="#[^"]+")?/g)];
    expect(cells).toHaveLength(4 * ENVIRONMENTS.length);
    expect(cells.filter(([, , link]) => link === undefined)).toEqual([]);
    const legend = /<ul class="legend"[^]*?<\/ul>/.exec(bodyOf(measured))![0];
    const signs = [...legend.matchAll(/<i class="[^"]*">([^<]*)<\/i>/g)].map(([, sign]) => sign);
    expect(new Set(signs).size).toBe(signs.length);
    expect(legend.indexOf('oversold')).toBeLessThan(legend.indexOf('gives up'));
    expect(bodyOf(measured).indexOf('class="legend"')).toBeLessThan(
      bodyOf(measured).indexOf('class="matrix"'),
    );
  });

  test('has those that hold most first, then what was not run, and controls last', () => {
    const names = [...matrixOf(measured).matchAll(/<a href="#s-(\w+)">/g)].map(([, name]) => name);
    expect(names).toEqual(['once', 'fast', 'newer', 'blind']);
    expect(matrixOf(measured)).toMatch(/s-newer[^]*Controls, known to be wrong[^]*s-blind/);
  });

  test('says in one word each why there is no verdict', async () => {
    const few = strategyResult({}, { name: 'few', notSupported: ['several-units'] });
    const rest = { name: 'silent' };
    const nothing = Object.fromEntries(PROPERTIES.map((property) => [property, { verdict: 'n/a' }] as const));
    const text = await page(resultOf(few, strategyResult(nothing, rest)));
    const row = rowOf(text, 's-few');
    expect(row).toContain('title="several-units: not supported"><b>–</b>');
    expect(row).toContain('title="buyer-crash: not run"><b></b>');
    expect(row).toContain('title="resharding: unverified"><b>?</b>');
    expect(rowOf(text, 's-silent')).toContain('title="calm: n/a"><b>·</b>');
    const skipped = rowOf(measured, 's-newer');
    expect(skipped.match(/: not supported"/g)).toHaveLength(ENVIRONMENTS.length);
    for (const [word, meaning] of Object.entries(NO_VERDICTS)) {
      expect(bodyOf(text)).toContain(`<span class="none">${word}</span> ${meaning}</li>`);
      expect(markdown(resultOf(few))).toContain(`${word}: ${meaning}`);
    }
  });

  test('says what each verdict rests on', () => {
    const body = bodyOf(measured);
    expect(body).toContain('exhausted: 52 980 orders in 106 states; 16 replayed over sockets');
    expect(body).toContain('sampled: 1 sale, 3 purchases');
  });

  test('an environment that was only sampled never looks exhausted', async () => {
    const text = bodyOf(await page(resultOf(strategyResult())));
    expect(matrixOf(text)).toContain('title="calm: holds, sampled"><b>≈</b>');
    expect(matrixOf(text)).not.toContain('✓');
  });
});

describe('figures', () => {
  test('no figure of a strategy that broke a property is ever shown or drawn', () => {
    const cost = /<section id="cost">[^]*?<\/section>/.exec(measured)![0];
    expect(cost).toContain('void');
    expect(cost).not.toMatch(/9[,  ]?000/);
    expect(/<svg role="group" aria-label="Forest plot[^]*?<\/svg>/.exec(cost)![0]).not.toContain('blind');
  });

  test('a tail at saturation is never told', () => {
    const [rows] = /Response time by rate of arrivals[^]*?<\/table>/.exec(measured)!;
    expect(rows).toMatch(
      /<th scope="row">fast<\/th><td class="figure"[^>]*>2\u00a0850<\/td>.*?saturated.*?saturated/,
    );
  });

  test('where a profile did not measure, it is said, and no chart is drawn empty', async () => {
    const { session: _, ...result } = measuredResult();
    const quick = result.strategies.map(({ course: _c, offered: _o, ...one }) => {
      if (one.cost) one.cost = { ...one.cost, trials: 1, ratioToBaseline: NOTHING };
      return one;
    });
    const text = bodyOf(await page({ ...result, profile: 'quick', strategies: quick }));
    expect(text.match(/not measured in this profile/gi)!.length).toBeGreaterThanOrEqual(3);
    expect(text).toContain('One trial has no interval');
    expect(text).not.toMatch(/aria-label="(?:Forest plot|Response time p99 against)/);
  });
});

const NOTHING = { median: null, low: null, high: null };

test('an unfinished run never looks finished', async () => {
  for (const status of ['interrupted', 'failed', 'running'] as const) {
    expect(bodyOf(await page({ ...measuredResult(), status }))).toContain(
      `INCOMPLETE: this run is ${status}`,
    );
  }
  expect(bodyOf(measured)).not.toContain('INCOMPLETE');
});

test('a run of nothing is a page too, and claims nothing', async () => {
  const text = bodyOf(await page({ ...resultOf(), status: 'interrupted' }));
  expect(text).toContain('Nothing was run');
  expect(text).not.toMatch(/✓|≈/);
});

/** Ends attributes, elements, scripts and comments, if anybody lets it. */
const HOSTILE = `"'></script><script>alert(1)</script><!--`;

/** The result with that text in every place where the schema lets any text be. */
function planted(result: Result, text: string): Result {
  const all = JSON.parse(
    JSON.stringify(result, (_, value: unknown) => (typeof value === 'string' ? value + text : value)),
  ) as object;
  for (const { path } of resultSchema.safeParse(all).error?.issues ?? []) {
    const at = (root: unknown): Record<PropertyKey, unknown> =>
      path.slice(0, -1).reduce((part, key) => (part as Record<PropertyKey, unknown>)[key], root) as never;
    const last = path.at(-1)!;
    at(all)[last] = at(result)[last];
  }
  return resultSchema.parse(all);
}

describe('nothing from outside becomes markup', () => {
  const result = measuredResult();
  result.strategies[0]!.environments[0]!.properties.stranded = {
    verdict: 'violated',
    declared: 'holds',
    evidence: [{ message: 'lost', requests: ['r1'], operations: [soldOperation] }],
  };
  result.strategies[0]!.notExplored = HOSTILE;
  result.error = { code: 'X', message: HOSTILE, remedy: HOSTILE };
  result.status = 'failed';
  const hostile = planted(result, HOSTILE);
  const harmless = planted(result, 'x'.repeat(HOSTILE.length));

  test('of the page', async () => {
    const text = await page(hostile);
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text.match(/<\/script>/g)).toHaveLength(1);
    expect(text.match(/<script>([^]*?)<\/script>/)![1]).toBe(measured.match(/<script>([^]*?)<\/script>/)![1]);
    expect(text).not.toContain('<!--');
    expect(bodyOf(text)).toContain('&lt;script&gt;alert(1)');
    // The same elements in the same order as with a text that is none of this.
    const elements = (from: string): string =>
      bodyOf(from)
        .match(/<\/?\w+/g)!
        .join(' ');
    expect(elements(text)).toBe(elements(await page(harmless)));
    expect(resultSchema.parse(dataOf(text))).toEqual(hostile);
  });

  test('of the pull request', () => {
    const text = markdown(hostile);
    // In an indented block nothing is markup; everywhere else it is escaped.
    for (const line of text.split('\n').filter((one) => !one.startsWith('    '))) {
      expect(line).not.toContain('<script>');
    }
    expect(text).toContain('\\<script\\>');
    expect(screen(hostile, '')).toContain('alert(1)');
  });
});
