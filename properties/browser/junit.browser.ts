import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { junit } from '../../reports/ci/junit.ts';
import { findBrowser, launch } from './browser.ts';

const executable = findBrowser();
let browser: Browser;
beforeAll(async () => {
  if (executable !== undefined) browser = await launch(executable);
});
afterAll(() => browser?.close());

/** Everything that XML treats in a way of its own, and some of what it cannot say. */
const HOSTILE = `a < b && "c" > 'd'\n\te ]]> <![CDATA[ &amp; 100 % é 秒 \u{1F6D2}`;

/** What a real parser reads: the message and the text of the first failure, or what is wrong with the file. */
const PARSE = `(xml) => {
  const read = new DOMParser().parseFromString(xml, 'application/xml');
  const wrong = read.querySelector('parsererror');
  if (wrong) return { wrong: wrong.textContent };
  const failure = read.querySelector('failure');
  return { name: read.querySelector('testsuite').getAttribute('name'), message: failure.getAttribute('message'), text: failure.textContent };
}`;

const parsed = async (xml: string): Promise<unknown> => {
  const page = await browser.newPage();
  try {
    return await page.evaluate(`(${PARSE})(${JSON.stringify(xml)})`);
  } finally {
    await page.close();
  }
};
const failing = (text: string): string =>
  junit([
    {
      strategy: text,
      where: 'calm',
      what: 'oversell',
      verdict: 'violated',
      fails: true,
      message: text,
      details: text,
    },
  ]);

describe.skipIf(executable === undefined)('JUnit as a parser of XML reads it', () => {
  test('is what was said, whatever it was', async () => {
    expect(await parsed(failing(HOSTILE))).toEqual({
      name: `${HOSTILE}, calm`,
      message: HOSTILE,
      text: HOSTILE,
    });
  });

  test('has a mark in place of what XML cannot say', async () => {
    expect(await parsed(failing('a\u0000b\u001B[31mc\uD800'))).toMatchObject({
      message: 'a\uFFFDb\uFFFD[31mc\uFFFD',
    });
  });

  test('and what is no XML is told as such', async () => {
    expect(await parsed(failing('').replaceAll('&lt;', '<').replace('</testsuite>', ''))).toHaveProperty(
      'wrong',
    );
  });
});
