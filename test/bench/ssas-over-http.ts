import type { Pool } from 'undici';
import { connect, post, ssaPath } from './http-client.js';
import type { Measurement } from './report.js';
import { startProduct, startScript } from './server-process.js';
import { inTurn, repeat, type Repetition } from './statistics.js';
import type { Surroundings } from './surroundings.js';

const CONNECTION_COUNT = 16;
const WARM_UP_MILLISECONDS = 1_500;
const LOAD_MILLISECONDS = 1_200;
const LEAST_RATIO = 0.8;
const repetition: Repetition = { minimumRounds: 5, maximumRounds: 9, budgetMilliseconds: 18_000 };

/** SSAs per second over HTTP against a bare Express handler that signs the same claims with jose. */
export async function measureSsasOverHttp({ say }: Surroundings): Promise<Measurement> {
  say('SSAs over HTTP: starting both servers');
  const product = await startProduct('--in-memory');
  const productPool = connect(product.origin, CONNECTION_COUNT);
  const { payload } = JSON.parse(await post(productPool, ssaPath)) as { payload: unknown };
  const baseline = await startScript('bare-express.mjs', ssaPath, JSON.stringify(payload));
  const baselinePool = connect(baseline.origin, CONNECTION_COUNT);
  const rates = { product: [] as number[], baseline: [] as number[] };
  try {
    await refuseOtherShape(baselinePool, productPool);
    for (const pool of [productPool, baselinePool]) await answersPerSecond(pool, WARM_UP_MILLISECONDS);
    await repeat(repetition, async (index) => {
      say(`SSAs over HTTP: round ${index + 1}`);
      await inTurn(
        index,
        async () => void rates.product.push(await answersPerSecond(productPool, LOAD_MILLISECONDS)),
        async () => void rates.baseline.push(await answersPerSecond(baselinePool, LOAD_MILLISECONDS)),
      );
    });
  } finally {
    await Promise.all([productPool.destroy(), baselinePool.destroy()]);
    await Promise.all([product.stop(), baseline.stop()]);
  }
  return {
    id: 'ssas-over-http',
    title: 'SSAs over HTTP, against bare Express and jose',
    unit: '1/s',
    ...rates,
    limit: { atLeast: LEAST_RATIO },
  };
}

/** Every connection asks again as soon as it has its answer. */
async function answersPerSecond(pool: Pool, milliseconds: number): Promise<number> {
  const startedAt = performance.now();
  const isOver = () => performance.now() - startedAt >= milliseconds;
  let answerCount = 0;
  await Promise.all(
    Array.from({ length: CONNECTION_COUNT }, async () => {
      while (!isOver()) {
        await post(pool, ssaPath);
        answerCount += 1;
      }
    }),
  );
  return (answerCount * 1000) / (performance.now() - startedAt);
}

/** A comparison of different answers would say nothing. */
async function refuseOtherShape(...pools: readonly Pool[]): Promise<void> {
  const shapes = await Promise.all(
    pools.map(async (pool) => {
      const { ssa, header, payload } = JSON.parse(await post(pool, ssaPath)) as {
        ssa: string;
        header: object;
        payload: object;
      };
      return JSON.stringify([ssa.split('.').length, Object.keys(header), Object.keys(payload)]);
    }),
  );
  if (new Set(shapes).size !== 1) throw new Error(`The answers differ: ${shapes.join(' and ')}`);
}
