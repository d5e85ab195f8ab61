import { describe, expect, test } from 'vitest';
import { resultSchema, type Result } from '../../harness/documents/result.ts';
import { markdown } from '../../reports/markdown.ts';
import { page } from '../../reports/page/page.ts';
import { screen } from '../../reports/text/screen.ts';
import { soldOperation } from '../helpers/lines.ts';
import { measuredResult } from '../helpers/measured-result.ts';
import { resultOf, strategyResult } from '../helpers/results.ts';

/** The page without its style and its data. */
const bodyOf = (text: string): string => text.replace(/<style>[^]*?<\/style>|<script[^]*?<\/script>/g, '');

const measured = await page(measuredResult());

describe('the page stands by itself', () => {
  test('no script runs, nothing is fetched, and a policy says so', () => {
    const scripts = [...measured.matchAll(/<script([^>]*)>/g)].map(([, attributes]) => attributes);
    expect(scripts).toEqual([' type="application/json" id="result"']);
    expect(bodyOf(measured)).not.toMatch(/\b(?:src|href)="(?!#)|@import|url\((?!#)|\son\w+=/);
    expect(measured).toContain(`content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"`);
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
    const [, json] = /<script type="application\/json" id="result">([^]*?)<\/script>/.exec(measured)!;
    expect(resultSchema.parse(JSON.parse(json!))).toEqual(measuredResult());
  });
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
    expect(questions[4]![0]).toContain('not measured yet');
    expect(questions[7]![0]).toContain('not measured yet');
    expect(questions[3]![0]).not.toContain('not measured yet');
    const calmOnly = bodyOf(await page(resultOf(strategyResult())));
    for (const number of [3, 4, 5, 6, 7, 10]) {
      const [text] = new RegExp(`<li id="question-${number}">[^]*?</div></li>`).exec(calmOnly)!;
      expect(text).toContain('not measured yet');
      expect(text).not.toContain('<ul>');
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
    expect(text).toMatch(/<b>calm<\/b> undecided/);
    expect(text.match(/The gravest that each[^]*?<\/table>/)![0]).not.toContain('holds');
  });
});

describe('the matrix', () => {
  test('tells a declared weakness from one that is not declared, and from one where the contrary is', () => {
    const body = bodyOf(measured);
    expect(body).toMatch(/<td class="weak"><a href="#s-fast--\d+">sells twice<\/a>/);
    expect(body).toMatch(/<td class="broken"><a href="#s-fast--\d+">STRANDS<\/a>/);
    expect(body).toMatch(/<td class="found"><a href="#s-fast--\d+">GIVES UP<\/a>/);
  });

  test('calls unverified what was not run, whoever it is', () => {
    const overview = bodyOf(measured).match(/The gravest that each[^]*?<\/table>/)![0];
    const [once] = overview.match(/<tr><th scope="row"><a href="#s-once">[^]*?<\/tr>/)!;
    // One was left out, since it was explored further on; one was not tried by this one, and one by nobody.
    expect(once.match(/>n\/a/g)).toHaveLength(1);
    expect(once.match(/unverified/g)).toHaveLength(2);
    expect(overview).toContain('failover, resharding');
    const [newer] = overview.match(/<tr><th scope="row"><a href="#s-newer">[^]*?<\/tr>/)!;
    expect(newer).not.toContain('holds');
  });

  test('says what each verdict rests on', () => {
    const body = bodyOf(measured);
    expect(body).toContain('exhausted: 52 980 interleavings; 16 replayed over sockets');
    expect(body).toContain('sampled: 1 sale, 3 purchases');
  });

  test('an environment that was only sampled never looks exhausted', async () => {
    const text = bodyOf(await page(resultOf(strategyResult())));
    expect(text.match(/The gravest that each[^]*?<\/table>/)![0]).toContain(
      '<td class="sampled">holds<small>sampled</small>',
    );
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
    expect(rows).toMatch(/<th scope="row">fast<\/th><td class="figure">2 850<\/td>.*?saturated.*?saturated/);
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
  expect(text).not.toContain('<td class="holds">');
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
    expect(text).not.toContain('<!--');
    expect(bodyOf(text)).toContain('&lt;script&gt;alert(1)');
    // The same elements in the same order as with a text that is none of this.
    const elements = (from: string): string =>
      bodyOf(from)
        .match(/<\/?\w+/g)!
        .join(' ');
    expect(elements(text)).toBe(elements(await page(harmless)));
    const [, json] = /id="result">([^]*?)<\/script>/.exec(text)!;
    expect(resultSchema.parse(JSON.parse(json!))).toEqual(hostile);
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
