import { createHash, randomUUID, X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns';
import { request } from 'node:https';
import { compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import {
  DirectoryClient,
  FORM,
  JWT_BEARER,
  type DirectoryCall,
  type TokenOptions,
} from '../support/directory-client.js';
import { transportIdentity, type TlsAnswer } from '../support/registration.js';

const SSA_TYPE = 'application/jws+json';
const REAL_HOSTS = ['keystore', 'matls-sso', 'matls-dirapi', 'matls-api'].map(
  (name) => `${name}.openbankingtest.org.uk`,
);
/** Every path at which an SSA is to be had; the last two are those of the older service. */
const ssaPaths = [
  ...['/v2.1/organisation', '/v2/organisation', '/organisation/tpp'].map(
    (base) => `${base}/{orgId}/software-statement/{softwareId}/software-statement-assertion`,
  ),
  ...['v1rc2', 'v2'].map((version) => `/api/${version}/tpp/{orgId}/ssa/{softwareId}`),
];

let sandbox: Sandbox;
let tpp: ReadyTpp;
let other: ReadyTpp;
let client: DirectoryClient;

beforeAll(async () => {
  sandbox = await startSandbox({ aliases: REAL_HOSTS });
  tpp = await sandbox.services.createReadyTpp({ name: 'Directory Client Ltd' });
  other = await sandbox.services.createReadyTpp({ name: 'Another Ltd' });
  client = new DirectoryClient(sandbox, tpp);
});
afterAll(() => sandbox.close());

function ssaPath(pattern: string, of: ReadyTpp = tpp): string {
  return pattern.replace('{orgId}', of.organisation.id).replace('{softwareId}', of.softwareStatement.id);
}

type ApiOptions = Omit<DirectoryCall, 'body' | 'contentType'>;

function read(path: string, options: ApiOptions = {}): Promise<TlsAnswer> {
  return client.call('GET', path, { accept: SSA_TYPE, ...options });
}

describe('the token endpoint of the Directory', () => {
  it.each(['RS256', 'PS256'] as const)('gives a token for an assertion signed with %s', async (algorithm) => {
    const answer = await client.requestToken({ algorithm });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
    expect(answer.headers['ob-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.parse(answer.text)).toEqual({
      access_token: expect.stringMatching(/^[\w-]{43}$/) as string,
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'ASPSPReadAccess TPPReadAccess AuthoritiesReadAccess',
    });
  });

  it('takes as audience the endpoint or the issuer, by each of its names, with the port or without', async () => {
    const { port } = new URL(sandbox.urls.https);
    for (const name of ['localhost', ...REAL_HOSTS]) {
      for (const origin of [`https://${name}`, `https://${name}:${port}`]) {
        await client.token({ claims: { aud: `${origin}/as/token.oauth2` } });
        await client.token({ claims: { aud: origin } });
      }
    }
  });

  it('grants all that the kind of organisation may have where no scope is asked for', async () => {
    const { text } = await client.requestToken({ scope: undefined });
    expect((JSON.parse(text) as { scope: string }).scope.split(' ').sort()).toEqual(
      [
        ...['ASPSPReadAccess', 'ASPSPReadAll', 'AuthoritiesReadAccess', 'QTSPReadAccess'],
        ...['TPPManage', 'TPPReadAccess', 'TPPReadAll'],
      ].sort(),
    );
  });

  it.each<[string, () => TokenOptions, number, string, string]>([
    [
      'no certificate',
      () => ({ identity: undefined }),
      401,
      'invalid_client',
      'client-certificate-presented',
    ],
    [
      "another organisation's certificate",
      () => ({ identity: transportIdentity(other) }),
      401,
      'invalid_client',
      'client-certificate-holder',
    ],
    [
      'an unknown kid',
      () => ({ header: { kid: 'unknown' } }),
      401,
      'invalid_client',
      'client-assertion-signature',
    ],
    [
      'the kid of the transport key',
      () => ({ header: { kid: tpp.transport.kid }, key: tpp.transport.privateKeyPem }),
      401,
      'invalid_client',
      'client-assertion-signature',
    ],
    [
      "another TPP's key",
      () => ({ key: other.signing.privateKeyPem }),
      401,
      'invalid_client',
      'client-assertion-signature',
    ],
    ['alg none', () => ({ algorithm: 'none' }), 401, 'invalid_client', 'client-assertion-alg'],
    [
      'HS256 with the public key',
      () => ({ algorithm: 'HS256' }),
      401,
      'invalid_client',
      'client-auth-method',
    ],
    ['an exp that has passed', () => ({ claims: { exp: 1 } }), 401, 'invalid_client', 'client-assertion-exp'],
    [
      'an aud elsewhere',
      () => ({ claims: { aud: 'https://elsewhere.example/as/token.oauth2' } }),
      401,
      'invalid_client',
      'client-assertion-aud',
    ],
    [
      'an iss of another',
      () => ({ claims: { iss: other.softwareStatement.id } }),
      401,
      'invalid_client',
      'client-assertion-iss',
    ],
    [
      'an unknown client',
      () => ({ parameters: { client_id: 'unknown' } }),
      401,
      'invalid_client',
      'client-known',
    ],
    ['a scope of ASPSPs', () => ({ scope: 'ASPSPManage' }), 400, 'invalid_scope', 'token-scope'],
    ['an unknown scope', () => ({ scope: 'Everything' }), 400, 'invalid_scope', 'token-scope'],
    [
      'another grant type',
      () => ({ parameters: { grant_type: 'password' } }),
      400,
      'unsupported_grant_type',
      'token-grant-type',
    ],
  ])('refuses %s', async (_what, options, status, error, rule) => {
    const answer = await client.requestToken(options());
    expect([answer.status, answer.text]).toEqual([
      status,
      expect.stringContaining(`${rule}: expected `) as string,
    ]);
    expect(JSON.parse(answer.text)).toEqual({ error, error_description: expect.any(String) as string });
  });

  it('refuses an assertion that has been used, and none that another tried with a certificate of its own', async () => {
    const stolen = { claims: { jti: randomUUID() } };
    expect((await client.requestToken({ ...stolen, identity: transportIdentity(other) })).status).toBe(401);
    await client.token(stolen);
    const again = await client.requestToken(stolen);
    expect([again.status, again.text]).toEqual([401, expect.stringContaining('not-replayed') as string]);
  });

  it('lets nobody in whose key, statement or organisation has been taken out of service', async () => {
    const { services } = sandbox;
    const leaving = await services.createReadyTpp({ name: 'Leaving Ltd' });
    const theirs = new DirectoryClient(sandbox, leaving);
    const authorization = await theirs.bearer('TPPManage');
    const readSsa = () => theirs.call('GET', ssaPath(ssaPaths[0] ?? '', leaving), { authorization });
    expect((await readSsa()).status, 'TPPManage does not read').toBe(403);
    await services.registry.changeOrganisation(leaving.organisation.id, { status: 'Withdrawn' });
    const answer = await theirs.requestToken({ scope: 'TPPManage' });
    expect(answer.text, 'its keys are on hold').toContain('client-assertion-signature');
    await services.registry.changeSoftwareStatement(leaving.softwareStatement.id, { active: false });
    expect((await theirs.requestToken({ scope: 'TPPManage' })).text).toContain('client-known');
    expect((await readSsa()).status).toBe(401);
  });

  it('lets no revoked key sign, and no revoked certificate call', async () => {
    const { services } = sandbox;
    const leaving = await services.createReadyTpp({ name: 'Revoked Ltd' });
    const { signing, transport } = leaving;
    const theirs = new DirectoryClient(sandbox, leaving);
    const authorization = await theirs.bearer();
    const readSsa = () => theirs.call('GET', ssaPath(ssaPaths[0] ?? '', leaving), { authorization });
    await services.certificates.revoke(signing.kid, 'keyCompromise');
    expect((await theirs.requestToken()).text).toContain('client-assertion-signature');
    expect((await readSsa()).status).toBe(200);
    await services.certificates.revoke(transport.kid, 'keyCompromise');
    expect((await readSsa()).status).toBe(401);
  });

  it('answers 405 to other methods, with Allow', async () => {
    const answer = await read('/as/token.oauth2', {});
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST']);
  });

  it('is described by a discovery document without a certificate, the same on both sides', async () => {
    const secure = await read('/.well-known/openid-configuration', { identity: undefined });
    const plain = await (await fetch(`${sandbox.urls.http}/.well-known/openid-configuration`)).text();
    expect(secure.text).toBe(plain);
    expect(JSON.parse(plain)).toMatchObject({
      issuer: sandbox.urls.https,
      token_endpoint: `${sandbox.urls.https}/as/token.oauth2`,
      jwks_uri: `${sandbox.urls.https}/keystore/openbanking.jwks`,
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'tls_client_auth'],
      tls_client_certificate_bound_access_tokens: true,
    });
    expect((await read('/keystore/openbanking.jwks', { identity: undefined })).status).toBe(200);
  });
});

describe.each(ssaPaths)('the SSA at %s', (pattern) => {
  let authorization: string;
  beforeEach(async () => {
    authorization = `Bearer ${await client.token()}`;
  });

  it('is what the Directory signs, as application/jws+json', async () => {
    const answer = await read(ssaPath(pattern), { authorization });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers['content-type']).toBe(SSA_TYPE);
    expect(answer.headers['cache-control']).toBe('no-store');
    const payload = await verified(answer.text);
    expect(payload).toMatchObject({ software_id: tpp.softwareStatement.id, org_id: tpp.organisation.id });
  });

  it.each<[string, () => ApiOptions, number]>([
    ['no token', () => ({ authorization: undefined }), 401],
    ['an unknown token', () => ({ authorization: 'Bearer unknown' }), 401],
    ['no certificate', () => ({ authorization, identity: undefined }), 401],
    ['the certificate of another', () => ({ authorization, identity: transportIdentity(other) }), 401],
    ['an Accept that cannot be met', () => ({ authorization, accept: 'text/html' }), 406],
  ])('is refused with %s', async (_what, options, status) => {
    const answer = await read(ssaPath(pattern), options());
    expect(answer.status, answer.text).toBe(status);
    expect(answer.headers['ob-request-id']).toBeDefined();
    if (status === 401) expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
  });

  it('is refused without a scope that reads', async () => {
    const manage = `Bearer ${await client.token({ scope: 'TPPManage' })}`;
    expect((await read(ssaPath(pattern), { authorization: manage })).status).toBe(403);
  });

  it('is not to be had of another organisation, nor of software that is not there', async () => {
    expect((await read(ssaPath(pattern, other), { authorization })).status).toBe(403);
    const mixed = pattern
      .replace('{orgId}', tpp.organisation.id)
      .replace('{softwareId}', other.softwareStatement.id);
    expect((await read(mixed, { authorization })).status).toBe(404);
    const unknown = pattern.replace('{orgId}', tpp.organisation.id).replace('{softwareId}', 'unknown');
    expect((await read(unknown, { authorization })).status).toBe(404);
  });

  it('is refused once the token has expired', async () => {
    sandbox.clock.advance(601_000);
    try {
      expect((await read(ssaPath(pattern), { authorization })).status).toBe(401);
    } finally {
      sandbox.clock.advance(-601_000);
    }
  });
});

it('does not know other kinds of participant or other versions', async () => {
  const authorization = `Bearer ${await client.token()}`;
  const [, , legacy = '', older = ''] = ssaPaths;
  for (const path of [
    ssaPath(legacy).replace('/tpp/', '/aspsp/'),
    ssaPath(legacy).replace('/tpp/', '/other/'),
    ssaPath(older).replace('v1rc2', 'v3'),
  ]) {
    expect((await read(path, { authorization })).status, path).toBe(404);
  }
});

describe('an unmodified client of the real sandbox', () => {
  /** Names and ports of the real sandbox, resolved to this one: what an entry in the hosts file and port 443 would do. */
  function real(
    method: string,
    url: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<TlsAnswer> {
    const { hostname, pathname, search } = new URL(url);
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          method,
          hostname,
          servername: hostname,
          path: pathname + search,
          port: new URL(sandbox.urls.https).port,
          lookup: (_name, options, done) => lookup('localhost', { ...options, family: 4 }, done),
          headers: { host: hostname, ...headers },
          agent: false,
          ca: sandbox.services.trustAnchor.rootPem,
          ...transportIdentity(tpp),
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  it('gets a token, an SSA, the JWKS and the banks at the real names, which the certificate holds', async () => {
    const endpoint = 'https://matls-sso.openbankingtest.org.uk/as/token.oauth2';
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: tpp.softwareStatement.id,
      client_assertion_type: JWT_BEARER,
      client_assertion: client.assertion({ claims: { aud: endpoint } }),
      scope: 'ASPSPReadAccess TPPReadAccess AuthoritiesReadAccess',
    });
    const granted = await real('POST', endpoint, { 'content-type': FORM }, form.toString());
    expect(granted.status, granted.text).toBe(200);
    const { access_token: bearer } = JSON.parse(granted.text) as { access_token: string };
    const issued = await real(
      'GET',
      `https://matls-dirapi.openbankingtest.org.uk${ssaPath(ssaPaths[2] ?? '')}`,
      { authorization: `Bearer ${bearer}`, accept: SSA_TYPE },
    );
    expect(issued.status, issued.text).toBe(200);
    const jwks = await real('GET', 'https://keystore.openbankingtest.org.uk/keystore/openbanking.jwks', {});
    const { keys } = JSON.parse(jwks.text) as { keys: JWK[] };
    const key = keys.find(({ kid }) => kid === decodeProtectedHeader(issued.text).kid);
    await compactVerify(issued.text, await importJWK(key ?? {}, 'PS256'));
    const list = await real(
      'GET',
      'https://matls-api.openbankingtest.org.uk/scim/v2/OBAccountPaymentServiceProviders' +
        `?filter=${encodeURIComponent('(AuthorisationServers pr)')}`,
      { authorization: `Bearer ${bearer}`, accept: 'application/scim+json' },
    );
    expect(list.status, list.text).toBe(200);
    const banks = JSON.parse(list.text) as { totalResults: number };
    expect(banks.totalResults).toBe(sandbox.services.banks.length);
  });
});

async function verified(ssa: string): Promise<unknown> {
  const certificate = new X509Certificate(sandbox.services.trustAnchor.signing.certificatePem);
  const { payload, protectedHeader } = await compactVerify(ssa, certificate.publicKey);
  expect(protectedHeader.kid?.replace(/=+$/, '')).toBe(
    createHash('sha256').update(certificate.raw).digest('base64url'),
  );
  return JSON.parse(new TextDecoder().decode(payload));
}
