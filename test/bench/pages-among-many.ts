import type { Pool } from 'undici';
import { fillDataDirectory } from './data-directory.js';
import { connect, read } from './http-client.js';
import type { Measurement } from './report.js';
import { startProduct, type ServerProcess } from './server-process.js';
import { inTurn, repeat, type Repetition } from './statistics.js';
import type { Surroundings } from './surroundings.js';

const STATEMENTS_PER_ORGANISATION = 10;
/** Enough for a full page of them, so that both directories show the same. */
const FEW_ORGANISATIONS = 101;
const MANY_ORGANISATIONS = 2_000;
const WARM_UP_COUNT = 25;
const MOST_RATIO = 1.5;
const repetition: Repetition = { minimumRounds: 40, maximumRounds: 200, budgetMilliseconds: 3_000 };

const pages = ['start', 'list', 'search', 'organisation'] as const;
type Page = (typeof pages)[number];

const titles: Readonly<Record<Page, string>> = {
  start: 'the start page',
  list: 'one page of organisations',
  search: 'one search that finds one organisation',
  organisation: 'the page of one organisation',
};

/** A running product, and its pages. */
interface FilledProduct {
  readonly server: ServerProcess;
  readonly pool: Pool;
  readonly paths: Readonly<Record<Page, string>>;
}

/** The time that pages of the desk take with about 1,000 and with 20,000 software statements there. */
export async function measurePagesAmongMany({ say, newFolder }: Surroundings): Promise<Measurement[]> {
  const [fewCount, manyCount] = [FEW_ORGANISATIONS, MANY_ORGANISATIONS].map((count) =>
    (count * STATEMENTS_PER_ORGANISATION).toLocaleString('en-GB'),
  );
  say(`pages: preparing a data directory with ${manyCount ?? ''} software statements`);
  const [few, many] = await Promise.all([
    startFilled(await newFolder(), FEW_ORGANISATIONS),
    startFilled(await newFolder(), MANY_ORGANISATIONS),
  ]);
  try {
    const measurements: Measurement[] = [];
    for (const page of pages) {
      say(`pages: ${titles[page]}, from both in turn`);
      const times = await timeInTurn(page, few, many);
      measurements.push({
        id: `page-${page}-among-many`,
        title: `${titles[page]} among ${manyCount ?? ''} software statements, against among ${fewCount ?? ''}`,
        unit: 'ms',
        product: times.many,
        baseline: times.few,
        limit: { atMost: MOST_RATIO },
      });
    }
    return measurements;
  } finally {
    for (const { pool, server } of [few, many]) {
      await pool.destroy();
      await server.stop();
    }
  }
}

async function timeInTurn(page: Page, few: FilledProduct, many: FilledProduct) {
  const times = { few: [] as number[], many: [] as number[] };
  for (let count = 0; count < WARM_UP_COUNT; count += 1) {
    await timePage(few, page);
    await timePage(many, page);
  }
  await repeat(repetition, (index) =>
    inTurn(
      index,
      async () => void times.few.push(await timePage(few, page)),
      async () => void times.many.push(await timePage(many, page)),
    ),
  );
  return times;
}

async function timePage({ pool, paths }: FilledProduct, page: Page): Promise<number> {
  const startedAt = performance.now();
  await read(pool, paths[page], { accept: 'text/html' });
  return performance.now() - startedAt;
}

async function startFilled(folder: string, organisationCount: number): Promise<FilledProduct> {
  const ids = await fillDataDirectory(folder, organisationCount, STATEMENTS_PER_ORGANISATION);
  const server = await startProduct('--data-dir', folder, '--no-demo');
  return {
    server,
    pool: connect(server.origin, 1),
    paths: {
      start: '/',
      list: '/organisations',
      search: '/organisations?q=bench+77+ltd',
      organisation: `/organisations/${ids[0] ?? ''}`,
    },
  };
}
