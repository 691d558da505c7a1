/** Takes a picture of every page at two widths, light and dark, into a folder that git ignores: `npm run screenshots`. */
import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startSandbox } from '../../src/testkit.js';
import { launchBrowser } from './browser.js';
import { openPage, pagesOf } from './pages.js';

const folder = fileURLToPath(new URL('../../coverage/screenshots/', import.meta.url));
const looks = [1280, 360].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
);

const wanted = process.argv[2];

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
await using sandbox = await startSandbox({ logLevel: 'silent' });
const pages = (await pagesOf(sandbox)).filter(({ name }) => wanted === undefined || name.startsWith(wanted));
const browser = await launchBrowser();
try {
  for (const { width, colorScheme } of looks) {
    const context = await browser.newContext({
      baseURL: sandbox.urls.http,
      viewport: { width, height: 800 },
      colorScheme,
    });
    const page = await context.newPage();
    for (const deskPage of pages) {
      await openPage(page, deskPage);
      await page.screenshot({
        path: `${folder}${deskPage.name}-${width}-${colorScheme}.png`,
        fullPage: true,
      });
    }
    await context.close();
  }
} finally {
  await browser.close();
}
process.stdout.write(`${pages.length * looks.length} pictures in ${folder}\n`);
