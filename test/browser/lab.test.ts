import { readFileSync } from 'node:fs';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { launchBrowser, mayRun } from './browser.js';

const DAY = 86_400_000;

describe.skipIf(!mayRun)('the lab and the docs in a browser', () => {
  let sandbox: Sandbox;
  let browser: Browser;
  const complaints: string[] = [];

  beforeAll(async () => {
    sandbox = await startSandbox({ keyPairs: testKeys });
    browser = await launchBrowser();
  });
  afterEach(() => {
    sandbox.clock.follow();
    sandbox.services.faults.clearAll();
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    await sandbox.close();
  });

  /** What the console and the policy of the page have to say meanwhile is a complaint. */
  async function openPage(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ baseURL: sandbox.urls.http, ...options });
    const page = await context.newPage();
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(path);
    return page;
  }

  it('moves the clock by a slider, shows the day on the way, and goes back to real time', async () => {
    const page = await openPage('/lab');
    const slider = page.getByRole('slider', { name: 'Days from today' });
    await slider.fill('400');
    const wanted = new Date(Date.now() + 400 * DAY).toISOString().slice(0, 7);
    expect(await page.locator('#clock-preview').textContent()).toContain(wanted);
    await page.getByRole('button', { name: 'Go there' }).click();
    await page.getByText('The clock has been changed').waitFor();
    expect(Math.round((sandbox.clock.now().getTime() - Date.now()) / DAY)).toBe(400);
    await page.getByRole('button', { name: 'Follow real time' }).click();
    await page.getByText('It follows real time.').waitFor();
    await page.context().close();
  });

  it('lets a certificate expire, and revokes one after it has asked', async () => {
    const { transport, signing } = await sandbox.createTpp({ name: 'Mortal Ltd' });
    const page = await openPage('/lab');
    await page.getByRole('button', { name: `the day after obtransport ${transport.kid} expires` }).click();
    await page.getByRole('row', { name: transport.kid }).getByText('expired').waitFor();
    await page.getByRole('button', { name: 'Follow real time' }).click();
    const row = page.getByRole('row', { name: signing.kid });
    const button = row.getByRole('button', { name: 'Revoke certificate' });
    expect(await button.isVisible()).toBe(false);
    await row.locator('summary').click();
    await button.click();
    await page.getByText('The certificate has been revoked.').waitFor();
    expect(sandbox.services.certificates.get(signing.kid).status).toBe('revoked');
    await page.context().close();
  });

  it('offers of a fault what its name takes, and tells of it on every page', async () => {
    const page = await openPage('/lab');
    const form = page.locator('#fault-http');
    await form.getByLabel('What goes wrong').selectOption('slow');
    expect(await form.getByLabel('Seconds to wait').isVisible()).toBe(false);
    await form.getByLabel('Late by milliseconds').fill('50');
    await form.getByRole('button', { name: 'Set the fault' }).click();
    await page.getByText('The fault is set').waitFor();
    expect(sandbox.services.faults.list()).toMatchObject([{ name: 'slow', milliseconds: 50 }]);
    await page.goto('/banks');
    await page.getByText('A fault is set: something here misbehaves on purpose.').waitFor();
    await page.context().close();
  });

  it.each([true, false])(
    'exports the state and takes it back, with JavaScript: %s',
    async (javaScriptEnabled) => {
      const page = await openPage('/lab', { javaScriptEnabled });
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Export', exact: true }).click(),
      ]);
      const file = await download.path();
      const { organisation } = await sandbox.createTpp({ name: 'Made after the export' });
      await page.getByRole('link', { name: 'Import…' }).click();
      if (javaScriptEnabled) await page.getByLabel('Or the file itself').setInputFiles(file);
      else await page.getByLabel('State', { exact: true }).fill(readFileSync(file, 'utf8'));
      await page.getByRole('button', { name: 'Import, and replace everything' }).click();
      await page.getByText('The imported state is in force.').waitFor();
      expect(() => sandbox.services.registry.getOrganisation(organisation.id)).toThrow();
      await page.context().close();
    },
  );

  it('tries a call in place, and shows what came back', async () => {
    const page = await openPage('/docs/api/statements');
    const form = page.getByRole('form', { name: 'Try: Issue an SSA' });
    await form.getByRole('button').click();
    await form.getByText('200 OK').waitFor();
    const answer = JSON.parse(await form.locator('pre').innerText()) as { payload: object };
    expect(answer.payload).not.toHaveProperty('iat');
    await form.getByLabel('Directory').selectOption('/sandbox/anchors/second');
    await form.getByRole('button').click();
    await form.getByText('404 Not Found').waitFor();
    // Chromium itself mentions any answer of 400 and more on its console.
    expect(complaints.splice(0)).toEqual([expect.stringContaining('status of 404')]);
    await page.context().close();
  });

  it.each([true, false])(
    'has the desk call the Directory and shows the answer in its place, with JavaScript: %s',
    async (javaScriptEnabled) => {
      const { softwareStatement } = await sandbox.createTpp({ name: 'Calling Ltd' });
      const path = `/docs/directory/software-statements?statement=${softwareStatement.id}`;
      const page = await openPage(path, { javaScriptEnabled });
      const form = page.getByRole('form', { name: 'Try: Get an SSA', exact: true });
      await form.getByRole('button', { name: 'Send' }).click();
      const panel = page.getByRole('region', { name: 'Get an SSA', exact: true });
      await panel.getByText('200 OK').waitFor();
      expect(await panel.getByRole('group', { name: 'Body of the answer' }).innerText()).toMatch(/^ey/);
      expect(page.url().endsWith(path)).toBe(javaScriptEnabled);
      await form.getByLabel('orgId').fill('..');
      await form.getByRole('button', { name: 'Send' }).click();
      await page.getByText('expected a name, got ".."').first().waitFor();
      expect(complaints.splice(0).every((one) => one.includes('status of 400'))).toBe(true);
      await page.context().close();
    },
  );

  it('answers a question by a button, without JavaScript', async () => {
    const page = await openPage('/docs/faq/length-of-aud', { javaScriptEnabled: false });
    await page.getByRole('button', { name: 'Address it to a URL' }).click();
    await page.getByText('https://bank.example').first().waitFor();
    expect(page.url()).toContain('/banks/reference/attempts/');
    await page.context().close();
  });

  it.each([320, 1280])('fits into %i pixels', async (width) => {
    const page = await openPage('/lab', { viewport: { width, height: 800 } });
    const surplus = async (path: string) => {
      await page.goto(path);
      await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
      return page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
    };
    for (const path of [
      '/lab',
      '/lab/defects',
      '/lab/import',
      '/lab/reset',
      '/docs',
      '/docs/api/failure',
      '/docs/directory/software-statements',
      '/docs/directory/tokens',
      '/docs/faq/redirect-uris',
    ])
      expect(await surplus(path), path).toBe(0);
    await page.context().close();
  });
});
