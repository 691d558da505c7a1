/**
 * Takes pictures of the pages, of all of them or of those whose names begin so: `npm run screenshots [-- NAME]` puts each at
 * two widths, light and dark, into a folder that git ignores; `npm run screenshots -- --readme` makes those of the README anew.
 */
import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startSandbox } from '../../src/testkit.js';
import { launchBrowser } from './browser.js';
import { openPage, pagesOf, type DeskPage } from './pages.js';

const folderOf = (path: string) => fileURLToPath(new URL(`../../${path}/`, import.meta.url));

/** What the README shows: one screen of each, light. */
const readmePages = ['start', 'attempt', 'tape'];

const [wanted] = process.argv.slice(2);
await using sandbox = await startSandbox({ logLevel: 'silent' });
const pages = await pagesOf(sandbox);
const browser = await launchBrowser();
try {
  await (wanted === '--readme' ? takeForReadme() : takeAll(wanted));
} finally {
  await browser.close();
}

async function takeForReadme(): Promise<void> {
  const folder = folderOf('docs/pictures');
  const shown = pages.filter(({ name }) => readmePages.includes(name));
  await take(shown, { width: 1280, colorScheme: 'light' }, ({ name }) => `${folder}${name}.png`, false);
  process.stdout.write(`${shown.length} pictures in ${folder}\n`);
}

async function takeAll(start = ''): Promise<void> {
  const folder = folderOf('coverage/screenshots');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const shown = pages.filter(({ name }) => name.startsWith(start));
  const looks = [1280, 360].flatMap((width) =>
    (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
  );
  for (const look of looks) {
    const suffix = `${look.width}-${look.colorScheme}`;
    await take(shown, look, ({ name }) => `${folder}${name}-${suffix}.png`, true);
  }
  process.stdout.write(`${shown.length * looks.length} pictures in ${folder}\n`);
}

async function take(
  shown: readonly DeskPage[],
  { width, colorScheme }: { width: number; colorScheme: 'light' | 'dark' },
  fileOf: (page: DeskPage) => string,
  fullPage: boolean,
): Promise<void> {
  const viewport = { width, height: 800 };
  const context = await browser.newContext({ baseURL: sandbox.urls.http, viewport, colorScheme });
  const page = await context.newPage();
  for (const deskPage of shown) {
    await openPage(page, deskPage);
    await page.screenshot({ path: fileOf(deskPage), fullPage });
  }
  await context.close();
}
