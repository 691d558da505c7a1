import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { launchBrowser, mayRun } from './browser.js';
import { openPage, pagesOf, type DeskPage } from './pages.js';

/** Each runs where it is written as it is: into an element, an attribute, a script, a text area, a link. */
const corpus = [
  '<script>broken=1</script>',
  '<img src=x onerror=broken=1>',
  '" onfocus=broken=1 autofocus x="',
  "' onfocus=broken=1 autofocus x='",
  '</textarea><script>broken=1</script>',
  '</title><svg onload=broken=1>',
  '</pre><iframe srcdoc=broken>',
  "<%- 'ran' + 'EJS' %>",
  'javascript:broken=1',
];

describe.skipIf(!mayRun)('names, addresses and claims with markup in them', () => {
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

  it('are text on every page, and nothing more', async () => {
    const marked: DeskPage[] = [];
    for (const markup of corpus) marked.push(...(await pagesWith(sandbox, markup)));
    const context = await browser.newContext({ baseURL: sandbox.urls.http });
    const page = await context.newPage();
    const violations: string[] = [];
    await page.exposeFunction('reportViolation', (text: string) => violations.push(text));
    await page.addInitScript(
      `document.addEventListener('securitypolicyviolation', (event) =>
        reportViolation(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample))`,
    );
    for (const deskPage of [...(await pagesOf(sandbox)), ...marked]) {
      const { name } = deskPage;
      const response = await openPage(page, deskPage);
      expect(response?.status(), name).toBeLessThan(500);
      await page.locator('footer').waitFor();
      expect(await page.evaluate('window.broken'), name).toBeUndefined();
      expect(await page.locator('iframe, a[href^="javascript:" i]').count(), name).toBe(0);
      expect(await page.locator('body').innerText(), name).not.toContain('ranEJS');
    }
    expect(violations).toEqual([]);
    await context.close();
  }, 240_000);
});

/** Pages of things that have the markup wherever a user may write. */
async function pagesWith(sandbox: Sandbox, markup: string): Promise<DeskPage[]> {
  const tpp = await sandbox.createTpp({
    name: markup,
    clientName: markup,
    description: markup,
    onBehalfOf: markup,
    contacts: [{ type: 'Technical', name: markup, email: 'tech@example.com', phone: markup.slice(0, 30) }],
  });
  const bank = sandbox.bank('reference');
  const request = {
    claims: { jti: markup, redirect_uris: [markup], [markup]: markup, scope: markup },
    header: { typ: markup },
  };
  await tpp.register(bank, request);
  const [attempt] = sandbox.services.getBank('reference').attempts({ limit: 1 }).items;
  const exchange = sandbox.services.tape.list().findLast(({ parent }) => !parent);
  const statement = `/software-statements/${tpp.softwareStatement.id}`;
  const inAddress = encodeURIComponent(markup);
  return [
    { name: `organisation ${markup}`, path: `/organisations/${tpp.organisation.id}` },
    { name: `organisation to change ${markup}`, path: `/organisations/${tpp.organisation.id}/edit` },
    { name: `search ${markup}`, path: `/organisations?q=${inAddress}` },
    { name: `search in one ${markup}`, path: `/organisations/${tpp.organisation.id}?q=${inAddress}` },
    { name: `statement ${markup}`, path: statement },
    { name: `statement to change ${markup}`, path: `${statement}/edit` },
    { name: `SSA ${markup}`, path: `${statement}/ssa` },
    { name: `certificate ${markup}`, path: `/certificates/${tpp.transport.kid}` },
    { name: `attempt ${markup}`, path: `/banks/reference/attempts/${attempt?.id ?? ''}` },
    { name: `exchange ${markup}`, path: `/tape/${exchange?.id ?? ''}` },
    { name: `tape ${markup}`, path: `/tape?tpp=${inAddress}&bank=${inAddress}&before=${inAddress}` },
    { name: `trust ${markup}`, path: `/trust?statement=${tpp.softwareStatement.id}` },
    { name: `again ${markup}`, path: `${statement}/register?attempt=${attempt?.id ?? ''}&by=hand` },
    { name: `attempts ${markup}`, path: `/attempts?bank=${inAddress}&outcome=${inAddress}` },
    {
      name: `docs ${markup}`,
      path: `/docs/directory/software-statements?statement=${tpp.softwareStatement.id}`,
    },
    { name: `inspected SSA ${markup}`, path: `/inspect#token=${await tpp.ssa()}&other=${inAddress}` },
    {
      name: `inspected request ${markup}`,
      path: `/inspect#token=${await tpp.registrationRequest({ bank, ...request })}`,
    },
    { name: `address ${markup}`, path: `/${inAddress}?notice=${inAddress}&after=${inAddress}` },
  ];
}
