import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { launchBrowser, mayRun } from './browser.js';
import { inWindow, type Seen } from './window.js';

describe.skipIf(!mayRun)('inspecting a token in a browser', () => {
  let sandbox: Sandbox;
  let browser: Browser;
  let tpp: ReadyTpp;

  beforeAll(async () => {
    sandbox = await startSandbox({ keyPairs: testKeys });
    tpp = await sandbox.services.createReadyTpp({ name: 'Inspected TPP' });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await sandbox.close();
  });

  const inBrowser = (options: BrowserContextOptions, use: (page: Page, seen: Seen) => Promise<void>) =>
    inWindow(browser, { baseURL: sandbox.urls.http, ...options }, use);

  const verdict = (page: Page) => page.getByRole('heading', { level: 2, name: 'Nothing is wrong with it' });

  it('leads from the page of an SSA to its inspection without JavaScript', async () => {
    await inBrowser({ javaScriptEnabled: false }, async (page) => {
      await page.goto(`/software-statements/${tpp.softwareStatement.id}/ssa`);
      await page.getByRole('button', { name: 'Inspect this SSA' }).click();
      await verdict(page).waitFor();
      expect(await page.getByRole('button', { name: 'Copy a link' }).count()).toBe(0);
    });
  });

  it('leads from an attempt to the request and the SSA in it, each in the fragment of a link', async () => {
    const sender = await sandbox.createTpp({ name: 'Sender' });
    await sender.register(sandbox.bank('reference'), { claims: { aud: 'nobody' } });
    const bank = sandbox.services.getBank('reference');
    const [attempt] = bank.attempts({ limit: 1 }).items;
    const sent = attempt && bank.compactRequestOf(attempt);
    await inBrowser({}, async (page, { urls }) => {
      await page.goto(`/banks/reference/attempts/${attempt?.id}`);
      await page.getByRole('button', { name: 'Inspect the registration request' }).click();
      await page.getByRole('heading', { level: 2, name: '1 thing is wrong with it' }).waitFor();
      expect(page.url()).toBe(`${sandbox.urls.http}/inspect#token=${sent}`);
      await page.goBack();
      await page.getByRole('button', { name: 'Inspect the SSA' }).click();
      await verdict(page).waitFor();
      expect(page.url()).toBe(
        `${sandbox.urls.http}/inspect#token=${String(attempt?.request?.payload['software_statement'])}`,
      );
      expect(urls.filter((url) => url.split('#', 1)[0]?.includes('eyJ'))).toEqual([]);
    });
  });

  it('opens a link with the token in its fragment, makes such a link, and sends the token in no URL', async () => {
    const permissions = ['clipboard-read', 'clipboard-write'];
    await inBrowser({ permissions }, async (page, { urls, complaints }) => {
      await page.goto(`/inspect#token=${tpp.ssa}`);
      await verdict(page).waitFor();
      await page.getByRole('button', { name: 'Copy a link to this' }).click();
      await page.getByText('Copied.').waitFor();
      const link = await page.evaluate<string>('navigator.clipboard.readText()');
      expect(link).toBe(`${sandbox.urls.http}/inspect#token=${tpp.ssa}`);
      expect(page.url()).toBe(link);

      await page.goto(`/inspect#token=${tpp.ssa}x&other=${tpp.ssa}`);
      await page.getByRole('heading', { name: 'The two side by side' }).waitFor();
      await page.goto('/banks');
      await page.goto('/inspect#token=junk');
      await page.getByRole('alert').getByRole('link', { name: 'Token: expected' }).waitFor();
      expect(urls.filter((url) => url.split('#', 1)[0]?.includes('eyJ'))).toEqual([]);
      // Chromium itself mentions any answer of 400 and more on its console: to the script, and to the form.
      const refusals = complaints.splice(0);
      expect(refusals).toEqual(refusals.map(() => expect.stringContaining('status of 400') as string));
    });
  });

  it('runs nothing that a token says, and fits into 320 pixels with headings in order and no id twice', async () => {
    const markup = '<img src=x onerror=alert(1)><script>alert(2)</script>';
    const { ssa } = await sandbox.services.defectiveSsas.issue(tpp.softwareStatement.id, {
      override: {
        replace: { org_name: markup, [`x${markup}`]: { deep: 'y'.repeat(300) }, software_id: markup },
      },
    });
    await inBrowser({ viewport: { width: 320, height: 800 } }, async (page) => {
      page.on('dialog', () => {
        throw new Error('A token ran.');
      });
      await page.goto(`/inspect#token=${ssa}&other=${tpp.ssa}`);
      await page.getByRole('heading', { name: 'The two side by side' }).waitFor();
      expect(await page.evaluate(layoutOfPage)).toEqual({
        surplusWidth: 0,
        repeatedIds: [],
        skippedHeadings: [],
      });
    });
  });
});

/** Runs in the page: what is wider than the window, doubly named or out of order. */
const layoutOfPage = `(() => {
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  const levels = [...document.querySelectorAll('h1, h2, h3, h4')].map(({ tagName }) => Number(tagName[1]));
  return {
    surplusWidth: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    repeatedIds: ids.filter((id, index) => ids.indexOf(id) !== index),
    skippedHeadings: levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1),
  };
})()`;
