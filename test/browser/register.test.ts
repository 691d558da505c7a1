import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { anonymousPost, verdictOf } from '../support/registration.js';
import { launchBrowser, mayRun } from './browser.js';
import { inWindow } from './window.js';

describe.skipIf(!mayRun)('registering at a bank in a browser', () => {
  let sandbox: Sandbox;
  let browser: Browser;
  let tpp: ReadyTpp;

  beforeAll(async () => {
    sandbox = await startSandbox({ keyPairs: testKeys });
    tpp = await sandbox.services.createReadyTpp({ name: 'Browser TPP' });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await sandbox.close();
  });

  const inBrowser = (options: BrowserContextOptions, use: (page: Page) => Promise<void>) =>
    inWindow(browser, { baseURL: sandbox.urls.http, ...options }, use);

  const claims = async (page: Page) =>
    JSON.parse(await page.getByLabel('Claims', { exact: true }).inputValue()) as Record<string, unknown>;

  it.each([true, false])(
    'composes a request, reads why it was refused, changes it and registers (JavaScript: %s)',
    async (javaScriptEnabled) => {
      await inBrowser({ javaScriptEnabled }, async (page) => {
        await page.goto(`/software-statements/${tpp.softwareStatement.id}`);
        await page.getByRole('button', { name: 'Compose a request' }).click();
        await page.getByRole('heading', { level: 1, name: 'Register at Reference Bank' }).waitFor();
        await page.getByLabel('Audience (aud)').fill('https://elsewhere.example');
        await page.getByRole('button', { name: 'Send the form' }).click();

        await page.getByRole('heading', { level: 1, name: 'Attempt: registration' }).waitFor();
        const refused = page.getByRole('listitem').filter({ hasText: 'aud is the bank' });
        await refused.getByRole('link', { name: 'See it in what was sent' }).click();
        expect(await page.evaluate<string>("document.querySelector(':target').textContent")).toContain(
          '"aud": "https://elsewhere.example"',
        );

        await page.getByRole('link', { name: 'Try again with changes' }).click();
        expect(await page.getByLabel('Audience (aud)').inputValue()).toBe('https://elsewhere.example');
        await page.getByLabel('Audience (aud)').fill('0015800000REFBKAA5');
        await page.getByRole('button', { name: 'Send the form' }).click();
        await page.getByText('status 201').waitFor();
      });
    },
  );

  it('takes the kind of SSA from the defect that is chosen and from the SSA that is pasted', async () => {
    await inBrowser({}, async (page) => {
      await page.goto(`/software-statements/${tpp.softwareStatement.id}/register?bank=reference`);
      const defect = page.getByLabel('Defect', { exact: true });
      await defect.selectOption('no-iat');
      expect(await page.getByLabel('a fresh one with a defect').isChecked()).toBe(true);
      await page.getByLabel('Pasted SSA').fill('a.b.c');
      expect(await page.getByLabel('the pasted one').isChecked()).toBe(true);
      expect(await defect.inputValue()).toBe('');
      await page.getByLabel('Pasted SSA').fill('');
      expect(await page.getByLabel('a fresh one of the Directory').isChecked()).toBe(true);
      await page.getByRole('button', { name: 'Send it as it is' }).click();
      await page.getByText('status 201').waitFor();
    });
  });

  it('writes the form into the JSON while it is filled in, until the JSON is changed and sent as written', async () => {
    await inBrowser({}, async (page) => {
      await page.goto(`/software-statements/${tpp.softwareStatement.id}/register?bank=reference`);
      await page.getByLabel('Audience (aud)').fill('changed in the form');
      await expect.poll(() => claims(page)).toMatchObject({ aud: 'changed in the form' });

      const written = { ...(await claims(page)), aud: '0015800000REFBKAA5', own_claim: 1 };
      await page.getByLabel('Claims', { exact: true }).fill(JSON.stringify(written));
      await page.getByText('You have changed the JSON.').waitFor();
      await page.getByLabel('Audience (aud)').fill('changed once more');
      expect(await claims(page)).toEqual(written);
      await page.getByRole('button', { name: 'Send the JSON as written' }).click();
      await page.getByText('status 201').waitFor();
      expect(await page.locator('#token-0-payload-own_claim').innerText()).toContain('"own_claim": 1');
    });
  });

  it('announces new attempts above the list, and shows them when asked, without moving the focus before', async () => {
    const bank = sandbox.services.getBank('legacy');
    await inBrowser({}, async (page) => {
      await page.goto('/banks/legacy');
      await page.getByRole('button', { name: 'Save profile' }).focus();
      const first = verdictOf(await bank.register(anonymousPost('')));
      await page.getByText('1 new attempt:').waitFor();
      const second = verdictOf(await bank.register(anonymousPost('')));
      await page.getByText('2 new attempts:').waitFor();
      expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('Save profile');
      expect(await page.locator('table.attempts tbody tr').count()).toBe(0);
      await page.getByRole('button', { name: 'show', exact: true }).press('Enter');
      const rows = page.locator('table.attempts tbody tr');
      expect(
        await page.evaluate<string[]>(
          "[...document.querySelectorAll('table.attempts tbody tr')].map((row) => row.dataset.attempt)",
        ),
      ).toEqual([second.id, first.id]);
      await rows.first().getByRole('link', { name: 'check by check' }).click();
      await page.getByRole('heading', { level: 1, name: 'Attempt: registration' }).waitFor();
    });
  });
});
