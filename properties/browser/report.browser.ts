import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { page as draw } from '../../reports/page/page.ts';
import { measuredResult } from '../helpers/measured-result.ts';
import { barriers, findBrowser, launch, open, type How } from './browser.ts';

const executable = findBrowser();
if (executable === undefined) {
  process.stderr.write(
    'No Chromium on the PATH: the page is not opened in a browser here, and these tests are skipped. ' +
      'On Debian and Ubuntu: apt-get install chromium\n',
  );
}

const EXAMPLE = fileURLToPath(new URL('../../reports/example/report.html', import.meta.url));
const WAYS: How[] = [
  { scheme: 'light', width: 1280 },
  { scheme: 'dark', width: 1280 },
  { scheme: 'light', width: 390 },
  { scheme: 'dark', width: 390 },
];

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
  drawn = written('report.html', await draw(measuredResult()));
  if (executable !== undefined) browser = await launch(executable);
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true });
});

const onDisk = (file: string): string => pathToFileURL(file).href;

const pages: [string, () => string][] = [
  ['a drawn page', () => drawn],
  ['the example', () => EXAMPLE],
];

describe.skipIf(executable === undefined).each(pages)('%s', (_, file) => {
  test.each(WAYS)('is read in $scheme at $width px without a fault, a request or a barrier', async (how) => {
    const { page, faults } = await open(browser, onDisk(file()), how);
    expect(await page.title()).toContain('oversell');
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await barriers(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(faults).toEqual([]);
    await page.close();
  });

  test('each question leads to a place that is seen, and each cell that is broken to what shows it', async () => {
    const { page, faults } = await open(browser, onDisk(file()), WAYS[0]!);
    for (const selector of ['.questions .number', '#guarantees td a']) {
      const links = page.locator(selector);
      const count = Math.min(await links.count(), 10);
      expect(count).toBeGreaterThan(0);
      for (let i = 0; i < count; i++) {
        const link = links.nth(i);
        const to = (await link.getAttribute('href'))!;
        await page.evaluate(`location.hash = ''`);
        if (await link.isVisible()) await link.click();
        else await page.evaluate(`location.hash = ${JSON.stringify(to)}`);
        // It may lie in a part that is folded: going there unfolds it.
        await expect.poll(() => page.locator(`[id="${to.slice(1)}"]`).isVisible()).toBe(true);
      }
    }
    expect(faults).toEqual([]);
    await page.close();
  });

  test('the dark is dark, the light is light, and charts take part', async () => {
    const colours: string[][] = [];
    for (const how of [WAYS[0]!, WAYS[1]!]) {
      const { page } = await open(browser, onDisk(file()), how);
      colours.push(
        await page.evaluate<string[]>(`[
          getComputedStyle(document.body).backgroundColor,
          getComputedStyle(document.querySelector('.spacetime .redis')).stroke,
          getComputedStyle(document.querySelector('.marks text')).fill,
        ]`),
      );
      await page.close();
    }
    const [light, dark] = colours as [string[], string[]];
    for (const [i, colour] of light.entries()) {
      expect(colour).toMatch(/^rgb/);
      expect(dark[i]).toMatch(/^rgb/);
      expect(dark[i]).not.toBe(colour);
    }
  });

  test('on paper nothing stays folded', async () => {
    const { page } = await open(browser, onDisk(file()), WAYS[1]!);
    await page.emulateMedia({ media: 'print' });
    const folded = await page.evaluate<number[]>(
      `[...document.querySelectorAll('details:not([open]) > div')].map((one) => one.getBoundingClientRect().height)`,
    );
    expect(folded.length).toBeGreaterThan(0);
    expect(folded.filter((height) => height === 0)).toEqual([]);
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(29, 33, 38)');
    await page.close();
  });
});

/** Where the README's pictures of the example are kept; absent: they are only looked for. */
const PICTURES = process.env['OVERSELL_PICTURES'];

test.skipIf(executable === undefined).each([
  ['matrix', '#guarantees .scroll', '', 1600],
  ['diagram', 'figure', 'watch-retry-lost-reply-oversell.json', 1280],
])('pictures: the %s of the example can be taken', async (name, selector, text, width) => {
  const page = await browser.newPage({ viewport: { width, height: 900 }, deviceScaleFactor: 1.5 });
  await page.goto(onDisk(EXAMPLE));
  const shown = page.locator(selector).filter({ hasText: text }).first();
  await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);
  // As wide as it is: on paper nothing can be scrolled.
  await page.addStyleTag({ content: `body { max-width: none }` });
  expect(await shown.evaluate((one) => one.scrollWidth <= one.clientWidth)).toBe(true);
  const picture = await shown.screenshot(
    PICTURES === undefined ? {} : { path: join(PICTURES, `${name}.png`) },
  );
  expect(picture.length).toBeGreaterThan(5_000);
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
    const { page, faults } = await open(browser, onDisk(bad), WAYS[0]!);
    const told = (await barriers(page)).join('\n');
    expect(told).toContain('color-contrast');
    expect(told).toContain('image-alt');
    expect(faults.join('\n')).toMatch(/it complains/);
    expect(faults.join('\n')).toMatch(/dialog: it runs/);
    expect(faults.join('\n')).toMatch(/request: http:\/\/127\.0\.0\.1:9/);
    await page.close();
  });

  test('markup in our page that should not be there: its policy lets no script run, and tells of it', async () => {
    const planted = readFileSync(drawn, 'utf8').replace('<main>', '<main><script>alert(1)</script>');
    const { page, faults } = await open(browser, onDisk(written('planted.html', planted)), WAYS[0]!);
    expect(faults.join('\n')).toContain('Content Security Policy');
    expect(faults.join('\n')).not.toContain('dialog');
    await page.close();
  });

  test('a page that is wider than a phone', async () => {
    const wide = written('wide.html', '<!doctype html><div style="width:1000px">wide</div>');
    const { page } = await open(browser, onDisk(wide), WAYS[2]!);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(false);
    await page.close();
  });
});

test('where there is no browser, none is found', () => {
  expect(findBrowser('/nowhere')).toBeUndefined();
});
