import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto';
import { compactVerify, importJWK, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestInspectionRules, ssaInspectionRules } from '../../src/aspsp/rules/index.js';
import type { Defect } from '../../src/sandbox/defects/defect.js';
import { ssaClaimDefects } from '../../src/sandbox/defects/ssa-claim-defects.js';
import { ssaDefectNames } from '../../src/sandbox/defects/ssa-defects.js';
import { startSandbox, type ReadyTpp, type Sandbox, type SsaDefectName } from '../../src/testkit.js';
import { BankClient, failedRules } from '../support/bank-client.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';
import { signRequest } from '../support/registration.js';

type Body = Record<string, unknown>;

interface Issued {
  readonly ssa: string;
  readonly header: Body | null;
  readonly payload: Body | null;
}

interface Inspected {
  readonly signature: { readonly valid: boolean };
  readonly findings: readonly { readonly id: string; readonly severity: string }[];
}

/** Rules that cannot but fail too when a defect breaks the one that it is for. */
const furtherRules: Partial<Record<SsaDefectName, readonly string[]>> = {
  'redirect-uri-http': ['redirect-uris-in-ssa'],
  'redirect-uris-empty': ['redirect-uris-in-ssa'],
};

const workshop = new Workshop();
let sandbox: Sandbox;
let tpp: ReadyTpp;
let client: BankClient;

beforeAll(async () => {
  sandbox = await startSandbox({ keyPairs: testKeys });
  tpp = await sandbox.services.createReadyTpp({ redirectUris: ['https://tpp.example.com/callback'] });
  client = new BankClient(sandbox, 'reference', tpp);
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

async function post(path: string, body: Body): Promise<unknown> {
  const response = await fetch(sandbox.urls.http + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status, path).toBe(200);
  return response.json();
}

const issue = async (request: Body, softwareId = tpp.softwareStatement.id) =>
  (await post(`/sandbox/software-statements/${softwareId}/ssa`, request)) as Issued;

const inspect = async (token: string) => (await post('/sandbox/inspect', { token })) as Inspected;

const requestWith = (ssa: string) => signRequest(tpp, client.claims({ software_statement: ssa }));

async function catalogue(): Promise<Defect[]> {
  const response = await fetch(`${sandbox.urls.http}/sandbox/defects?kind=ssa`);
  return ((await response.json()) as { items: Defect[] }).items;
}

async function catalogued(name: string): Promise<Defect> {
  const row = (await catalogue()).find((defect) => defect.name === name);
  if (!row) throw new Error(`The catalogue has no ${name}.`);
  return row;
}

/** The Directory's signing key as everybody gets it. */
async function directoryJwk(): Promise<JsonWebKey> {
  const response = await fetch(`${sandbox.urls.http}/keystore/openbanking.jwks`);
  const [jwk] = ((await response.json()) as { keys: JsonWebKey[] }).keys;
  if (!jwk) throw new Error('The Directory has no key.');
  return jwk;
}

async function directoryPem(): Promise<string> {
  const key = createPublicKey({ key: await directoryJwk(), format: 'jwk' });
  return key.export({ format: 'pem', type: 'spki' }).toString();
}

/** What OpenSSL says of a signature by the Directory. */
async function opensslVerified(ssa: string, ...options: string[]): Promise<string> {
  const [header = '', payload = '', signature = ''] = ssa.split('.');
  workshop.write('directory.pem', await directoryPem());
  workshop.write('input', `${header}.${payload}`);
  workshop.write('signature', Buffer.from(signature, 'base64url'));
  const words = ['dgst', '-sha256', '-verify', 'directory.pem', '-signature', 'signature', ...options];
  return workshop.openssl(...words, 'input').trim();
}

const PSS = ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:32'];

describe('the reference bank refuses an SSA with the defect', () => {
  it.each(ssaDefectNames)('%s', async (name) => {
    const { rule, error, answeredByReferenceBank } = await catalogued(name);
    const request = requestWith((await issue({ defect: name })).ssa);
    const answer = await client.register(request);
    const failed = failedRules(client.lastVerdict());
    if (!answeredByReferenceBank) {
      expect([answer.status, failed]).toEqual([201, []]);
      return;
    }
    expect(JSON.parse(answer.text)).toMatchObject({ error });
    expect(answer.status).toBe(error === 'invalid_client' ? 401 : 400);
    expect(failed).toEqual([rule, ...(furtherRules[name] ?? [])]);
  });

  it('and takes the honest SSA of the same software before and after', async () => {
    for (const defect of ['tampered-signature', 'alg-none', 'embedded-jwk']) {
      expect((await client.register(requestWith((await issue({})).ssa))).status).toBe(201);
      expect((await client.register(requestWith((await issue({ defect })).ssa))).status).toBe(400);
      expect((await client.register(requestWith((await issue({})).ssa))).status).toBe(201);
    }
  });
});

describe('the inspector finds the defect', () => {
  const ofRequests = new Set(requestInspectionRules.map(({ id }) => id));
  const ofSsas = new Set(ssaInspectionRules.map(({ id }) => id));

  it.each(ssaDefectNames)('%s', async (name) => {
    const { rule } = await catalogued(name);
    const { ssa, payload } = await issue({ defect: name });
    const idsOf = ({ findings }: Inspected) =>
      findings.filter(({ severity }) => severity === 'error').map(({ id }) => id);
    const inRequest = idsOf(await inspect(requestWith(ssa)));
    // What only the client certificate gives away, a token by itself does not.
    expect(inRequest[0]).toBe(ofRequests.has(rule ?? '') ? rule : undefined);
    const inSsa = idsOf(await inspect(ssa));
    const alone = payload === null ? 'jws' : ofSsas.has(rule ?? '') ? rule : undefined;
    expect(inSsa).toEqual(alone === undefined ? [] : [alone]);
  });
});

describe('the catalogue of SSA defects', () => {
  it('lists every defect with its promise, and nothing of how it is made', async () => {
    const rows = await catalogue();
    expect(rows.map(({ name }) => name)).toEqual(ssaDefectNames);
    for (const row of rows) {
      expect(Object.keys(row)).toEqual([
        'name',
        'kind',
        'title',
        'spec',
        'rule',
        'error',
        'answeredByReferenceBank',
      ]);
      expect(row.kind).toBe('ssa');
    }
    expect(new Set(rows.map(({ title }) => title)).size).toBe(rows.length);
  });

  it.each(ssaInspectionRules.map(({ id }) => id).filter((id) => id !== 'request-jws'))(
    'has a defect that breaks %s',
    async (id) => {
      expect((await catalogue()).filter(({ rule }) => rule === id)).not.toEqual([]);
    },
  );
});

describe('the signature of a defective SSA', () => {
  it.each(Object.keys(ssaClaimDefects))('is the Directory’s over the claims of %s', async (defect) => {
    const { ssa, header, payload } = await issue({ defect });
    const verified = await compactVerify(ssa, await importJWK((await directoryJwk()) as JWK, 'PS256'));
    expect(verified.protectedHeader).toEqual(header);
    expect(JSON.parse(Buffer.from(verified.payload).toString('utf8'))).toEqual(payload);
  });

  it('verifies by OpenSSL with RS256 for alg-rs256, and not as PS256', async () => {
    const { ssa } = await issue({ defect: 'alg-rs256' });
    expect(await opensslVerified(ssa)).toBe('Verified OK');
    await expect(opensslVerified(ssa, ...PSS)).rejects.toThrow();
  });

  it.each(['no-kid', 'unknown-kid', 'x5c-header', 'x5u-header', 'jku-header', 'crit-header'])(
    'verifies by OpenSSL for %s, whose header alone is wrong',
    async (defect) => {
      expect(await opensslVerified((await issue({ defect })).ssa, ...PSS)).toBe('Verified OK');
    },
  );

  it.each(['wrong-signer', 'embedded-jwk', 'tampered-payload', 'tampered-signature', 'no-signature'])(
    'does not verify by OpenSSL for %s',
    async (defect) => {
      const { ssa } = await issue({ defect });
      await expect(opensslVerified(ssa, ...PSS)).rejects.toThrow();
    },
  );

  it('is the HMAC with the public key that everybody can fetch for alg-hs256-public-key', async () => {
    const [header = '', payload = '', signature] = (
      await issue({ defect: 'alg-hs256-public-key' })
    ).ssa.split('.');
    const expected = createHmac('sha256', await directoryPem()).update(`${header}.${payload}`);
    expect(signature).toBe(expected.digest('base64url'));
  });

  it('verifies with the key that the header brings for embedded-jwk', async () => {
    const { ssa, header } = await issue({ defect: 'embedded-jwk' });
    expect(header?.['kid']).toBe((await directoryJwk())['kid']);
    await compactVerify(ssa, await importJWK(header?.['jwk'] as JWK, 'PS256'));
  });

  it('is that of the honest claims for tampered-payload', async () => {
    const { ssa, payload } = await issue({ defect: 'tampered-payload' });
    const [header = '', , signature = ''] = ssa.split('.');
    const honest = { ...payload, software_redirect_uris: tpp.softwareStatement.redirectUris };
    const part = Buffer.from(JSON.stringify(honest), 'utf8').toString('base64url');
    expect(await opensslVerified(`${header}.${part}.${signature}`, ...PSS)).toBe('Verified OK');
  });
});

describe('an SSA with overridden claims', () => {
  const authority = {
    authority_id: 'FCAGBR',
    registration_id: '827001',
    status: 'Active',
    authorisations: [{ member_state: 'GB', roles: ['AISP', 'PISP', 'CBPII'] }],
  };

  it('has a nested claim replaced in its place, rightly signed', async () => {
    const replace = { organisation_competent_authority_claims: authority };
    const { ssa, payload } = await issue({ override: { replace } });
    const honest = await issue({});
    expect(payload).toEqual({ ...honest.payload, ...replace, jti: payload?.['jti'], iat: payload?.['iat'] });
    expect(Object.keys(payload ?? {})).toEqual(Object.keys(honest.payload ?? {}));
    expect(await opensslVerified(ssa, ...PSS)).toBe('Verified OK');
    const answer = await client.register(requestWith(ssa));
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.text)).toMatchObject(replace);
  });

  it('has claims of your own at the end, which a bank passes over', async () => {
    const { ssa, payload } = await issue({ override: { replace: { exp_note: ['kept'] } } });
    expect(Object.keys(payload ?? {}).at(-1)).toBe('exp_note');
    expect((await client.register(requestWith(ssa))).status).toBe(201);
  });

  it('lacks a claim that was removed, which the bank misses', async () => {
    const { ssa, payload } = await issue({ override: { remove: ['org_name', 'software_client_uri'] } });
    expect(payload).not.toHaveProperty('org_name');
    expect(payload).not.toHaveProperty('software_client_uri');
    const answer = await client.register(requestWith(ssa));
    expect(JSON.parse(answer.text)).toMatchObject({ error: 'invalid_software_statement' });
    expect(failedRules(client.lastVerdict())).toEqual(['ssa-claims']);
    expect(answer.text).toContain('org_name');
    expect(answer.text).not.toContain('software_client_uri');
  });

  it('has null where null was asked for', async () => {
    const { ssa, payload } = await issue({ override: { replace: { software_roles: null } } });
    expect(payload).toHaveProperty('software_roles', null);
    await client.register(requestWith(ssa));
    expect(failedRules(client.lastVerdict())).toEqual(['ssa-claims']);
  });

  it('may have a defect besides, which comes last', async () => {
    const override = { replace: { software_redirect_uris: ['https://other.example/cb'] } };
    const tampered = await issue({ override, defect: 'tampered-payload' });
    expect(tampered.payload).toHaveProperty('software_redirect_uris', [
      'https://other.example/cb',
      'https://attacker.example/callback',
    ]);
    const unsigned = await issue({ override, defect: 'alg-none' });
    expect(unsigned).toMatchObject({ header: { alg: 'none' }, payload: override.replace });
    const replace = { iat: 1, org_name: 'Renamed Ltd' };
    const { payload } = await issue({ override: { replace }, defect: 'no-iat' });
    expect(payload).toMatchObject({ org_name: 'Renamed Ltd' });
    expect(payload).not.toHaveProperty('iat');
  });

  it.each(ssaDefectNames)('of the wrong types is made broken all the same: %s', async (defect) => {
    const { payload: honest } = await issue({});
    const replace = Object.fromEntries(Object.keys(honest ?? {}).map((claim) => [claim, null]));
    await issue({ override: { replace }, defect });
  });
});

describe('a trust anchor beside the Directory', () => {
  it('issues defective SSAs of its own', async () => {
    const { services } = sandbox;
    const there = await services.getAnchor('second').open();
    const own = await there.createReadyTpp({});
    const path = `/sandbox/anchors/second/software-statements/${own.softwareStatement.id}/ssa`;
    const { header, payload } = (await post(path, { defect: 'org-withdrawn' })) as Issued;
    expect(header).toMatchObject({ alg: 'PS256', kid: there.trustAnchor.signing.kid });
    expect(payload).toMatchObject({ iss: 'Second Trust Anchor TEST ONLY', org_status: 'Withdrawn' });
    const moved = (await post(path, { defect: 'jku-header' })) as Issued;
    expect(moved.header?.['jku']).toBe(`${sandbox.urls.https}/anchors/second/keystore/openbanking.jwks`);
    const other = new BankClient(sandbox, 'open-trust', own);
    const ssaOf = async (request: Body) => ((await post(path, request)) as Issued).ssa;
    const register = async (request: Body) =>
      other.register(other.claims({ software_statement: await ssaOf(request) }));
    expect((await register({})).status).toBe(201);
    expect((await register({ defect: 'wrong-signer' })).status).toBe(400);
    expect(failedRules(other.lastVerdict())).toEqual(['ssa-signature']);
  });
});
