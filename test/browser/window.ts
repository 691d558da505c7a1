import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';

/** What a page said and asked for while it was used. */
export interface Seen {
  /** Of the console, of scripts that failed and of what could not be loaded. A test takes out what it expects. */
  readonly complaints: string[];
  readonly urls: string[];
}

/** Uses a window of its own; whatever is complained of meanwhile fails the test. */
export async function inWindow(
  browser: Browser,
  options: BrowserContextOptions,
  use: (page: Page, seen: Seen) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const seen = watch(page);
    await use(page, seen);
    expect(seen.complaints).toEqual([]);
  } finally {
    await context.close();
  }
}

function watch(page: Page): Seen {
  const seen: Seen = { complaints: [], urls: [] };
  page.on('console', (message) => seen.complaints.push(message.text()));
  page.on('pageerror', (error) => seen.complaints.push(String(error)));
  page.on('request', (request) => seen.urls.push(request.url()));
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? '';
    // Leaving a page gives up what it was still loading.
    if (reason !== 'net::ERR_ABORTED') seen.complaints.push(`${reason}: ${request.url()}`);
  });
  return seen;
}
