import { randomUUID, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { Workshop } from '../support/openssl.js';
import {
  callOverTls,
  numericDate,
  signCompact,
  type Claims,
  type TlsAnswer,
  type TlsIdentity,
} from '../support/registration.js';

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ demo: false });
});
afterAll(() => sandbox.close());

/** What the desk hands out for an organisation that the Directory does not know. */
interface Qualified {
  readonly certificatePem: string;
  readonly chainPem: string;
  readonly privateKeyPem: string;
}

let registrations = 0;
const nextRegistrationId = () => `${900_000 + (registrations += 1)}`;

async function qualified(
  type: 'qwac' | 'qseal',
  registrationId: string,
  further: Claims = {},
): Promise<Qualified> {
  const response = await fetch(`${sandbox.urls.http}/sandbox/qtsp/certificates`, {
    method: 'POST',
    headers: { 'content-type': JSON_TYPE },
    body: JSON.stringify({
      type,
      name: 'Enrolling Ltd',
      authority: { id: 'FCAGBR', registrationId },
      roles: ['AISP', 'PISP'],
      generate: true,
      ...further,
    }),
  });
  const text = await response.text();
  expect(response.status, text).toBe(201);
  return JSON.parse(text) as Qualified;
}

const identityOf = ({ certificatePem, chainPem, privateKeyPem }: Qualified): TlsIdentity => ({
  cert: certificatePem + chainPem,
  key: privateKeyPem,
});

/** As the subject of a certificate is written in OpenSSL's and everybody's RFC 2253. */
function subjectOf({ certificatePem }: Qualified): string {
  return new X509Certificate(certificatePem).subject.split('\n').reverse().join(',');
}

function metadata(certificate: Qualified, changes: Claims = {}): Claims {
  return {
    client_name: 'Enrolling Ltd',
    scope: 'TPPReadAccess',
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_auth_subject_dn: subjectOf(certificate),
    grant_types: ['client_credentials'],
    token_endpoint_auth_signing_alg: 'PS256',
    ...changes,
  };
}

function call(
  method: string,
  path: string,
  identity: TlsIdentity | undefined,
  headers: Record<string, string>,
  body?: string,
): Promise<TlsAnswer> {
  return callOverTls(`${sandbox.urls.https}${path}`, {
    method,
    headers,
    identity,
    ca: sandbox.services.trustAnchor.rootPem,
    ...(body === undefined ? {} : { body }),
  });
}

function enrol(
  body: string,
  contentType: string,
  identity: TlsIdentity | undefined,
  path = '/v2.1/organisation',
): Promise<TlsAnswer> {
  return call('POST', path, identity, { 'content-type': contentType, accept: JSON_TYPE }, body);
}

function signedBy(seal: Qualified, payload: Claims, header: Claims = {}, key = seal.privateKeyPem): string {
  const x5c = [seal.certificatePem, ...seal.chainPem.split(/(?<=-----END CERTIFICATE-----\n)/)]
    .filter((pem) => pem.trim() !== '')
    .map((pem) => new X509Certificate(pem).raw.toString('base64'));
  return signCompact({ typ: 'JWT', alg: 'PS256', x5c, ...header }, payload, 'PS256', key);
}

async function tokenFor(parameters: Record<string, string>, identity: TlsIdentity): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...parameters }).toString();
  const answer = await call('POST', '/as/token.oauth2', identity, { 'content-type': FORM }, body);
  expect(answer.status, answer.text).toBe(200);
  return (JSON.parse(answer.text) as { access_token: string }).access_token;
}

const organisationCount = () => sandbox.services.registry.pageOfOrganisations({ limit: 1_000 }).items.length;

describe('enrolment with a QWAC', () => {
  it('makes an active TPP of what the certificate says, whose client is that certificate', async () => {
    const registrationId = nextRegistrationId();
    const qwac = await qualified('qwac', registrationId);
    const answer = await enrol(JSON.stringify(metadata(qwac)), JSON_TYPE, identityOf(qwac));
    expect(answer.status, answer.text).toBe(201);
    const enrolled = JSON.parse(answer.text) as { client_id: string };
    const { client_id: id } = enrolled;
    expect(enrolled).toEqual({
      client_id: id,
      client_id_issued_at: expect.any(Number) as number,
      client_secret_expires_at: 0,
      ob_org_id: id,
      token_endpoint_auth_method: 'tls_client_auth',
      grant_types: ['client_credentials'],
      scope: expect.stringContaining('TPPManage') as string,
      client_name: 'Enrolling Ltd',
      jwks_uri: `${sandbox.urls.https}/${id}/${id}.jwks`,
    });
    expect(sandbox.services.registry.getOrganisation(id)).toMatchObject({
      name: 'Enrolling Ltd',
      kind: 'tpp',
      status: 'Active',
      authority: { id: 'FCAGBR', registrationId },
      authorisations: [{ memberState: 'GB', roles: ['AISP', 'PISP'] }],
    });
    const desk = await (await fetch(`${sandbox.urls.http}/organisations/${id}`)).text();
    expect(desk).toContain('Own client');

    const token = await tokenFor({ client_id: id }, identityOf(qwac));
    const headers = { authorization: `Bearer ${token}` };
    const keys = await call('GET', `/v2.1/organisation/${id}/certificate/qwac`, identityOf(qwac), headers);
    expect(JSON.parse(keys.text)).toMatchObject({
      keys: [{ keyType: 'qwac', status: 'Active', use: 'tls' }],
    });
    const client = await call('GET', `/v2.1/oauth/${id}`, identityOf(qwac), headers);
    expect(JSON.parse(client.text)).toMatchObject({ ClientID: id });
  });

  it('takes a word of the document’s misplaced enumeration for the subject', async () => {
    const qwac = await qualified('qwac', nextRegistrationId());
    const body = metadata(qwac, { tls_client_auth_subject_dn: 'none' });
    const answer = await enrol(JSON.stringify(body), JSON_TYPE, identityOf(qwac), '/organisation/tpp');
    expect(answer.status, answer.text).toBe(201);
  });

  it.each<[string, Claims, RegExp]>([
    ['another subject', { tls_client_auth_subject_dn: 'CN=Other' }, /tls_client_auth_subject_dn: expected/],
    [
      'no client_credentials',
      { grant_types: ['implicit'] },
      /grant_types: expected a list with client_credentials/,
    ],
    [
      'an unknown method',
      { token_endpoint_auth_method: 'none' },
      /token_endpoint_auth_method: expected one of/,
    ],
    ['no name', { client_name: undefined }, /client_name: expected a string, got nothing/],
    [
      'a weak algorithm',
      { token_endpoint_auth_signing_alg: 'HS256' },
      /token_endpoint_auth_signing_alg: expected/,
    ],
  ])('is refused with %s, as a registration would be', async (_what, changes, description) => {
    const qwac = await qualified('qwac', nextRegistrationId());
    const before = organisationCount();
    const answer = await enrol(JSON.stringify(metadata(qwac, changes)), JSON_TYPE, identityOf(qwac));
    expect(answer.status, answer.text).toBe(400);
    expect(JSON.parse(answer.text)).toEqual({
      error: 'invalid_client_metadata',
      error_description: expect.stringMatching(description) as string,
    });
    expect(organisationCount()).toBe(before);
  });

  it('is for those alone who are not enrolled yet, also when both come at once', async () => {
    const registrationId = nextRegistrationId();
    const [first, second] = [
      await qualified('qwac', registrationId),
      await qualified('qwac', registrationId),
    ];
    const before = organisationCount();
    const answers = await Promise.all(
      [first, second].map((qwac) => enrol(JSON.stringify(metadata(qwac)), JSON_TYPE, identityOf(qwac))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 400]);
    expect(organisationCount()).toBe(before + 1);
    const again = await enrol(JSON.stringify(metadata(first)), JSON_TYPE, identityOf(first));
    expect(again.text).toContain('is enrolled already');
  });

  it('needs a client certificate, and a QWAC at that', async () => {
    const qwac = await qualified('qwac', nextRegistrationId());
    const body = JSON.stringify(metadata(qwac));
    expect((await enrol(body, JSON_TYPE, undefined)).status).toBe(401);
    const seal = await qualified('qseal', nextRegistrationId());
    const withSeal = await enrol(JSON.stringify(metadata(seal)), JSON_TYPE, identityOf(seal));
    expect([withSeal.status, withSeal.text]).toEqual([400, expect.stringContaining('expected a QWAC')]);
    const tpp = await sandbox.services.createReadyTpp({});
    const { certificatePem, chainPem, privateKeyPem } = tpp.transport;
    const withTransport = await enrol(body, JSON_TYPE, {
      cert: certificatePem + chainPem,
      key: privateKeyPem,
    });
    expect(withTransport.status, withTransport.text).toBe(400);
  });

  it('is for TPPs', async () => {
    const qwac = await qualified('qwac', nextRegistrationId(), { roles: ['ASPSP'] });
    const answer = await enrol(JSON.stringify(metadata(qwac)), JSON_TYPE, identityOf(qwac));
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('only TPPs enrol here')]);
  });

  it('knows each key once, also when two firms bring the same at once', async () => {
    const first = await qualified('qwac', nextRegistrationId());
    const workshop = new Workshop();
    try {
      workshop.write('new.key', first.privateKeyPem);
      const csrPem = workshop.csrWithKey(['-key', 'new.key'], '/CN=Enrolling Ltd');
      const second = await qualified('qwac', nextRegistrationId(), { csrPem, generate: undefined });
      const both = [first, { ...second, privateKeyPem: first.privateKeyPem }];
      const answers = await Promise.all(
        both.map((qwac) => enrol(JSON.stringify(metadata(qwac)), JSON_TYPE, identityOf(qwac))),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 400]);
    } finally {
      workshop.remove();
    }
  });

  it('is judged by the sandbox’s clock', async () => {
    const qwac = await qualified('qwac', nextRegistrationId());
    const decade = 10 * 365 * 86_400_000;
    sandbox.clock.advance(decade);
    try {
      expect((await enrol(JSON.stringify(metadata(qwac)), JSON_TYPE, identityOf(qwac))).status).toBe(401);
    } finally {
      sandbox.clock.advance(-decade);
    }
  });

  it('ends at other media types', async () => {
    const qwac = await qualified('qwac', nextRegistrationId());
    expect((await enrol('{}', 'text/plain', identityOf(qwac))).status).toBe(415);
    expect((await enrol('{', JSON_TYPE, identityOf(qwac))).status).toBe(400);
  });
});

/** Both certificates of a firm that seals documents: TLS needs one of its own. */
async function sealAndQwac(): Promise<{ seal: Qualified; qwac: Qualified }> {
  const registrationId = nextRegistrationId();
  return { seal: await qualified('qseal', registrationId), qwac: await qualified('qwac', registrationId) };
}

describe('enrolment with a QSealC', () => {
  it.each(['application/jwt', 'application/jose'])(
    'takes what the seal signed over the TLS of its QWAC, and keeps both, as %s',
    async (type) => {
      const { seal, qwac } = await sealAndQwac();
      const body = metadata(seal, { token_endpoint_auth_method: 'private_key_jwt' });
      const answer = await enrol(signedBy(seal, body), type, identityOf(qwac));
      expect(answer.status, answer.text).toBe(201);
      const { client_id: id } = JSON.parse(answer.text) as { client_id: string };

      const { keys } = await sandbox.services.keystore.organisationJwks(id, 'active');
      expect(keys.map(({ use }) => use)).toEqual(['sig', 'tls']);
      const now = numericDate(sandbox.clock.now());
      const assertion = signCompact(
        { typ: 'JWT', alg: 'PS256', kid: keys[0]?.kid },
        { iss: id, sub: id, aud: sandbox.urls.https, jti: randomUUID(), iat: now, exp: now + 60 },
        'PS256',
        seal.privateKeyPem,
      );
      await tokenFor(
        {
          client_id: id,
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: assertion,
        },
        identityOf(qwac),
      );
    },
  );

  it('makes the QWAC the client’s certificate when that is how it will authenticate', async () => {
    const { seal, qwac } = await sealAndQwac();
    const answer = await enrol(signedBy(seal, metadata(qwac)), 'application/jwt', identityOf(qwac));
    const { client_id: id } = JSON.parse(answer.text) as { client_id: string };
    await tokenFor({ client_id: id }, identityOf(qwac));
    const bySeal = new URLSearchParams({ grant_type: 'client_credentials', client_id: id }).toString();
    const headers = { 'content-type': FORM };
    const refused = await call('POST', '/as/token.oauth2', identityOf(seal), headers, bySeal);
    expect(refused.status, refused.text).toBe(401);
  });

  type Firm = Awaited<ReturnType<typeof sealAndQwac>>;
  it.each<[string, (firm: Firm, other: Firm) => [jwt: string, shown: Qualified], RegExp]>([
    [
      'another key signed it',
      ({ seal, qwac }, other) => [signedBy(seal, metadata(seal), {}, other.seal.privateKeyPem), qwac],
      /jwt signature: expected one by the key of x5c\[0\]/,
    ],
    [
      'it has no chain',
      ({ seal, qwac }) => [signedBy(seal, metadata(seal), { x5c: undefined }), qwac],
      /x5c: expected/,
    ],
    [
      'the chain begins with a root',
      ({ seal, qwac }) => {
        const root = new X509Certificate(seal.chainPem.split(/(?<=-----END CERTIFICATE-----\n)/)[1] ?? '');
        return [signedBy(seal, metadata(seal), { x5c: [root.raw.toString('base64')] }), qwac];
      },
      /certificate: expected an organisation/,
    ],
    [
      'the chain begins with a QWAC',
      ({ qwac }) => [signedBy(qwac, metadata(qwac)), qwac],
      /x5c\[0\]: expected a QSealC, got a qwac/,
    ],
    [
      'somebody else sends it',
      ({ seal }, other) => [signedBy(seal, metadata(seal)), other.qwac],
      /TLS client certificate organizationIdentifier: expected/,
    ],
    [
      'the seal itself is shown in TLS',
      ({ seal }) => [signedBy(seal, metadata(seal)), seal],
      /TLS client certificate: expected a QWAC, got a qseal/,
    ],
    ['it is no JWT', ({ qwac }) => ['nonsense', qwac], /body: expected a signed JWT/],
    [
      'it has expired',
      ({ seal, qwac }) => [signedBy(seal, { ...metadata(seal), exp: 1 }), qwac],
      /jwt exp: expected/,
    ],
    [
      'its header brings another key',
      ({ seal, qwac }) => [signedBy(seal, metadata(seal), { jwk: {} }), qwac],
      /jwt header: expected .*, got jwk/,
    ],
  ])('is refused when %s', async (_what, make, description) => {
    const [jwt, shown] = make(await sealAndQwac(), await sealAndQwac());
    const before = organisationCount();
    const answer = await enrol(jwt, 'application/jwt', identityOf(shown));
    expect(answer.status, answer.text).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({
      error: 'invalid_client_metadata',
      error_description: expect.stringMatching(description) as string,
    });
    expect(organisationCount()).toBe(before);
  });
});
