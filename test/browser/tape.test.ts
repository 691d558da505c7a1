import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox, type TestTpp } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { launchBrowser, mayRun } from './browser.js';
import { inWindow } from './window.js';

describe.skipIf(!mayRun)('the tape and the picture of trust in a browser', () => {
  let sandbox: Sandbox;
  let browser: Browser;
  let tpp: TestTpp;

  beforeAll(async () => {
    sandbox = await startSandbox({ keyPairs: testKeys });
    tpp = await sandbox.createTpp({ name: 'Browser TPP' });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await sandbox.close();
  });
  beforeEach(() => sandbox.services.tape.clear());

  const inBrowser = (path: string, options: BrowserContextOptions, use: (page: Page) => Promise<void>) =>
    inWindow(browser, { baseURL: sandbox.urls.http, ...options }, async (page) => {
      await page.goto(path);
      await use(page);
    });

  const register = () => tpp.register(sandbox.bank('reference'));

  it('shows what happens while one looks, from the first exchange on, and keeps the focus', async () => {
    await inBrowser('/tape', {}, async (page) => {
      await page.getByText('Nothing has been said yet').waitFor();
      await register();
      await page.getByText('4 exchanges').waitFor();
      const first = page.getByRole('link', { name: 'POST /aspsp/reference/register' });
      await first.focus();
      await register();
      await page.getByText(/^[78] exchanges$/).waitFor();
      expect(await page.evaluate('document.activeElement.id')).toBe(await first.first().getAttribute('id'));
      await page.getByText(/^\d new on the tape\.$/).waitFor({ state: 'attached' });
    });
  });

  it('goes on after a reset', async () => {
    await inBrowser('/tape', {}, async (page) => {
      await sandbox.reset();
      tpp = await sandbox.createTpp({ name: 'Browser TPP' });
      // The page asks again once the stream that it had has ended, and then hears of the next registration.
      const shown = page.getByText(/^\d+ exchanges$/);
      for (let tries = 0; tries < 10 && (await shown.count()) === 0; tries += 1) {
        await register();
        await shown.waitFor({ timeout: 2_000 }).catch(() => undefined);
      }
      expect(await shown.count(), await page.locator('main').innerText()).toBe(1);
    });
  });

  it.each([true, false])(
    'leads from a call to its exchange and its verdict (JavaScript: %s)',
    async (javaScriptEnabled) => {
      await register();
      await inBrowser('/tape', { javaScriptEnabled }, async (page) => {
        await page.getByRole('link', { name: 'POST /aspsp/reference/register' }).click();
        await page.getByRole('heading', { level: 1, name: 'POST /aspsp/reference/register' }).waitFor();
        await page.getByRole('link', { name: 'what the bank checked, one by one' }).click();
        await page.getByRole('heading', { level: 1, name: /registration/ }).waitFor();
      });
    },
  );

  it('is filtered and cleared without JavaScript, and asks once before it is', async () => {
    await register();
    await inBrowser('/tape', { javaScriptEnabled: false }, async (page) => {
      await page.getByLabel('Bank').selectOption('Reference Bank');
      await page.getByRole('button', { name: 'Filter' }).click();
      await page.getByText('4 exchanges').waitFor();
      expect(await page.getByRole('button', { name: 'Clear it now' }).isVisible()).toBe(false);
      await page.getByText('Clear the tape').click();
      await page.getByRole('button', { name: 'Clear it now' }).click();
      await page.getByText('The tape has been cleared.').waitFor();
    });
  });

  it.each(['/tape', '/trust'])('does not scroll sideways at 320 pixels: %s', async (path) => {
    await register();
    await inBrowser(path, { viewport: { width: 320, height: 700 } }, async (page) => {
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    });
  });

  it('leads from the picture to the page of what was chosen, by keyboard', async () => {
    await inBrowser('/trust', {}, async (page) => {
      const bank = page.getByRole('group').getByRole('link', { name: /^Reference Bank, bank/ });
      await bank.focus();
      expect(await page.locator('.edge.is-related').count()).toBe(2);
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.querySelector("title").textContent')).toMatch(
        /, bank, DCR/,
      );
      await bank.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Reference Bank' }).waitFor();
    });
  });
});
