import { randomUUID } from 'node:crypto';
import type { Pool } from 'undici';
import { numericDate, signCompact } from '../support/registration.js';
import type { ReadyTpp } from '../../src/testkit.js';
import { fillDataDirectory } from './data-directory.js';
import { connect, post, read } from './http-client.js';
import { createTpp, tlsIdentityOf } from './registering-tpp.js';
import type { Measurement } from './report.js';
import { startProduct, type ServerProcess } from './server-process.js';
import { inTurn, repeat, type Repetition } from './statistics.js';
import type { Surroundings } from './surroundings.js';

const STATEMENTS_PER_ORGANISATION = 10;
const FEW_ORGANISATIONS = 10;
const MANY_ORGANISATIONS = 2_000;
const WARM_UP_COUNT = 50;
const MOST_RATIO = 1.5;
const repetition: Repetition = { minimumRounds: 100, maximumRounds: 400, budgetMilliseconds: 3_000 };

const reads = ['organisation', 'jwks', 'scim'] as const;
type Read = (typeof reads)[number];

const titles: Readonly<Record<Read, string>> = {
  organisation: 'one organisation over the Directory API',
  jwks: 'one JWKS',
  scim: `one SCIM page of ${FEW_ORGANISATIONS} organisations`,
};

/** A running product, and what is read of it. */
interface FilledProduct {
  readonly server: ServerProcess;
  readonly pool: Pool;
  readonly authorization: string;
  readonly paths: Readonly<Record<Read, string>>;
}

/** The time that reading takes with 100 and with 20,000 software statements there. */
export async function measureReadsAmongMany({ say, newFolder }: Surroundings): Promise<Measurement[]> {
  const manyCount = (MANY_ORGANISATIONS * STATEMENTS_PER_ORGANISATION).toLocaleString('en-GB');
  const fewCount = FEW_ORGANISATIONS * STATEMENTS_PER_ORGANISATION;
  say(`reads: preparing a data directory with ${manyCount} software statements`);
  const [few, many] = await Promise.all([
    startFilled(await newFolder(), FEW_ORGANISATIONS),
    startFilled(await newFolder(), MANY_ORGANISATIONS),
  ]);
  try {
    const measurements: Measurement[] = [];
    for (const kind of reads) {
      say(`reads: ${titles[kind]}, from both in turn`);
      const times = await timeInTurn(kind, few, many);
      measurements.push({
        id: `reading-${kind}-among-many`,
        title: `${titles[kind]} among ${manyCount} software statements, against among ${fewCount}`,
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

async function timeInTurn(kind: Read, few: FilledProduct, many: FilledProduct) {
  const times = { few: [] as number[], many: [] as number[] };
  for (let count = 0; count < WARM_UP_COUNT; count += 1) {
    await timeRead(few, kind);
    await timeRead(many, kind);
  }
  await repeat(repetition, (index) =>
    inTurn(
      index,
      async () => void times.few.push(await timeRead(few, kind)),
      async () => void times.many.push(await timeRead(many, kind)),
    ),
  );
  return times;
}

async function timeRead({ pool, authorization, paths }: FilledProduct, kind: Read): Promise<number> {
  const startedAt = performance.now();
  await read(pool, paths[kind], { authorization });
  return performance.now() - startedAt;
}

async function startFilled(folder: string, organisationCount: number): Promise<FilledProduct> {
  await fillDataDirectory(folder, organisationCount, STATEMENTS_PER_ORGANISATION);
  const server = await startProduct('--data-dir', folder, '--no-demo');
  const tpp = await createTpp(server);
  const pool = connect(server.tlsOrigin, 1, tlsIdentityOf(tpp));
  const organisationId = tpp.organisation.id;
  return {
    server,
    pool,
    authorization: `Bearer ${await takeToken(server, pool, tpp)}`,
    paths: {
      organisation: `/v2.1/organisation/${organisationId}`,
      jwks: `/${organisationId}/${organisationId}.jwks`,
      scim: `/scim/v2/OBThirdPartyProviders?startIndex=1&count=${FEW_ORGANISATIONS}`,
    },
  };
}

async function takeToken(
  { tlsOrigin }: ServerProcess,
  pool: Pool,
  { softwareStatement, signing }: ReadyTpp,
): Promise<string> {
  const { id } = softwareStatement;
  const now = numericDate(new Date());
  const audience = `https://localhost:${new URL(tlsOrigin).port}`;
  const claims = { iss: id, sub: id, aud: audience, jti: randomUUID(), iat: now, exp: now + 300 };
  const header = { typ: 'JWT', alg: 'PS256', kid: signing.kid };
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: id,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: signCompact(header, claims, 'PS256', signing.privateKeyPem),
  });
  const type = 'application/x-www-form-urlencoded';
  const answer = await post(pool, '/as/token.oauth2', { type, body: form.toString() });
  return (JSON.parse(answer) as { access_token: string }).access_token;
}
