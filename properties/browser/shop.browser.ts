import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStorefront, type Storefront } from '../../harness/storefront/storefront.ts';
import { Buyers, storefrontOptions } from '../helpers/storefront.ts';
import { barriers, findBrowser, launch, open, type How } from './browser.ts';

const executable = findBrowser();
/** Pictures to look at; unset: none are kept. */
const SHOTS = process.env['OVERSELL_SHOTS'];

const WAYS: How[] = [
  { scheme: 'light', width: 1280 },
  { scheme: 'dark', width: 1280 },
  { scheme: 'light', width: 390 },
  { scheme: 'dark', width: 390 },
];
/** As text it is harmless, as markup it would be seen. */
const MARKUP = '<img/src=x onerror=alert(1)>';

let browser: Browser;
let folder: string;
let storefront: Storefront;
let buyers: Buyers;

const visit = (how: How): ReturnType<typeof open> => open(browser, storefront.url!, how);

describe.skipIf(executable === undefined)('the shop’s page', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'oversell-shop-'));
    storefront = await openStorefront(await storefrontOptions(folder));
    buyers = new Buyers(storefront.url!);
    browser = await launch(executable!);
  });
  afterAll(async () => {
    await browser.close();
    await storefront.close();
    rmSync(folder, { recursive: true });
  });

  test('says how to create a product while there is none', async () => {
    const { page, faults } = await visit(WAYS[0]!);
    await page.getByText('waiting for a product').waitFor();
    expect(await page.locator('#example').textContent()).toContain(`${storefront.url}products`);
    expect(faults).toEqual([]);
    await page.close();
  });

  test.each(WAYS)(
    'shows a sale as it goes, in $scheme at $width px, without a fault or a barrier',
    async (how) => {
      const name = `phone ${how.scheme} ${how.width}`;
      await buyers.open(name, 12, 1);
      const { page, faults } = await visit(how);
      await page.getByText('12 of 12 left').waitFor();
      for (let i = 0; i < 8; i++) await buyers.buy(name, `${name} ${i}`, { user: MARKUP + i });
      await buyers.buy(name, `${name} 0`, { user: MARKUP + 0 });
      await buyers.buy(name, 'second', { user: MARKUP + 0 });
      await page.getByText('4 of 12 left').waitFor();
      await page.getByText('the same again').waitFor();
      await page.getByText('limit reached').waitFor();
      await page.locator('#latest').getByText('stored').first().waitFor();
      const product = page.locator('.product').first();
      expect(await product.getByRole('meter').getAttribute('aria-valuenow')).toBe('4');
      expect(await page.locator('#latest code').first().textContent()).toMatch(/^phone li|^phone da/);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      expect(await barriers(page)).toEqual([]);
      if (SHOTS)
        await page.screenshot({ path: join(SHOTS, `shop-${how.scheme}-${how.width}.png`), fullPage: true });
      for (let i = 8; i < 12; i++) await buyers.buy(name, `${name} ${i}`);
      await product.getByText('Sold Out').waitFor();
      expect(faults).toEqual([]);
      await page.close();
    },
  );

  test('is stopped and started again by keyboard alone', async () => {
    const { page } = await visit(WAYS[0]!);
    await page.locator('.product').first().waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('paused').waitFor();
    await buyers.open('late', 1);
    expect(await page.getByRole('button', { name: 'Pause' }).getAttribute('aria-pressed')).toBe('true');
    await page.keyboard.press('Space');
    await page.getByRole('heading', { name: 'late' }).waitFor();
    await page.close();
  });
});
