import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { launchBrowser, mayRun } from './browser.js';
import { openPage, pagesOf, type DeskPage } from './pages.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeFinding {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

/** Everything but the advice that is no part of WCAG and a matter of taste. */
const runAxe = `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
  .then(({ violations }) => violations)`;

describe.skipIf(!mayRun)('every page of the desk', () => {
  let sandbox: Sandbox;
  let browser: Browser;
  let pages: DeskPage[];

  beforeAll(async () => {
    sandbox = await startSandbox({ keyPairs: testKeys });
    pages = await pagesOf(sandbox);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await sandbox.close();
  });

  it.each(['light', 'dark'] as const)(
    'is accessible as far as axe can tell, in %s colours, with all its details open',
    async (colorScheme) => {
      const context = await browser.newContext({ baseURL: sandbox.urls.http, colorScheme });
      // The page itself may run nothing but our own files.
      const page = await context.newPage();
      const found: string[] = [];
      for (const deskPage of pages) {
        await openPage(page, deskPage);
        await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
        await page.evaluate(axe);
        const violations = await page.evaluate<AxeFinding[]>(runAxe);
        for (const { id, nodes } of violations) {
          found.push(
            ...nodes.map(
              (node) => `${deskPage.name}: ${id} at ${node.target.join(' ')}: ${node.failureSummary}`,
            ),
          );
        }
      }
      await context.close();
      expect(found).toEqual([]);
    },
    240_000,
  );

  it('leads by keyboard alone from the first page to an SSA on the clipboard', async () => {
    const context = await browser.newContext({
      baseURL: sandbox.urls.http,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const page = await context.newPage();
    const focused = () =>
      page.evaluate<string>(
        '(document.activeElement.textContent || document.activeElement.name || "").trim()',
      );
    const tabTo = async (name: string) => {
      for (let presses = 0; presses < 60; presses++) {
        await page.keyboard.press('Tab');
        const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
        expect(outline, `focus on "${await focused()}"`).not.toBe('none');
        if ((await focused()) === name) return;
      }
      throw new Error(`No "${name}" within 60 presses of the tabulator.`);
    };
    await page.goto('/');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    await tabTo('name');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('Keyboard Ltd');
    await tabTo('Get a test SSA');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'SSA of Keyboard Ltd' }).waitFor();
    await tabTo('Copy SSA (JWS)');
    await page.keyboard.press('Enter');
    await page.getByText('Copied.').waitFor();
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    await context.close();
  });
});
