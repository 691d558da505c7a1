import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';
import { launchBrowser, mayRun } from './browser.js';
import { inWindow, type Seen } from './window.js';

const CLICKS_AT_MOST = 3;

describe.skipIf(!mayRun)('the desk in a browser', () => {
  let sandbox: Sandbox;
  let browser: Browser;
  const workshop = new Workshop();

  beforeAll(async () => {
    sandbox = await startSandbox({ keyPairs: testKeys });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    workshop.remove();
    await browser.close();
    await sandbox.close();
  });

  const inBrowser = (options: BrowserContextOptions, use: (page: Page, seen: Seen) => Promise<void>) =>
    inWindow(browser, { baseURL: sandbox.urls.http, ...options }, async (page, seen) => {
      await page.goto('/');
      await use(page, seen);
    });

  /** Presses the buttons and follows the links of these names, one after the other. */
  async function click(
    page: Page,
    names: readonly { role: 'button' | 'link'; name: string }[],
  ): Promise<void> {
    for (const { role, name } of names) await page.getByRole(role, { name }).first().click();
  }

  const shownSsa = (page: Page) => page.getByLabel('SSA (JWS)').inputValue();
  const clipboard = (page: Page) => page.evaluate<string>('navigator.clipboard.readText()');

  it.each([
    {
      way: 'by its first button',
      clicks: [
        { role: 'button', name: 'Get a test SSA' },
        { role: 'button', name: 'Copy SSA (JWS)' },
      ] as const,
    },
    {
      way: 'by a software statement',
      clicks: [
        { role: 'link', name: 'Acme Budget Planner' },
        { role: 'button', name: 'Issue SSA' },
        { role: 'button', name: 'Copy SSA (JWS)' },
      ] as const,
    },
  ])('leads from the start page to a copied SSA in at most three clicks $way', async ({ clicks }) => {
    expect(clicks.length).toBeLessThanOrEqual(CLICKS_AT_MOST);
    await inBrowser({ permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
      await click(page, clicks);
      await page.getByText('Copied.').waitFor();
      const ssa = await shownSsa(page);
      expect(await clipboard(page)).toBe(ssa);
      const inspection = await sandbox.services.inspector.inspect(ssa);
      expect(inspection).toMatchObject({ kind: 'ssa', signature: { valid: true } });
    });
  });

  it('selects the SSA where the browser keeps its clipboard to itself', async () => {
    await inBrowser({}, async (page) => {
      await page.addInitScript("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
      await click(page, [
        { role: 'button', name: 'Get a test SSA' },
        { role: 'button', name: 'Copy SSA (JWS)' },
      ]);
      await page.getByText('Selected: copy it with Ctrl+C').waitFor();
      expect(await page.evaluate<string>('window.getSelection().toString()')).toBe(await shownSsa(page));
    });
  });

  it('shows an SSA without JavaScript, and no button that would do nothing', async () => {
    await inBrowser({ javaScriptEnabled: false }, async (page) => {
      await click(page, [{ role: 'button', name: 'Get a test SSA' }]);
      expect(await shownSsa(page)).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
      expect(await page.getByRole('button', { name: 'Copy' }).count()).toBe(0);
    });
  });

  it('takes a TPP from nothing to an SSA by forms alone, without JavaScript', async () => {
    await inBrowser({ javaScriptEnabled: false }, async (page) => {
      await page.goto('/organisations');
      await page.getByLabel('Name').fill('Browser TPP');
      await click(page, [{ role: 'button', name: 'Create organisation' }]);
      await page.getByText('The organisation has been created.').waitFor();

      await page.getByLabel('Client name').fill('Browser software');
      await page.getByLabel('Redirect URIs').fill('https://tpp.example/1\nhttps://tpp.example/2');
      await page.getByLabel('CBPII').uncheck();
      await click(page, [{ role: 'button', name: 'Create software statement' }]);
      await page.getByRole('heading', { level: 1, name: 'Browser software' }).waitFor();
      const statementUrl = page.url();

      await click(page, [{ role: 'button', name: 'Make key and certificate' }]);
      expect(await page.getByLabel('Private key (PKCS#8, PEM)').inputValue()).toContain('BEGIN PRIVATE KEY');
      await page.goto(statementUrl);
      await click(page, [{ role: 'button', name: 'Issue SSA' }]);
      const [, payload = ''] = (await shownSsa(page)).split('.');
      expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
        org_name: 'Browser TPP',
        software_client_name: 'Browser software',
        software_redirect_uris: ['https://tpp.example/1', 'https://tpp.example/2'],
        software_roles: ['AISP', 'PISP'],
      });
    });
  });

  it('certifies a key from the signing request that its own command makes, and revokes it', async () => {
    const { softwareStatement } = await sandbox.services.createReadyTpp({});
    await inBrowser({}, async (page) => {
      await page.goto(`/software-statements/${softwareStatement.id}`);
      const command = await page.getByLabel('Make one with OpenSSL', { exact: true }).inputValue();
      const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(
        ([, quoted, plain]) => quoted ?? plain ?? '',
      );
      workshop.openssl(...words.slice(1));
      await page.getByLabel('Certificate signing request').fill(workshop.read('tpp.csr'));
      await click(page, [{ role: 'button', name: 'Certify this key' }]);
      await page.getByText('private key: with its holder').waitFor();
      await page.getByLabel('Reason').selectOption('keyCompromise');
      await page.getByLabel('Revoke it for good').check();
      await click(page, [{ role: 'button', name: 'Revoke certificate' }]);
      await page.getByText('The certificate has been revoked.').waitFor();
    });
  });

  it.each(['dropped on the field', 'chosen'])(
    'takes a signing request from a file that is %s',
    async (way) => {
      const { softwareStatement, organisation } = await sandbox.services.createReadyTpp({});
      const csr = workshop.csr(`/C=GB/O=OpenBanking/OU=${organisation.id}/CN=${softwareStatement.id}`);
      await inBrowser({}, async (page) => {
        await page.goto(`/software-statements/${softwareStatement.id}`);
        const field = page.getByLabel('Certificate signing request');
        if (way === 'chosen') {
          const file = { name: 'tpp.csr', mimeType: 'application/pkcs10', buffer: Buffer.from(csr) };
          await page.getByLabel('or choose a file').setInputFiles(file);
        } else {
          const dataTransfer = await page.evaluateHandle(
            `(() => {
            const data = new DataTransfer();
            data.items.add(new File([${JSON.stringify(csr)}], 'tpp.csr'));
            return data;
          })()`,
          );
          await field.dispatchEvent('drop', { dataTransfer });
        }
        await expect.poll(() => field.inputValue()).toBe(csr);
        await click(page, [{ role: 'button', name: 'Certify this key' }]);
        await page.getByText('private key: with its holder').waitFor();
      });
    },
  );

  it('comes back with the errors and the input when a form is refused', async () => {
    await inBrowser({}, async (page, { complaints }) => {
      await page.goto('/organisations');
      await page.getByLabel('Name').fill('x'.repeat(141));
      await click(page, [{ role: 'button', name: 'Create organisation' }]);
      const link = page.getByRole('alert').getByRole('link');
      expect(await link.innerText()).toMatch(/^Name: expected at most 140 characters, got/);
      await link.click();
      expect(await page.evaluate<string>('document.activeElement.value')).toBe('x'.repeat(141));
      // Chromium itself mentions any answer of 400 and more on its console.
      expect(complaints.splice(0)).toEqual([expect.stringContaining('status of 400')]);
    });
  });

  it('changes how a bank behaves, without JavaScript, and back again', async () => {
    await inBrowser({ javaScriptEnabled: false }, async (page) => {
      await click(page, [
        { role: 'link', name: 'Banks' },
        { role: 'link', name: 'JWT-Only Bank' },
      ]);
      const before = await page.getByLabel('Profile', { exact: true }).inputValue();
      const profile = JSON.parse(before) as { request: object };
      const request = { ...profile.request, maxLifetimeSeconds: 120 };
      await page.getByLabel('Profile', { exact: true }).fill(JSON.stringify({ ...profile, request }));
      await click(page, [{ role: 'button', name: 'Save profile' }]);
      await page.getByText('The profile has been saved').waitFor();
      const row = page.getByRole('row', { name: 'request.maxLifetimeSeconds' });
      expect(await row.getByRole('cell').allInnerTexts()).toEqual(['120', 'any']);
      expect(sandbox.services.getBank('jwt-only').profile.request.maxLifetimeSeconds).toBe(120);

      await click(page, [{ role: 'button', name: 'Back to how it came' }]);
      await page.getByText('The bank is back to the profile that it came with.').waitFor();
      expect(await page.getByLabel('Profile', { exact: true }).inputValue()).toBe(before);
    });
  });

  it('shows a refused profile as it was written, with links from every problem to it', async () => {
    await inBrowser({}, async (page, { complaints }) => {
      await page.goto('/banks/jwt-only');
      const written = '{\n  "id": "other",\n  "request": { "maxLifetimeSeconds": "long" }\n}';
      await page.getByLabel('Profile', { exact: true }).fill(written);
      await click(page, [{ role: 'button', name: 'Save profile' }]);
      const problems = page.getByRole('alert').getByRole('link');
      expect(await problems.allInnerTexts()).toContain(
        'request.maxLifetimeSeconds: expected a number, got "long"',
      );
      await problems.last().click();
      expect(await page.evaluate<string>('document.activeElement.value')).toBe(written);
      // Chromium itself mentions any answer of 400 and more on its console.
      expect(complaints.splice(0)).toEqual([expect.stringContaining('status of 400')]);
    });
  });

  it('asks for the password and opens the desk once it has been given', async () => {
    const guarded = await startSandbox({ keyPairs: testKeys, adminPassword: 'secret' });
    try {
      await inBrowser({ baseURL: guarded.urls.http }, async (page) => {
        await page.getByLabel('Admin password').fill('secret');
        await click(page, [{ role: 'button', name: 'Log in' }]);
        await page.getByRole('button', { name: 'Get a test SSA' }).waitFor();
        await click(page, [{ role: 'button', name: 'Log out' }]);
        await page.getByRole('heading', { name: 'Log in' }).waitFor();
      });
    } finally {
      await guarded.close();
    }
  });
});
