import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { launchBrowser, mayRun } from './browser.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PHONE = { viewport: { width: 360, height: 700 } };

describe.skipIf(!mayRun)('the navigation', () => {
  let sandbox: Sandbox;
  let browser: Browser;
  beforeAll(async () => {
    sandbox = await startSandbox({ keyPairs: testKeys });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await sandbox.close();
  });

  async function inBrowser(options: BrowserContextOptions, use: (page: Page) => Promise<void>) {
    const context = await browser.newContext({ baseURL: sandbox.urls.http, ...options });
    try {
      await use(await context.newPage());
    } finally {
      await context.close();
    }
  }

  const linksOf = (page: Page) => page.getByRole('navigation', { name: 'Main' }).getByRole('link');
  const heightOf = (page: Page) =>
    page.evaluate<number>("document.querySelector('.site-header').getBoundingClientRect().height");
  const outline = (page: Page) =>
    page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');

  it.each([320, 360])(
    'is one row at %i pixels, with a menu for the keyboard alone and no script',
    async (width) => {
      await inBrowser({ viewport: { width, height: 700 }, javaScriptEnabled: false }, async (page) => {
        await page.goto('/attempts');
        expect(await linksOf(page).count()).toBe(0);
        expect(await heightOf(page)).toBeLessThan(64);
        for (let press = 0; press < 3; press++) await page.keyboard.press('Tab');
        await page.keyboard.press('Enter');
        const texts = await linksOf(page).allInnerTexts();
        expect(texts).toEqual(['Directory', 'Banks', 'Attempts', 'Inspect', 'Trust', 'Tape', 'Lab', 'Docs']);
        const current = page.locator('.site-menu [aria-current]');
        expect(await current.innerText()).toBe('Attempts');
        for (let press = 0; press < 2; press++) await page.keyboard.press('Tab');
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { level: 1, name: 'Banks' }).waitFor();
      });
    },
  );

  it('is found clean by axe with its menu open, which Escape closes, and shows where the focus is', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await inBrowser({ ...PHONE, colorScheme }, async (page) => {
        await page.goto('/banks');
        await page.getByText('Menu', { exact: true }).focus();
        await page.keyboard.press('Enter');
        await linksOf(page).first().waitFor();
        await page.evaluate(axe);
        expect(await page.evaluate('axe.run(document).then(({ violations }) => violations)')).toEqual([]);
        await page.keyboard.press('Tab');
        expect(await outline(page)).not.toBe('none');
        await page.keyboard.press('Escape');
        expect(await linksOf(page).count()).toBe(0);
        expect(await page.evaluate('document.activeElement.textContent')).toBe('Menu');
        expect(await outline(page)).not.toBe('none');
      });
    }
  });

  it.each([1_060, 1_280])('is a row of links at %i pixels, and no menu', async (width) => {
    await using guarded = await startSandbox({ keyPairs: testKeys, adminPassword: 'secret' });
    const options = { baseURL: guarded.urls.http, viewport: { width, height: 700 } };
    await inBrowser(options, async (page) => {
      await page.goto('/login');
      await page.getByLabel('Admin password').fill('secret');
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('button', { name: 'Log out' }).waitFor();
      expect(await linksOf(page).count()).toBe(8);
      expect(await page.getByText('Menu', { exact: true }).isVisible()).toBe(false);
      expect(await heightOf(page)).toBeLessThan(64);
    });
  });
});
