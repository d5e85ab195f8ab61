import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import axe from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** It must neither ask nor keep anything: it opens files, and that is all. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The first Chromium on the PATH; undefined if there is none. */
export function findBrowser(path = process.env['PATH'] ?? ''): string | undefined {
  return path
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Headless, with a fresh profile, which goes with it. */
export const launch = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: ARGS });

export interface How {
  scheme: 'light' | 'dark';
  width: number;
}

/** A page, from disk or from a server, and whatever it did that it should not: it asks for nothing elsewhere. */
export async function open(
  browser: Browser,
  url: string,
  { scheme, width }: How,
): Promise<{ page: Page; faults: string[] }> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
  const faults: string[] = [];
  page.on('console', (message) => faults.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) faults.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  return { page, faults };
}

/** Unfolds everything. */
export const unfold = (page: Page): Promise<void> =>
  page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');

/**
 * What is cut off, or reaches out of the page, with everything unfolded: the page itself, the matrix and each of its cells,
 * every diagram and each of its cells, and every chart. Empty: nothing.
 */
export async function clipped(page: Page): Promise<string[]> {
  await unfold(page);
  return page.evaluate<string[]>(`(() => {
    const name = (one) => one.tagName + '.' + (one.getAttribute('class') ?? '') + ' ' + one.textContent.slice(0, 40);
    const isSeen = (one) => one.getClientRects().length > 0;
    const all = (selector) => [...document.querySelectorAll(selector)].filter(isSeen);
    const outside = all('.matrix, .matrix th, .matrix td, .steps, .steps th, .steps td, figure svg, .legend li, nav a')
      .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5 || one.getBoundingClientRect().left < -0.5);
    const cut = all('.matrix th, .matrix td, .matrix a, .steps th, .steps td, .scroll')
      .filter((one) => one.scrollWidth > one.clientWidth + 1);
    const page = document.documentElement.scrollWidth > innerWidth ? ['the page'] : [];
    return [...page, ...outside.map((one) => 'outside: ' + name(one)), ...cut.map((one) => 'cut: ' + name(one))];
  })()`);
}

/** Where the matrix begins, in pixels from the top of the page. */
export const matrixTop = (page: Page): Promise<number> =>
  page.evaluate<number>(`document.querySelector('.matrix').getBoundingClientRect().top + scrollY`);

/** Sheets of paper that the page takes. */
export async function sheets(page: Page): Promise<number> {
  const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true });
  return pdf.toString('latin1').match(/\/Type\s*\/Page(?!s)/g)!.length;
}

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

/** What keeps people from reading it, with everything unfolded: axe-core's serious and critical findings. */
export async function barriers(page: Page): Promise<string[]> {
  await unfold(page);
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<{ violations: Violation[] }>(
    'axe.run(document, { resultTypes: ["violations"] })',
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id} (${nodes.length}): ${nodes[0]!.html.slice(0, 200)} ${nodes[0]!.failureSummary}`,
    );
}
