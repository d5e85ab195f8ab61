import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { page as draw } from '../../reports/page/page.ts';
import { everyKind } from '../helpers/every-kind.ts';
import {
  barriers,
  clipped,
  findBrowser,
  launch,
  matrixTop,
  open,
  sheets,
  unfold,
  type How,
} from './browser.ts';

const executable = findBrowser();
if (executable === undefined) {
  process.stderr.write(
    'No Chromium on the PATH: the page is not opened in a browser here, and these tests are skipped. ' +
      'On Debian and Ubuntu: apt-get install chromium\n',
  );
}

const EXAMPLE = fileURLToPath(new URL('../../reports/example/report.html', import.meta.url));
const WIDTHS = [1440, 1280, 768, 390];
const SCHEMES = ['light', 'dark'] as const;
const DESK: How = { scheme: 'light', width: 1440 };
const PHONE: How = { scheme: 'dark', width: 390 };
/** Pixels: a first screen. */
const FOLD = 900;
const MOST_SHEETS = 12;

let browser: Browser;
let folder: string;
let drawn: string;
const written = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oversell-browser-'));
  drawn = written('report.html', await draw(everyKind()));
  if (executable !== undefined) browser = await launch(executable);
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true });
});

const onDisk = (file: string): string => pathToFileURL(file).href;

/** What is wrong with the stock's column in diagrams of many lanes. */
const stockFaults = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`(() => {
    const seen = [...document.querySelectorAll('.steps.many')].filter((one) => one.getClientRects().length > 0);
    if (seen.length === 0) return ['nothing to see'];
    return seen.flatMap((one) => {
      const right = one.getBoundingClientRect().right + 1;
      const head = one.querySelector('th.n').getClientRects().length > 0;
      const cut = [...one.querySelectorAll('.n')].some((cell) => cell.getBoundingClientRect().right > right);
      return [...(head ? [] : ['no head']), ...(cut ? ['cut'] : [])];
    });
  })()`);

/** axe reads every element: of what is repeated a hundred times, a few are enough. */
const thinOut = (page: Page): Promise<void> =>
  page.evaluate(
    `for (const one of document.querySelectorAll(
      '.cause:nth-of-type(n + 4), .others article:nth-of-type(n + 3), details.strategy:nth-of-type(n + 3), .multiples > :nth-child(n + 2)'
    )) one.remove()`,
  );

const pages: [string, () => string][] = [
  ['a page with everything that there can be', () => drawn],
  ['the example', () => EXAMPLE],
];

describe.skipIf(executable === undefined).each(pages)('%s', (_, file) => {
  test('at no width, in light or dark, anything is cut off, and the matrix is on the first screen', async () => {
    const { page, faults } = await open(browser, onDisk(file()), DESK);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: FOLD });
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme });
        expect(await clipped(page), `${width} px, ${colorScheme}`).toEqual([]);
      }
      expect(await matrixTop(page), `${width} px`).toBeLessThan(FOLD);
    }
    expect(faults).toEqual([]);
    await page.close();
  });

  test('with many lanes the stock stands under its head, whole, on paper and on a phone', async () => {
    const { page } = await open(browser, onDisk(file()), PHONE);
    await unfold(page);
    expect(await stockFaults(page)).toEqual([]);
    // A4, without its margins.
    await page.setViewportSize({ width: 703, height: FOLD });
    await page.emulateMedia({ media: 'print' });
    // What is folded away on paper shows the same.
    await page.addStyleTag({ content: '.others { display: block !important }' });
    expect(await stockFaults(page)).toEqual([]);
    await page.addStyleTag({ content: '.steps.many thead { display: none } .steps.many .n { width: 9rem }' });
    expect((await stockFaults(page)).join(' ')).toMatch(/no head.*cut/);
    await page.close();
  });

  test('on paper it is short, and says what is folded away', async () => {
    const { page } = await open(browser, onDisk(file()), { scheme: 'dark', width: 1280 });
    expect(await sheets(page)).toBeLessThanOrEqual(MOST_SHEETS);
    await page.emulateMedia({ media: 'print' });
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(22, 24, 28)');
    for (const shown of ['.matrix', '#cost table', '#cause-crossed .steps', '#counterexamples .paper'])
      expect(await page.locator(shown).first().isVisible(), shown).toBe(true);
    for (const folded of ['.others', 'details.strategy', '.measurements', 'nav', '#filter'])
      expect(await page.locator(folded).first().isVisible(), folded).toBe(false);
    await page.close();
  });
});

/** The small page has every kind of element: the example shows that they stand together, once. */
test.skipIf(executable === undefined).each([
  ['a page with everything that there can be', () => drawn, DESK],
  ['a page with everything that there can be', () => drawn, PHONE],
  ['the example', () => EXAMPLE, DESK],
] as const)('%s is read without a barrier', async (_, file, how) => {
  const { page, faults } = await open(browser, onDisk(file()), how);
  expect(await page.title()).toContain('oversell');
  await thinOut(page);
  expect(await barriers(page)).toEqual([]);
  expect(faults).toEqual([]);
  await page.close();
});

describe.skipIf(executable === undefined)('the page', () => {
  test('each question leads to a place that is seen, and each cell to what shows it', async () => {
    const { page, faults } = await open(browser, onDisk(drawn), DESK);
    for (const selector of ['.questions .number', '#matrix td a']) {
      const links = await page.evaluate<string[]>(
        `[...document.querySelectorAll('${selector}')].map((one) => one.getAttribute('href'))`,
      );
      expect(links.length).toBeGreaterThan(9);
      const some = links.filter((link, i) => i < 10 || /--\d/.test(link)).slice(0, 20);
      for (const to of some) {
        await page.evaluate(`location.hash = ${JSON.stringify(to)}`);
        // It may lie in a part that is folded: going there unfolds it.
        await expect.poll(() => page.locator(`[id="${to.slice(1)}"]`).isVisible()).toBe(true);
      }
    }
    expect(faults).toEqual([]);
    await page.close();
  });

  test('the dark is dark, the light is light, and charts and diagrams take part', async () => {
    const { page } = await open(browser, onDisk(drawn), DESK);
    const colours = (): Promise<string[]> =>
      page.evaluate<string[]>(`[
        getComputedStyle(document.body).backgroundColor,
        getComputedStyle(document.querySelector('.steps .l0')).borderLeftColor,
        getComputedStyle(document.querySelector('.marks text')).fill,
      ]`);
    const light = await colours();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await colours();
    for (const [i, colour] of light.entries()) {
      expect(colour).toMatch(/^rgb/);
      expect(dark[i]).toMatch(/^rgb/);
      expect(dark[i]).not.toBe(colour);
    }
    await page.close();
  });

  test('without script all is there but the filter and the buttons', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(onDisk(drawn));
    expect(await page.locator('.steps').first().isVisible()).toBe(true);
    expect(await page.locator('#filter').isVisible()).toBe(false);
    expect(await page.locator('button').count()).toBe(0);
    await page.locator('.others > summary').first().click();
    expect(await page.locator('.others article').first().isVisible()).toBe(true);
    await context.close();
  });

  test('a filter leaves the counterexamples that it asks for, and a button copies the command', async () => {
    const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    const page = await context.newPage();
    await page.goto(onDisk(drawn));
    await unfold(page);
    const seen = (): Promise<(string | null)[]> =>
      page
        .locator('article:visible')
        .evaluateAll((all) => all.map((one) => one.getAttribute('data-property')));
    const all = await seen();
    await page.getByLabel('Property', { exact: true }).selectOption('double-sale');
    expect(await seen()).toEqual(all.filter((property) => property === 'double-sale'));
    expect(all).toContain('stranded');
    await page.getByLabel('Property', { exact: true }).selectOption('');
    expect(await seen()).toEqual(all);
    await page.locator('.again button').first().click();
    const copied = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(copied).toMatch(/^oversell replay counterexamples\/.*\.json$/);
    await context.close();
  });
});

/** Where the README's pictures of the example are kept; absent: they are only looked for. */
const PICTURES = process.env['OVERSELL_PICTURES'];

test.skipIf(executable === undefined)('pictures of the example can be taken', async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: FOLD }, deviceScaleFactor: 1.5 });
  await page.goto(onDisk(EXAMPLE));
  await unfold(page);
  for (const [name, selector, text, width] of [
    ['matrix', '#matrix', '', 1440],
    ['diagram', 'article', 'watch-retry-lost-reply-oversell.json', 1280],
  ] as const) {
    await page.setViewportSize({ width, height: FOLD });
    const shown = page.locator(selector).filter({ hasText: text }).first();
    expect(await shown.evaluate((one) => one.scrollWidth <= one.clientWidth)).toBe(true);
    const picture = await shown.screenshot(
      PICTURES === undefined ? {} : { path: join(PICTURES, `${name}.png`) },
    );
    expect(picture.length).toBeGreaterThan(5_000);
  }
  await page.close();
});

describe.skipIf(executable === undefined)('the twins are caught', () => {
  test('a page that complains, asks for something, runs a script or cannot be read', async () => {
    const bad = written(
      'bad.html',
      `<!doctype html><html lang="en"><title>oversell</title><main><h1>x</h1>
       <p style="color:#ccc;background:#fff">hard to read</p><img src="http://127.0.0.1:9/x.png">
       <script>console.error('it complains'); alert('it runs')</script></main></html>`,
    );
    const { page, faults } = await open(browser, onDisk(bad), DESK);
    const told = (await barriers(page)).join('\n');
    expect(told).toContain('color-contrast');
    expect(told).toContain('image-alt');
    expect(faults.join('\n')).toMatch(/it complains/);
    expect(faults.join('\n')).toMatch(/dialog: it runs/);
    expect(faults.join('\n')).toMatch(/request: http:\/\/127\.0\.0\.1:9/);
    await page.close();
  });

  test.each([
    ['a script that is not its own', '<script>alert(1)</script>'],
    ['a handler', '<img alt="" src="data:," onerror="alert(1)">'],
  ])(
    'markup in our page that should not be there, %s: its policy lets it not run, and tells of it',
    async (_, foreign) => {
      const planted = readFileSync(drawn, 'utf8').replace('<main>', `<main>${foreign}`);
      const { page, faults } = await open(browser, onDisk(written('planted.html', planted)), DESK);
      expect(faults.join('\n')).toContain('Content Security Policy');
      expect(faults.join('\n')).not.toContain('dialog');
      await page.close();
    },
  );

  test('its own script with one letter changed', async () => {
    const planted = readFileSync(drawn, 'utf8').replace("'use strict';", "'use strict'; alert(1);");
    const { page, faults } = await open(browser, onDisk(written('changed.html', planted)), DESK);
    expect(faults.join('\n')).toContain('Content Security Policy');
    expect(await page.locator('#filter').isVisible()).toBe(false);
    await page.close();
  });

  test('a page that is wider than a phone, a diagram that is, and a word that its cell of the matrix cuts off', async () => {
    const { page } = await open(browser, onDisk(drawn), PHONE);
    expect(await clipped(page)).toEqual([]);
    for (const [style, told] of [
      ['main { width: 1000px }', 'the page'],
      ['.steps { width: 500px }', 'outside: TABLE.steps'],
      ['.matrix td b { letter-spacing: 4em }', 'cut: A'],
    ] as const) {
      await page.addStyleTag({ content: style });
      expect((await clipped(page)).join('\n')).toContain(told);
      await page.evaluate(`document.head.lastElementChild.remove()`);
    }
    expect(await clipped(page)).toEqual([]);
    await page.close();
  });

  test('a matrix that begins below the first screen, and a page of 13 sheets', async () => {
    const { page } = await open(browser, onDisk(drawn), DESK);
    await page.addStyleTag({ content: '#answer { min-height: 900px }' });
    expect(await matrixTop(page)).toBeGreaterThan(FOLD);
    const before = await sheets(page);
    await page.addStyleTag({
      content: `main::after { content: ''; display: block; height: ${MOST_SHEETS * 280}mm }`,
    });
    expect(await sheets(page)).toBeGreaterThan(MOST_SHEETS);
    expect(before).toBeLessThanOrEqual(MOST_SHEETS);
    await page.close();
  });
});

test('where there is no browser, none is found', () => {
  expect(findBrowser('/nowhere')).toBeUndefined();
});
