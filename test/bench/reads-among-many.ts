import { randomUUID } from 'node:crypto';
import type { Pool } from 'undici';
import { numericDate, signCompact } from '../support/registration.js';
import type { ReadyTpp } from '../../src/testkit.js';
import { measureAmongMany, type Reading } from './filled-products.js';
import { connect, post } from './http-client.js';
import { createTpp, tlsIdentityOf } from './registering-tpp.js';
import type { Measurement } from './report.js';
import type { ServerProcess } from './server-process.js';
import type { Surroundings } from './surroundings.js';

const FEW_ORGANISATIONS = 10;

const reads: Reading<'organisation' | 'jwks' | 'scim'> = {
  name: 'reads',
  idOf: (read) => `reading-${read}-among-many`,
  titles: {
    organisation: 'one organisation over the Directory API',
    jwks: 'one JWKS',
    scim: `one SCIM page of ${FEW_ORGANISATIONS} organisations`,
  },
  fewOrganisations: FEW_ORGANISATIONS,
  warmUpCount: 50,
  repetition: { minimumRounds: 100, maximumRounds: 400, budgetMilliseconds: 3_000 },
  connect: async (server) => {
    const tpp = await createTpp(server);
    const pool = connect(server.tlsOrigin, 1, tlsIdentityOf(tpp));
    const { id } = tpp.organisation;
    return {
      pool,
      headers: { authorization: `Bearer ${await takeToken(server, pool, tpp)}` },
      paths: {
        organisation: `/v2.1/organisation/${id}`,
        jwks: `/${id}/${id}.jwks`,
        scim: `/scim/v2/OBThirdPartyProviders?startIndex=1&count=${FEW_ORGANISATIONS}`,
      },
    };
  },
};

/** The time that reading takes with 100 and with 20,000 software statements there. */
export function measureReadsAmongMany(surroundings: Surroundings): Promise<Measurement[]> {
  return measureAmongMany(reads, surroundings);
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
