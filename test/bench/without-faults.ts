import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Pool } from 'undici';
import { faultyListener } from '../../src/http/faulty-listener.js';
import { createLogger } from '../../src/http/logging.js';
import { createProtocolApp } from '../../src/http/protocol/app.js';
import { systemRandom } from '../../src/sandbox/random.js';
import { createSandbox } from '../../src/testkit.js';
import { connect, read } from './http-client.js';
import type { Measurement } from './report.js';
import { inTurn, repeat, type Repetition } from './statistics.js';
import type { Surroundings } from './surroundings.js';

const READS_PER_SAMPLE = 100;
const WARM_UP_SAMPLES = 5;
const MOST_RATIO = 1.1;
const repetition: Repetition = { minimumRounds: 15, maximumRounds: 60, budgetMilliseconds: 4_000 };

/** The time that reading a JWKS takes with the faults in front, of which none is set, against the application alone. */
export async function measureWithoutFaults({ say }: Surroundings): Promise<Measurement> {
  say('faults: making a TPP, and serving its keys with and without faults in front');
  const sandbox = await createSandbox();
  const { services } = sandbox;
  const { organisation, softwareStatement } = await services.createReadyTpp({});
  const path = `/${organisation.id}/${softwareStatement.id}.jwks`;
  const logger = createLogger('silent');
  const app = createProtocolApp({
    services,
    logger,
    random: systemRandom,
    clientCertificateOf: () => undefined,
  });
  const behind = await serve(faultyListener(app, { faults: services.faults, listener: 'https', logger }));
  const alone = await serve(app);
  const times = { product: [] as number[], baseline: [] as number[] };
  try {
    for (let count = 0; count < WARM_UP_SAMPLES; count += 1) {
      for (const { pool } of [behind, alone]) await timeReads(pool, path);
    }
    await repeat(repetition, (index) =>
      inTurn(
        index,
        async () => void times.product.push(await timeReads(behind.pool, path)),
        async () => void times.baseline.push(await timeReads(alone.pool, path)),
      ),
    );
  } finally {
    for (const { pool, server } of [behind, alone]) {
      await pool.destroy();
      server.close();
    }
    await sandbox.close();
  }
  return {
    id: 'reads-without-faults',
    title: `${READS_PER_SAMPLE} reads of a JWKS with no fault set, against no faults in front`,
    unit: 'ms',
    ...times,
    limit: { atMost: MOST_RATIO },
  };
}

async function serve(listener: RequestListener): Promise<{ readonly server: Server; readonly pool: Pool }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, pool: connect(`http://127.0.0.1:${port}`, 1) };
}

async function timeReads(pool: Pool, path: string): Promise<number> {
  const startedAt = performance.now();
  for (let count = 0; count < READS_PER_SAMPLE; count += 1) await read(pool, path, {});
  return performance.now() - startedAt;
}
