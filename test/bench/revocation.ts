import type { Pool } from 'undici';
import { RevocationLists } from '../../src/directory/revocation-lists.js';
import type { KeyRecord } from '../../src/domain/key-record.js';
import { createIssuer } from '../../src/pki/authority.js';
import { generateRsaKeyPair } from '../../src/pki/key-pairs.js';
import { authorityNames } from '../../src/pki/profiles.js';
import { Workshop } from '../support/openssl.js';
import { fillRevoked } from './data-directory.js';
import { connect, get } from './http-client.js';
import type { Measurement } from './report.js';
import { startProduct, startScript, type ServerProcess } from './server-process.js';
import { inTurn, repeat, type Repetition } from './statistics.js';
import type { Surroundings } from './surroundings.js';

const ORGANISATION_COUNT = 200;
const KEYS_PER_ORGANISATION = 100;
const CONNECTION_COUNT = 16;
const WARM_UP_MILLISECONDS = 150;
const LOAD_MILLISECONDS = 200;
const OCSP_TYPE = 'application/ocsp-request';
const LEAST_RATIO_SIGNED = 0.5;
const LEAST_RATIO_KEPT = 0.8;
const LEAST_RATIO_LIST = 0.5;
const MOST_BUILDING_MILLISECONDS = 1_500;
const MOST_KIBIBYTES = 1_300;
const repetition: Repetition = { minimumRounds: 3, maximumRounds: 5, budgetMilliseconds: 1_000 };

type Ask = () => Promise<Uint8Array>;

/** What answering about revocation costs with 20,000 revoked certificates, against bare Express that signs or sends as much. */
export async function measureRevocation({ say, newFolder }: Surroundings): Promise<Measurement[]> {
  const folder = await newFolder();
  const revoked = await fillRevoked(folder, ORGANISATION_COUNT, KEYS_PER_ORGANISATION);
  const count = revoked.length.toLocaleString('en-GB');
  say(`revocation: building a list of ${count} certificates`);
  const builds = await timeBuilding(revoked);
  say('revocation: starting both servers');
  const product = await startProduct('--data-dir', folder, '--no-demo');
  const productPool = connect(product.origin, CONNECTION_COUNT);
  const { plain, withNonce } = await ocspRequests(product, revoked[0]?.serialNumber ?? '');
  const list: Ask = () => fetched(productPool, 'GET', '/ca/issuing.crl');
  const posting =
    (body: Uint8Array): Ask =>
    () =>
      fetched(productPool, 'POST', '/ca/ocsp', body);
  const sizes = { answer: (await posting(withNonce)()).length, list: (await list()).length };
  const baseline = await startScript('bare-revocation.mjs', String(sizes.answer), String(sizes.list));
  const baselinePool = connect(baseline.origin, CONNECTION_COUNT);
  const bareAnswer: Ask = () => fetched(baselinePool, 'POST', '/answer', withNonce);
  const bareFile: Ask = () => fetched(baselinePool, 'GET', '/file');
  try {
    say('revocation: OCSP answers that are signed each time, then kept ones, then lists');
    const signed = await ratesInTurn(posting(withNonce), bareAnswer);
    const kept = await ratesInTurn(posting(plain), bareAnswer);
    const lists = await ratesInTurn(list, bareFile);
    const mebibytes = (rates: readonly number[]) => rates.map((rate) => (rate * sizes.list) / 2 ** 20);
    return [
      {
        id: 'ocsp-with-nonce',
        title: 'OCSP answers with a nonce, against bare Express that signs',
        unit: '1/s',
        ...signed,
        limit: { atLeast: LEAST_RATIO_SIGNED },
      },
      {
        id: 'ocsp-without-nonce',
        title: 'OCSP answers without a nonce, against the same',
        unit: '1/s',
        ...kept,
        limit: { atLeast: LEAST_RATIO_KEPT },
      },
      {
        id: 'crl-bytes',
        title: `CRL of ${count} certificates, against bare Express that sends as much`,
        unit: 'MiB/s',
        product: mebibytes(lists.product),
        baseline: mebibytes(lists.baseline),
        limit: { atLeast: LEAST_RATIO_LIST },
      },
      {
        id: 'crl-building',
        title: `building a CRL of ${count} certificates`,
        unit: 'ms',
        product: builds,
        limit: { atMost: MOST_BUILDING_MILLISECONDS },
      },
      {
        id: 'crl-size',
        title: `a CRL of ${count} certificates`,
        unit: 'KiB',
        product: [sizes.list / 1024],
        limit: { atMost: MOST_KIBIBYTES },
      },
    ];
  } finally {
    await Promise.all([productPool.destroy(), baselinePool.destroy()]);
    await Promise.all([product.stop(), baseline.stop()]);
  }
}

async function timeBuilding(revoked: readonly KeyRecord[]): Promise<number[]> {
  const issuer = createIssuer(authorityNames.issuing, (await generateRsaKeyPair()).privateKeyPem);
  const clock = { now: () => new Date() };
  const times: number[] = [];
  await repeat(repetition, async () => {
    const issuers = () => ({ root: issuer, issuing: issuer });
    const lists = new RevocationLists({ revokedKeys: () => revoked }, clock, issuers, () => true);
    const startedAt = performance.now();
    await lists.ofIssuing();
    times.push(performance.now() - startedAt);
  });
  return times;
}

/** OpenSSL's requests about one certificate. */
async function ocspRequests({ origin }: ServerProcess, serialNumber: string) {
  const workshop = new Workshop();
  try {
    workshop.write('issuing.pem', await get(origin, '/ca/issuing.pem'));
    const request = (nonce: string): Buffer => {
      const words = ['-issuer', 'issuing.pem', '-serial', `0x${serialNumber}`, nonce];
      workshop.openssl('ocsp', ...words, '-reqout', 'request.der');
      return workshop.readBytes('request.der');
    };
    return { plain: request('-no_nonce'), withNonce: request('-nonce') };
  } finally {
    workshop.remove();
  }
}

async function ratesInTurn(product: Ask, baseline: Ask) {
  const rates = { product: [] as number[], baseline: [] as number[] };
  for (const ask of [product, baseline]) await answersPerSecond(ask, WARM_UP_MILLISECONDS);
  await repeat(repetition, (index) =>
    inTurn(
      index,
      async () => void rates.product.push(await answersPerSecond(product, LOAD_MILLISECONDS)),
      async () => void rates.baseline.push(await answersPerSecond(baseline, LOAD_MILLISECONDS)),
    ),
  );
  return rates;
}

/** Every connection asks again as soon as it has its answer. */
async function answersPerSecond(ask: Ask, milliseconds: number): Promise<number> {
  const startedAt = performance.now();
  let answerCount = 0;
  const askOn = async () => {
    while (performance.now() - startedAt < milliseconds) {
      await ask();
      answerCount += 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTION_COUNT }, askOn));
  return (answerCount * 1000) / (performance.now() - startedAt);
}

async function fetched(
  pool: Pool,
  method: 'GET' | 'POST',
  path: string,
  content?: Uint8Array,
): Promise<Uint8Array> {
  const sent = content ? { body: content, headers: { 'content-type': OCSP_TYPE } } : {};
  const { statusCode, body } = await pool.request({ method, path, ...sent });
  const bytes = await body.bytes();
  if (statusCode !== 200) throw new Error(`${method} ${path}: expected success, got ${statusCode}`);
  return bytes;
}
