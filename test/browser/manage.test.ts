import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';
import { launchBrowser, mayRun } from './browser.js';

describe.skipIf(!mayRun)('managing the Directory in a browser', () => {
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

  async function inBrowser(javaScriptEnabled: boolean, use: (page: Page) => Promise<void>): Promise<void> {
    const context = await browser.newContext({ baseURL: sandbox.urls.http, javaScriptEnabled });
    await use(await context.newPage());
    await context.close();
  }

  async function downloaded(page: Page, press: () => Promise<void>): Promise<Buffer> {
    const [download] = await Promise.all([page.waitForEvent('download'), press()]);
    return readFileSync(await download.path());
  }

  it.each([true, false])(
    'finds, changes and revokes by forms alone, with JavaScript: %j',
    async (javaScriptEnabled) => {
      const name = `Managed ${javaScriptEnabled ? 'with' : 'without'} Ltd`;
      const { organisation, transport } = await sandbox.createTpp({ name });
      await inBrowser(javaScriptEnabled, async (page) => {
        await page.goto('/organisations');
        await page.getByRole('searchbox').fill(transport.kid.slice(2, 20));
        await page.getByRole('button', { name: 'Search' }).click();
        await page.getByRole('link', { name }).first().click();
        await page.getByRole('link', { name: 'Change these' }).click();
        const contact = page.getByRole('group', { name: 'Registered' });
        await contact.getByLabel('Name').fill('The office');
        await contact.getByLabel('E-mail').fill('no address');
        await page.getByRole('button', { name: 'Save changes' }).click();
        await page.getByRole('alert').getByRole('link', { name: 'Registered contact, E-mail' }).waitFor();
        expect(await contact.getByLabel('Name').inputValue()).toBe('The office');
        await contact.getByLabel('E-mail').fill('office@example.com');
        await contact.getByLabel('Phone').fill('+44 20 7946 0009');
        await page.getByRole('button', { name: 'Save changes' }).click();
        await page.getByText('The changes have been saved.').waitFor();
        expect(sandbox.services.registry.getOrganisation(organisation.id).contacts).toContainEqual({
          type: 'Registered',
          name: 'The office',
          email: 'office@example.com',
          phone: '+44 20 7946 0009',
        });

        await page.goto(`/certificates/${transport.kid}`);
        for (const password of ['first', 'second']) {
          await page.getByLabel('Password for a PKCS#12 file').fill(password);
          const archive = await downloaded(page, () =>
            page.getByRole('button', { name: 'Download PKCS#12' }).click(),
          );
          workshop.write('made.p12', archive);
          const key = workshop.openssl(
            ...['pkcs12', '-in', 'made.p12', '-passin', `pass:${password}`, '-nocerts', '-nodes'],
          );
          expect(key).toContain(transport.privateKeyPem);
        }
        await page.getByLabel('Reason').selectOption('superseded');
        await page.getByRole('button', { name: 'Revoke certificate' }).click();
        expect(sandbox.services.certificates.get(transport.kid).status).toBe('active');
        await page.getByLabel('Revoke it for good').check();
        await page.getByRole('button', { name: 'Revoke certificate' }).click();
        await page.getByText('The certificate has been revoked.').waitFor();
        expect(sandbox.services.certificates.get(transport.kid).status).toBe('revoked');
      });
    },
    60_000,
  );

  it('shows every column of the certificates beside the facts', async () => {
    const { softwareStatement } = await sandbox.createTpp({});
    await inBrowser(true, async (page) => {
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.goto(`/software-statements/${softwareStatement.id}`);
      const overflow = await page.evaluate<number>(
        "(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('.scroll'))",
      );
      expect(overflow).toBe(0);
    });
  });
});
