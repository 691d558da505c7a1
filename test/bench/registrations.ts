import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool } from 'undici';
import type { ReadyTpp } from '../../src/testkit.js';
import { connect, get, post } from './http-client.js';
import { createTpp, registration, registrationPath, signRequests, tlsIdentityOf } from './registering-tpp.js';
import type { Measurement } from './report.js';
import { startProduct, startScript, type ServerProcess } from './server-process.js';
import { inTurn, repeat, type Repetition } from './statistics.js';
import type { Surroundings } from './surroundings.js';

const CONNECTION_COUNT = 8;
const REQUESTS_PER_ROUND = 250;
const WARM_UP_REQUEST_COUNT = 400;
const LEAST_RATIO = 0.15;
const repetition: Repetition = { minimumRounds: 5, maximumRounds: 9, budgetMilliseconds: 8_000 };

/** Registrations per second over mutual TLS, against a bare Express handler that verifies the same requests with jose. */
export async function measureRegistrations({ say, newFolder }: Surroundings): Promise<Measurement> {
  say('registrations: starting both servers');
  const product = await startProduct('--in-memory');
  const tpp = await createTpp(product);
  const baseline = await startBaseline(await newFolder(), tpp, product);
  const [productPool, baselinePool] = [product, baseline].map(({ tlsOrigin }) =>
    connect(tlsOrigin, CONNECTION_COUNT, tlsIdentityOf(tpp)),
  ) as [Pool, Pool];
  const rates = { product: [] as number[], baseline: [] as number[] };
  try {
    await refuseOtherAnswers(tpp, productPool, baselinePool);
    const warmUp = await signRequests(tpp, WARM_UP_REQUEST_COUNT);
    for (const pool of [productPool, baselinePool]) await registrationsPerSecond(pool, warmUp);
    await repeat(repetition, async (index) => {
      say(`registrations: round ${index + 1}`);
      const requests = await signRequests(tpp, REQUESTS_PER_ROUND);
      await inTurn(
        index,
        async () => void rates.product.push(await registrationsPerSecond(productPool, requests)),
        async () => void rates.baseline.push(await registrationsPerSecond(baselinePool, requests)),
      );
    });
  } finally {
    await Promise.all([productPool.destroy(), baselinePool.destroy()]);
    await Promise.all([product.stop(), baseline.stop()]);
  }
  return {
    id: 'registrations',
    title: 'registrations over mutual TLS, against bare Express and jose',
    unit: '1/s',
    ...rates,
    limit: { atLeast: LEAST_RATIO },
  };
}

/** A server's certificate is good for its clients here: the same one serves both ends. */
async function startBaseline(folder: string, tpp: ReadyTpp, product: ServerProcess): Promise<ServerProcess> {
  const { transport, signing } = tpp;
  const settings = {
    path: registrationPath,
    keyPem: transport.privateKeyPem,
    chainPem: transport.certificatePem + transport.chainPem,
    clientAuthoritiesPem: transport.chainPem,
    requestSignerPem: signing.certificatePem,
    ssaSignerPem: await get(product.origin, '/keystore/openbanking.pem'),
  };
  const file = join(folder, 'bare-registration.json');
  await writeFile(file, JSON.stringify(settings), { mode: 0o600 });
  return startScript('bare-registration.mjs', file);
}

/** Every connection sends the next request as soon as it has its answer. */
async function registrationsPerSecond(pool: Pool, requests: readonly string[]): Promise<number> {
  const waiting = [...requests];
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: CONNECTION_COUNT }, async () => {
      for (let request = waiting.pop(); request; request = waiting.pop()) {
        await post(pool, registrationPath, registration(request));
      }
    }),
  );
  return (requests.length * 1000) / (performance.now() - startedAt);
}

/** A comparison of different work would say nothing: both answer with the client, and both refuse a wrong signature. */
async function refuseOtherAnswers(tpp: ReadyTpp, ...pools: readonly Pool[]): Promise<void> {
  const [good = '', other = ''] = await signRequests(tpp, 2);
  const signatureOfOther = other.slice(other.lastIndexOf('.'));
  const forged = good.slice(0, good.lastIndexOf('.')) + signatureOfOther;
  for (const pool of pools) {
    const client = JSON.parse(await post(pool, registrationPath, registration(good))) as {
      client_id?: unknown;
    };
    if (typeof client.client_id !== 'string') throw new Error('The answer has no client_id.');
    const isAccepted = await post(pool, registrationPath, registration(forged)).then(
      () => true,
      () => false,
    );
    if (isAccepted) throw new Error('A forged request was accepted.');
  }
}
