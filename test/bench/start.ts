import { connect, post, ssaPath } from './http-client.js';
import type { Measurement } from './report.js';
import { startProduct, startScript, type ServerProcess } from './server-process.js';
import { inTurn, median, repeat, type Repetition } from './statistics.js';
import type { Surroundings } from './surroundings.js';

const MOST_RATIO_WITH_NEW_KEYS = 3;
const MOST_RATIO_WITH_KEPT_KEYS = 1.5;
/** The time that RSA keys take varies widely, so the medians need many starts. */
const repetition: Repetition = { minimumRounds: 7, maximumRounds: 15, budgetMilliseconds: 30_000 };

const tokenRequest = {
  type: 'application/x-www-form-urlencoded',
  body: 'grant_type=client_credentials',
} as const;

/** Milliseconds from just before a process is spawned. */
interface Start {
  readonly untilReady: number;
  readonly untilFirstAnswer: number;
}

/** Process start to first SSA, with new and with kept keys, against oauth2-mock-server's first token. */
export async function measureStart({ say, newFolder }: Surroundings): Promise<Measurement[]> {
  const keptFolder = await newFolder();
  const withFolder = (folder: string) => () => startProduct('--data-dir', folder);
  say('start: one start that makes the keys to keep, and one of the baseline');
  await timeStart(withFolder(keptFolder), postSsa);
  await timeStart(startBaseline, postToken);
  const starts = { newKeys: [] as Start[], keptKeys: [] as Start[], baseline: [] as Start[] };
  await repeat(repetition, async (index) => {
    say(`start: round ${index + 1}`);
    const folder = await newFolder();
    await inTurn(
      index,
      async () => {
        starts.newKeys.push(await timeStart(withFolder(folder), postSsa));
        starts.keptKeys.push(await timeStart(withFolder(keptFolder), postSsa));
      },
      async () => void starts.baseline.push(await timeStart(startBaseline, postToken)),
    );
  });
  const measurement = (id: string, keys: string, product: readonly Start[], atMost: number): Measurement => ({
    id,
    title: `start to first SSA with ${keys} keys, against oauth2-mock-server`,
    unit: 'ms',
    product: product.map(({ untilFirstAnswer }) => untilFirstAnswer),
    baseline: starts.baseline.map(({ untilFirstAnswer }) => untilFirstAnswer),
    limit: { atMost },
    details: {
      productReadyMilliseconds: median(product.map(({ untilReady }) => untilReady)),
      baselineReadyMilliseconds: median(starts.baseline.map(({ untilReady }) => untilReady)),
    },
  });
  return [
    measurement('start-with-new-keys', 'new', starts.newKeys, MOST_RATIO_WITH_NEW_KEYS),
    measurement('start-with-kept-keys', 'kept', starts.keptKeys, MOST_RATIO_WITH_KEPT_KEYS),
  ];
}

async function timeStart(
  start: () => Promise<ServerProcess>,
  ask: (origin: string) => Promise<void>,
): Promise<Start> {
  const startedAt = performance.now();
  const server = await start();
  try {
    const untilReady = performance.now() - startedAt;
    await ask(server.origin);
    return { untilReady, untilFirstAnswer: performance.now() - startedAt };
  } finally {
    await server.stop();
  }
}

const startBaseline = () => startScript('mock-server.mjs');

async function postSsa(origin: string): Promise<void> {
  await postOnce(origin, ssaPath, 'ssa');
}

async function postToken(origin: string): Promise<void> {
  await postOnce(origin, '/token', 'access_token', tokenRequest);
}

/** Posts over a new connection and insists on a signed token in the answer. */
async function postOnce(
  origin: string,
  path: string,
  tokenMember: string,
  content?: { readonly type: string; readonly body: string },
): Promise<void> {
  const pool = connect(origin, 1);
  try {
    const answer = JSON.parse(await post(pool, path, content)) as Readonly<Record<string, unknown>>;
    if (typeof answer[tokenMember] !== 'string') throw new Error(`${path}: the answer has no ${tokenMember}`);
  } finally {
    await pool.destroy();
  }
}
