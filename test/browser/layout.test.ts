import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { BankClient } from '../support/bank-client.js';
import { testKeys } from '../support/keys.js';
import { anonymousPost, verdictOf } from '../support/registration.js';
import { launchBrowser, mayRun } from './browser.js';
import { openPage, pagesOf, type DeskPage } from './pages.js';

// A small phone, a common one, a window of 1280 pixels at 200 %, and that window.
const WIDTHS = [320, 360, 640, 1280];
const VISITS = 4;

vi.setConfig({ testTimeout: 240_000 });

describe.skipIf(!mayRun)('every page of the desk', () => {
  let sandbox: Sandbox;
  let browser: Browser;
  let pages: DeskPage[];

  beforeAll(async () => {
    sandbox = await startSandbox({ keyPairs: testKeys });
    pages = [...(await pagesOf(sandbox)), ...(await pagesOfLongNames(sandbox))];
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await sandbox.close();
  });

  it.each(WIDTHS)('fits into %i pixels and stays where it is while it loads', async (width) => {
    const context = await browser.newContext({
      baseURL: sandbox.urls.http,
      viewport: { width, height: 800 },
    });
    await context.addInitScript(keepShifts);
    const page = await context.newPage();
    const found: Record<string, unknown> = {};
    for (const deskPage of pages) {
      const layout = await calmestLayout(page, deskPage);
      if (JSON.stringify(layout) !== JSON.stringify(goodLayout)) found[deskPage.name] = layout;
    }
    expect(found).toEqual({});
    await refuseProfile(page);
    expect(await page.evaluate(layoutOfPage), 'a refused profile').toEqual(goodLayout);
    await context.close();
  });

  it('keeps still for people who want that', async () => {
    const context = await browser.newContext({ baseURL: sandbox.urls.http, reducedMotion: 'reduce' });
    const page = await context.newPage();
    const moving: Record<string, unknown> = {};
    for (const deskPage of pages) {
      await openPage(page, deskPage);
      const found = await page.evaluate<string[]>(whatMoves);
      if (found.length > 0) moving[deskPage.name] = found;
    }
    expect(moving).toEqual({});
    await context.close();
  });
});

/** A TPP of a long name, and what banks have to say of it. */
async function pagesOfLongNames(sandbox: Sandbox): Promise<DeskPage[]> {
  const tpp = await sandbox.services.createReadyTpp({ name: `A long name ${'of a TPP '.repeat(12)}` });
  const attempt = verdictOf(
    await sandbox.services.getBank('reference').register(anonymousPost('not.a.token')),
  );
  const adaptive = new BankClient(sandbox, 'adaptive', tpp);
  await adaptive.register(adaptive.claims({ response_types: ['code'] }));
  await adaptive.requestToken({ client_id: 'nobody' });
  const attempts = sandbox.services.getBank('adaptive').attempts({ limit: 2 }).items;
  const statement = `/software-statements/${tpp.softwareStatement.id}`;
  return [
    '/organisations?q=long',
    `/organisations/${tpp.organisation.id}`,
    `/organisations/${tpp.organisation.id}/edit`,
    statement,
    `${statement}/edit`,
    `${statement}/ssa`,
    `${statement}/register?bank=reference`,
    `/trust?organisation=${tpp.organisation.id}`,
    '/tape',
    '/banks/adaptive',
    '/banks/open-trust',
    `/banks/reference/attempts/${attempt.id}`,
    ...attempts.map(({ id }) => `/banks/adaptive/attempts/${id}`),
  ].map((path) => ({ name: `${path}, with a long name`, path }));
}

/** Of some visits the calmest: a page that came in pieces on a busy machine moves once, what a script moves does so each time. */
async function calmestLayout(page: Page, deskPage: DeskPage): Promise<typeof goodLayout> {
  for (let visit = 1; ; visit += 1) {
    await openPage(page, deskPage);
    const layout = await page.evaluate<typeof goodLayout>(layoutOfPage);
    if (layout.shifts === 0 || visit === VISITS) return layout;
  }
}

/** Sends a bank's profile that is wrong, and much wider than a page, and waits for what the desk says of it. */
async function refuseProfile(page: Page): Promise<void> {
  await page.goto('/banks/adaptive');
  await page.getByLabel('Profile', { exact: true }).fill(`{"${'x'.repeat(200)}": 1, "ssa": {}}`);
  await page.getByRole('button', { name: 'Save profile' }).click();
  await page.getByRole('alert').waitFor();
  // With its style sheets.
  await page.waitForLoadState();
}

const goodLayout = { surplusWidth: 0, shifts: 0, unlabelled: [], repeatedIds: [], skippedHeadings: [] };

/** Runs before the scripts of a page: adds up how far what is seen has moved. @see Layout Instability, layout shift value */
const keepShifts = `(() => {
  window.layoutShifts = 0;
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) window.layoutShifts += value;
  }).observe({ type: 'layout-shift', buffered: true });
})()`;

/** Runs in the page: what is wider than the window, has moved, is unnamed, doubly named or out of order. */
const layoutOfPage = `(() => {
  const controls = [...document.querySelectorAll('input:not([type=hidden]), select, textarea')];
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  const levels = [...document.querySelectorAll('h1, h2, h3, h4')].map(({ tagName }) => Number(tagName[1]));
  return {
    surplusWidth: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    // The columns of a table settle by less than this while its rows come in.
    shifts: window.layoutShifts < 0.005 ? 0 : window.layoutShifts,
    unlabelled: controls.filter((control) => control.labels?.length === 0 && !control.ariaLabel).map(({ outerHTML }) => outerHTML),
    repeatedIds: ids.filter((id, index) => ids.indexOf(id) !== index),
    skippedHeadings: levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1),
  };
})()`;

/** Runs in the page: elements with an animation, or a transition that takes time. */
const whatMoves = `[...document.querySelectorAll('*')].filter((element) => {
  const { animationName, transitionDuration } = getComputedStyle(element);
  return animationName !== 'none' || transitionDuration.split(', ').some((time) => parseFloat(time) > 0);
}).map(({ outerHTML }) => outerHTML.slice(0, 80))`;
