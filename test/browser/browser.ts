import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const usualPlaces = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where the browser is; undefined when this machine has none. */
export const browserPath = [process.env['CHROMIUM_PATH'] ?? '', ...usualPlaces].find(
  (path) => path !== '' && existsSync(path),
);

/** A missing browser is passed over on a developer's machine, and never where the tests have to be complete. */
export const mayRun = browserPath !== undefined || process.env['CI'] === 'true';

const reason = `none of $CHROMIUM_PATH, ${usualPlaces.join(', ')} is there`;

if (!mayRun) process.stderr.write(`The tests in a browser are skipped: ${reason}.\n`);

export function launchBrowser(): Promise<Browser> {
  if (browserPath === undefined) throw new Error(`CI needs a browser: ${reason}.`);
  return chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
}
