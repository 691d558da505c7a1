import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { organisationIdSchema } from '../../src/domain/identifiers.js';
import { createSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { anonymousPost, verdictOf } from '../support/registration.js';
import { Workshop } from '../support/openssl.js';

const workshop = new Workshop();
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

const api = () => supertest(sandbox.deskApp);
type Body = Record<string, unknown>;
const bodyOf = (response: { body: unknown }): unknown => response.body;

async function newOrganisation(input: Body = {}): Promise<string> {
  const body = bodyOf(
    await api()
      .post('/sandbox/organisations')
      .send({ name: 'Test', ...input })
      .expect(201),
  );
  return (body as { id: string }).id;
}

async function newStatement(orgId: string, input: Body = {}): Promise<string> {
  const path = `/sandbox/organisations/${orgId}/software-statements`;
  const body = bodyOf(
    await api()
      .post(path)
      .send({ clientName: 'App', ...input })
      .expect(201),
  );
  return (body as { id: string }).id;
}

describe('organisations over the control API', () => {
  it('are created, read, changed and listed', async () => {
    const created = await api().post('/sandbox/organisations').send({ name: 'Acme' }).expect(201);
    const organisation = created.body as { id: string };
    expect(organisationIdSchema.safeParse(organisation.id).success).toBe(true);
    expect(created.headers['location']).toBe(`/sandbox/organisations/${organisation.id}`);
    expect(Object.keys(organisation)).toEqual([
      'id',
      'name',
      'kind',
      'status',
      'authority',
      'authorisations',
      'contacts',
      'createdAt',
    ]);
    const path = `/sandbox/organisations/${organisation.id}`;
    const changed = await api().patch(path).send({ status: 'Withdrawn', name: 'Acme 2' }).expect(200);
    expect(changed.body).toEqual({ ...organisation, status: 'Withdrawn', name: 'Acme 2' });
    expect((await api().get(path).expect(200)).body).toEqual(changed.body);
    const list = await api().get('/sandbox/organisations?limit=1').expect(200);
    expect(list.body).toMatchObject({ items: [{ name: 'Acme Payments Ltd' }], next: '0015800000ACMEpAAP' });
  });

  it('are not stripped of a role that an active software statement has', async () => {
    const id = await newOrganisation();
    await newStatement(id, { roles: ['PISP'] });
    const authorisations = [{ memberState: 'GB', roles: ['AISP'] }];
    const response = await api().patch(`/sandbox/organisations/${id}`).send({ authorisations }).expect(409);
    expect((response.body as { detail: string }).detail).toMatch(
      /^authorisations: the active software statement/,
    );
  });

  it('are refused with a problem document that names every wrong field', async () => {
    const response = await api()
      .post('/sandbox/organisations')
      .send({ name: '', kind: 'bank' })
      .expect(400)
      .expect('content-type', 'application/problem+json; charset=utf-8');
    expect(response.body).toEqual({
      type: 'urn:mock-ob-directory:problem:invalid_input',
      title: 'Bad Request',
      status: 400,
      detail:
        'name: expected text that is not blank, got ""; kind: expected one of "tpp", "aspsp", got "bank"',
      errors: [
        { field: 'name', expected: 'text that is not blank', actual: '""' },
        { field: 'kind', expected: 'one of "tpp", "aspsp"', actual: '"bank"' },
      ],
    });
  });
});

describe('bodies of the control API', () => {
  const post = () => api().post('/sandbox/organisations');

  it('must be JSON', async () => {
    await post().set('content-type', 'text/plain').send('{}').expect(415);
    await post().set('content-type', 'application/json').send('{"name":').expect(400);
    await post().set('content-type', 'application/json').send('"text"').expect(400);
    await post().set('content-type', 'application/json').send('[]').expect(400);
  });

  it('must not be larger than 100,000 bytes', async () => {
    const response = await post()
      .send({ name: 'x'.repeat(100_000) })
      .expect(413);
    expect((response.body as { detail: string }).detail).toMatch(/^body: expected at most 100000 bytes/);
  });

  it('must not be compressed, so that a small body cannot become a huge one', async () => {
    await post()
      .set('content-encoding', 'gzip')
      .set('content-type', 'application/json')
      .send('x')
      .expect(415);
  });

  it('cannot reach into what every object inherits', async () => {
    await post()
      .set('content-type', 'application/json')
      .send('{"name":"x","__proto__":{"kind":"aspsp"}}')
      .expect(400);
  });
});

describe('software statements over the control API', () => {
  it('are created, read, changed and listed', async () => {
    const orgId = await newOrganisation();
    const id = await newStatement(orgId, { redirectUris: ['https://a.example/cb'] });
    const path = `/sandbox/software-statements/${id}`;
    const read = await api().get(path).expect(200);
    expect(Object.keys(read.body as Body)).toEqual([
      'id',
      'organisationId',
      'clientName',
      'description',
      'version',
      'mode',
      'environment',
      'roles',
      'redirectUris',
      'clientUri',
      'logoUri',
      'policyUri',
      'termsOfServiceUri',
      'onBehalfOf',
      'active',
      'createdAt',
    ]);
    const change = { version: '2.0', active: false, onBehalfOf: 'Someone' };
    const changed = await api().patch(path).send(change).expect(200);
    expect(changed.body).toEqual({ ...(read.body as Body), ...change });
    const list = await api().get(`/sandbox/organisations/${orgId}/software-statements`).expect(200);
    expect(list.body).toEqual({ items: [changed.body], next: null });
  });

  it('have redirect URIs that are replaced as a bare list', async () => {
    const id = await newStatement(await newOrganisation());
    const path = `/sandbox/software-statements/${id}/redirect-uris`;
    const uris = ['https://a.example/cb', 'https://localhost/cb'];
    expect((await api().put(path).send(uris).expect(200)).body).toEqual(uris);
    await api().put(path).send(['http://a.example/cb']).expect(400);
    await api().put(path).send({ redirectUris: uris }).expect(400);
    const kept = await api().get(`/sandbox/software-statements/${id}`);
    expect(kept.body).toMatchObject({ redirectUris: uris });
  });

  it('are 404 when unknown, whatever is done with them', async () => {
    const path = '/sandbox/software-statements/AAAAAAAAAAAAAAAAAAAAAA';
    await api().get(path).expect(404);
    await api().patch(path).send({ active: false }).expect(404);
    await api().put(`${path}/redirect-uris`).send([]).expect(404);
    await api().get(`${path}/certificates`).expect(404);
    await api().post(`${path}/certificates`).send({ type: 'obsigning', generate: true }).expect(404);
    await api().post(`${path}/ssa`).expect(404);
    await api().get('/sandbox/organisations/0015800001041REAAY').expect(404);
    await api().get('/sandbox/nothing').expect(404);
  });
});

describe('certificates over the control API', () => {
  it('come from an OpenSSL request, and a second time from the same key not', async () => {
    const orgId = await newOrganisation();
    const softwareId = await newStatement(orgId);
    const csrPem = workshop.csr(`/C=GB/ST=/L=/O=OpenBanking/OU=${orgId}/CN=${softwareId}`);
    const path = `/sandbox/software-statements/${softwareId}/certificates`;
    const created = await api().post(path).send({ type: 'obtransport', csrPem }).expect(201);
    const certificate = created.body as { kid: string; certificatePem: string; thumbprintSha256: string };
    expect(certificate).not.toHaveProperty('privateKeyPem');
    expect(created.headers['location']).toBe(`/sandbox/certificates/${certificate.kid}`);
    workshop.write('issued.pem', certificate.certificatePem);
    const fingerprint = workshop.openssl('x509', '-in', 'issued.pem', '-noout', '-fingerprint', '-sha256');
    expect(fingerprint.trim().split('=')[1]?.replaceAll(':', '').toLowerCase()).toBe(
      certificate.thumbprintSha256,
    );
    const publicKeys = [
      workshop.openssl('x509', '-in', 'issued.pem', '-noout', '-pubkey'),
      workshop.openssl('pkey', '-in', 'new.key', '-pubout'),
    ];
    expect(publicKeys[0]).toBe(publicKeys[1]);

    await api().post(path).send({ type: 'obsigning', csrPem }).expect(409);
    const missing = await api().get(`/sandbox/certificates/${certificate.kid}/private-key`).expect(404);
    expect((missing.body as { detail: string }).detail).toMatch(/only its holder has the key/);
    await api().delete(`/sandbox/certificates/${certificate.kid}`).expect(204);
    await api().post(path).send({ type: 'obtransport', csrPem }).expect(409);
  });

  it('are made one time when the same request comes twice at once', async () => {
    const orgId = await newOrganisation();
    const softwareId = await newStatement(orgId);
    const csrPem = workshop.csr(`/C=GB/O=OpenBanking/OU=${orgId}/CN=${softwareId}`);
    const path = `/sandbox/software-statements/${softwareId}/certificates`;
    const send = () => api().post(path).send({ type: 'obtransport', csrPem });
    const statuses = (await Promise.all([send(), send()])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([201, 409]);
  });

  it('may be for a key that the sandbox makes, hands over and keeps', async () => {
    const softwareId = await newStatement(await newOrganisation());
    const path = `/sandbox/software-statements/${softwareId}/certificates`;
    const body = bodyOf(await api().post(path).send({ type: 'obsigning', generate: true }).expect(201));
    const { kid, privateKeyPem } = body as { kid: string; privateKeyPem: string };
    expect(privateKeyPem).toMatch(/^-+BEGIN PRIVATE KEY-+\n/);
    const again = await api().get(`/sandbox/certificates/${kid}/private-key`).expect(200).buffer();
    expect(again.text).toBe(privateKeyPem);
    const list = await api().get(path).expect(200);
    expect((list.body as { items: Body[] }).items).toHaveLength(1);
    expect(list.text).not.toContain('PRIVATE KEY');
    expect((await api().get(`/sandbox/certificates/${kid}`)).text).not.toContain('PRIVATE KEY');
  });

  it('begin when the caller says', async () => {
    const softwareId = await newStatement(await newOrganisation());
    const path = `/sandbox/software-statements/${softwareId}/certificates`;
    const notBefore = '2025-01-31T12:00:00+01:00';
    const body = bodyOf(
      await api().post(path).send({ type: 'obsigning', generate: true, notBefore }).expect(201),
    );
    expect(body).toMatchObject({
      notBefore: '2025-01-31T11:00:00.000Z',
      notAfter: '2026-02-28T11:30:00.000Z',
      status: 'expired',
    });
  });

  it('are refused for a subject of someone else, naming each difference', async () => {
    const orgId = await newOrganisation();
    const softwareId = await newStatement(orgId);
    const csrPem = workshop.csr('/C=GB/O=OpenBanking/OU=0015800001041REAAY/CN=someoneElse');
    const path = `/sandbox/software-statements/${softwareId}/certificates`;
    const body = bodyOf(await api().post(path).send({ type: 'obtransport', csrPem }).expect(400));
    expect((body as { errors: unknown }).errors).toEqual([
      { field: 'csrPem subject OU', expected: `"${orgId}"`, actual: '"0015800001041REAAY"' },
      { field: 'csrPem subject CN', expected: `"${softwareId}"`, actual: '"someoneElse"' },
    ]);
  });

  it('are refused for a software request where an organisation’s is wanted, and the other way round', async () => {
    const orgId = await newOrganisation();
    const softwareId = await newStatement(orgId);
    const generate = true;
    await api()
      .post(`/sandbox/organisations/${orgId}/certificates`)
      .send({ type: 'obtransport', generate })
      .expect(400);
    await api()
      .post(`/sandbox/software-statements/${softwareId}/certificates`)
      .send({ type: 'obwac', generate })
      .expect(400);
  });

  it.each([
    ['both a request and generate', { type: 'obsigning', csrPem: 'x', generate: true }],
    ['neither', { type: 'obsigning' }],
    ['an unknown type', { type: 'obwhat', generate: true }],
    ['generate: false', { type: 'obsigning', generate: false }],
    ['a date that is none', { type: 'obsigning', generate: true, notBefore: 'tomorrow' }],
  ])('are refused with %s', async (_what, input) => {
    const softwareId = await newStatement(await newOrganisation());
    await api().post(`/sandbox/software-statements/${softwareId}/certificates`).send(input).expect(400);
  });

  it('answer a megabyte of zeros with 413', async () => {
    const softwareId = await newStatement(await newOrganisation());
    const path = `/sandbox/software-statements/${softwareId}/certificates`;
    await api()
      .post(path)
      .send({ type: 'obsigning', csrPem: '\0'.repeat(1_048_576) })
      .expect(413);
  });

  it('are not issued to who is not active', async () => {
    const orgId = await newOrganisation();
    const softwareId = await newStatement(orgId);
    const path = `/sandbox/software-statements/${softwareId}/certificates`;
    await api().patch(`/sandbox/software-statements/${softwareId}`).send({ active: false }).expect(200);
    await api().post(path).send({ type: 'obsigning', generate: true }).expect(409);
    await api().patch(`/sandbox/software-statements/${softwareId}`).send({ active: true }).expect(200);
    await api().patch(`/sandbox/organisations/${orgId}`).send({ status: 'Revoked' }).expect(200);
    await api().post(path).send({ type: 'obsigning', generate: true }).expect(409);
  });

  it('are revoked once, with a reason of RFC 5280', async () => {
    const softwareId = await newStatement(await newOrganisation());
    const path = `/sandbox/software-statements/${softwareId}/certificates`;
    const body = bodyOf(await api().post(path).send({ type: 'obsigning', generate: true }).expect(201));
    const certificate = `/sandbox/certificates/${(body as { kid: string }).kid}`;
    await api().delete(certificate).send({ reason: 'boredom' }).expect(400);
    await api().delete(certificate).send({ reason: 'keyCompromise' }).expect(204);
    await api().delete(certificate).expect(409);
    expect((await api().get(certificate)).body).toMatchObject({ status: 'revoked' });
  });
});

describe('a ready TPP', () => {
  it('comes with everything in one call', async () => {
    const created = await api().post('/sandbox/tpps').send({}).expect(201);
    const body = bodyOf(created);
    const tpp = body as { softwareStatement: { id: string }; ssa: string };
    expect(Object.keys(tpp)).toEqual(['organisation', 'softwareStatement', 'signing', 'transport', 'ssa']);
    for (const key of ['signing', 'transport'] as const) {
      expect(Object.keys((body as Record<string, Body>)[key] ?? {})).toEqual([
        'kid',
        'privateKeyPem',
        'certificatePem',
        'chainPem',
      ]);
    }
    expect(created.headers['location']).toBe(`/sandbox/software-statements/${tpp.softwareStatement.id}`);
    const inspection = await api().post('/sandbox/inspect').send({ token: tpp.ssa }).expect(200);
    expect(inspection.body).toMatchObject({
      kind: 'ssa',
      signature: { valid: true, issuer: 'OpenBanking Ltd' },
      findings: [],
    });
  });

  it('needs no body at all', async () => {
    await api().post('/sandbox/tpps').expect(201);
  });

  it('takes a name, roles and redirect URIs', async () => {
    const input = {
      name: 'N'.repeat(60),
      roles: ['PISP'],
      redirectUris: ['https://x.example/cb'],
      version: '7',
    };
    const body = bodyOf(await api().post('/sandbox/tpps').send(input).expect(201));
    expect(body).toMatchObject({
      organisation: { name: input.name, authorisations: [{ memberState: 'GB', roles: ['PISP'] }] },
      softwareStatement: {
        roles: ['PISP'],
        redirectUris: input.redirectUris,
        version: '7',
        clientName: 'N'.repeat(40),
      },
    });
  });

  it('leaves nothing behind when a field is wrong', async () => {
    const before = (await api().get('/sandbox/organisations?limit=1000')).body as { items: unknown[] };
    for (const input of [
      { roles: ['ASPSP'] },
      { redirectUris: ['http://x'] },
      { clientName: 'x'.repeat(41) },
      { x: 1 },
    ]) {
      await api().post('/sandbox/tpps').send(input).expect(400);
    }
    const after = (await api().get('/sandbox/organisations?limit=1000')).body as { items: unknown[] };
    expect(after.items).toHaveLength(before.items.length);
  });
});

describe('an SSA over the control API', () => {
  it('comes as JSON, or bare for who asks for application/jwt', async () => {
    const path = '/sandbox/software-statements/AcmeBudgetPlanner00001/ssa';
    const json = await api().post(path).send({}).expect(200);
    expect(Object.keys(json.body as Body)).toEqual(['ssa', 'header', 'payload']);
    const bare = await api()
      .post(path)
      .set('accept', 'application/jwt')
      .expect(200)
      .expect('content-type', /^application\/jwt/)
      .buffer();
    expect(bare.text).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    await api().post(path).set('accept', 'image/png').expect(406);
    await api().post(path).send({ surprise: true }).expect(400);
  });
});

describe('a self-signed SSA over the control API', () => {
  const path = '/sandbox/software-statements/AcmeBudgetPlanner00001/ssa';
  const issue = async (input: Body) => {
    const { body } = (await api().post(path).send(input).expect(200)) as { body: unknown };
    return body as { ssa: string; header: Body; payload: Body };
  };

  it('is signed by the software, or by nobody', async () => {
    const signed = await issue({ selfSigned: 'signed' });
    expect(signed.header).toMatchObject({ alg: 'PS256', typ: 'JWT' });
    expect(signed.payload['iss']).toBe('AcmeBudgetPlanner00001');
    const key = await api()
      .get(`/sandbox/certificates/${String(signed.header['kid'])}`)
      .expect(200);
    expect(key.body).toMatchObject({ type: 'obsigning', softwareId: 'AcmeBudgetPlanner00001' });
    const unsigned = await issue({ selfSigned: 'unsigned' });
    expect(unsigned).toMatchObject({ header: { alg: 'none' }, payload: { iss: 'AcmeBudgetPlanner00001' } });
    expect(unsigned.ssa).toMatch(/^[\w-]+\.[\w-]+\.$/);
    expect((await issue({})).payload['iss']).toBe('OpenBanking Ltd');
  });

  it('comes bare too', async () => {
    const bare = await api()
      .post(path)
      .set('accept', 'application/jwt')
      .send({ selfSigned: 'unsigned' })
      .expect(200)
      .buffer();
    expect(bare.text).toMatch(/^[\w-]+\.[\w-]+\.$/);
  });

  it.each([true, 'yes', null, ''])('is refused for %j', async (selfSigned) => {
    const response = await api().post(path).send({ selfSigned }).expect(400);
    expect((response.body as { errors: unknown }).errors).toEqual([
      {
        field: 'selfSigned',
        expected: 'one of "signed", "unsigned"',
        actual: JSON.stringify(selfSigned),
      },
    ]);
  });

  it('says what to do when there is no key to sign with', async () => {
    const softwareId = await newStatement(await newOrganisation());
    const response = await api()
      .post(`/sandbox/software-statements/${softwareId}/ssa`)
      .send({ selfSigned: 'signed' })
      .expect(409);
    expect((response.body as { detail: string }).detail).toMatch(/have it make one \(generate: true\)/);
  });
});

describe('authorisation servers over the control API', () => {
  it('are listed for a bank, with the address of its discovery document', async () => {
    const path = '/sandbox/organisations/0015800000REFBKAA5/authorisation-servers';
    const issuer = `${sandbox.urls.https}/aspsp/reference`;
    expect((await api().get(path).expect(200)).body).toEqual({
      items: [
        {
          id: expect.stringMatching(/^[0-9A-Za-z]{22}$/) as string,
          authorisationDomain: 'PSD2',
          autoRegistrationSupported: true,
          customerFriendlyName: sandbox.services.getBank('reference').profile.name,
          customerFriendlyDescription: expect.any(String) as string,
          customerFriendlyLogoUri: null,
          baseApiDnsUri: issuer,
          openIdDiscoveryEndPointUri: `${issuer}/.well-known/openid-configuration`,
          developerPortalUri: `${sandbox.urls.http}/banks/reference`,
          termsOfServiceUri: null,
          payloadSigningCertLocationUri: `${sandbox.urls.https}/0015800000REFBKAA5/0015800000REFBKAA5.jwks`,
          eiscdIds: [],
          parentAuthorisationServerId: null,
          apiResourceDiscoveryEndpointUri: null,
        },
      ],
      next: null,
    });
  });

  it('are none for a TPP, and not found for an unknown organisation', async () => {
    const none = await api()
      .get('/sandbox/organisations/0015800000ACMEpAAP/authorisation-servers')
      .expect(200);
    expect(none.body).toEqual({ items: [], next: null });
    await api().get('/sandbox/organisations/0015800000NOSUCHID/authorisation-servers').expect(404);
  });
});

describe('the inspector', () => {
  const inspect = async (token: string) =>
    (await api().post('/sandbox/inspect').send({ token }).expect(200)).body as {
      kind: string;
      signature: { valid: boolean; reason?: string };
      findings: { id: string; severity: string }[];
    };

  it('says what is wrong with an SSA that was changed after it was signed', async () => {
    const body = bodyOf(await api().post('/sandbox/tpps').send({}));
    const [header = '', payload = '', signature = ''] = (body as { ssa: string }).ssa.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Body;
    const changed = Buffer.from(JSON.stringify({ ...claims, org_status: 'Revoked' })).toString('base64url');
    const inspection = await inspect(`${header}.${changed}.${signature}`);
    expect(inspection).toMatchObject({ kind: 'ssa', signature: { valid: false } });
    expect(inspection.findings.map(({ id }) => id)).toEqual(['ssa-signature', 'ssa-organisation-active']);
  });

  it('warns of redirect URIs that banks refuse', async () => {
    const body = bodyOf(
      await api()
        .post('/sandbox/tpps')
        .send({ redirectUris: ['https://localhost/cb'] }),
    );
    const { findings } = await inspect((body as { ssa: string }).ssa);
    expect(findings).toMatchObject([{ id: 'ssa-redirect-uri-localhost', severity: 'warning' }]);
  });

  it('reads any JWT, and says when there is nothing to read', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    expect(await inspect(`${part({ alg: 'none' })}.${part({ sub: 'x' })}.`)).toMatchObject({
      kind: 'jwt',
      signature: { valid: false },
    });
    for (const token of ['x', 'a.b', '....', 'ab.cd.ef', `${part([])}.${part([])}.x`]) {
      expect(await inspect(token)).toMatchObject({ kind: 'unreadable', header: null, payload: null });
    }
  });
});

describe('a verdict over the control API', () => {
  it('is found by the id that the error_description of its refusal ends with', async () => {
    const answer = await sandbox.services.getBank('reference').register(anonymousPost('e30.e30.AAAA'));
    const id = answer.refusal?.description.split(' ').at(-1) ?? '';
    const found = await api().get(`/sandbox/banks/reference/attempts/${id}`).expect(200);
    expect(found.body).toMatchObject({
      id,
      bankId: 'reference',
      operation: 'create',
      certificate: null,
      response: { status: 415, error: 'invalid_request', errorDescription: answer.refusal?.description },
    });
    const list = await api().get('/sandbox/banks/reference/attempts?limit=1').expect(200);
    expect(list.body).toMatchObject({ items: [found.body] });
  });

  it('is not found by another id, nor at another bank', async () => {
    const answer = await sandbox.services.getBank('reference').register(anonymousPost('e30.e30.AAAA'));
    const { id } = verdictOf(answer);
    await api().get('/sandbox/banks/reference/attempts/none').expect(404);
    await api().get(`/sandbox/banks/legacy/attempts/${id}`).expect(404);
  });
});

describe('a bank’s profile over the control API', () => {
  const path = '/sandbox/banks/jose-only';
  const keystore = 'https://localhost:8443/keystore/openbanking.jwks';
  const profile = async (desk = api()): Promise<Body> => (await desk.get(path).expect(200)).body as Body;
  const put = (body: object) => api().put(path).send(body);
  const problemsOf = async (body: object) =>
    ((await put(body).expect(400)).body as { errors: { field: string; expected: string; actual: string }[] })
      .errors;
  const minimal = {
    id: 'jose-only',
    name: 'JOSE-Only Bank',
    purpose: 'Takes both.',
    organisationId: '0015800000JOSEBAA5',
    ssa: {
      issuers: [{ issuer: 'OpenBanking Ltd', jwksUri: keystore, jwksOrigins: ['https://localhost:8443'] }],
    },
  };
  afterEach(() => sandbox.services.resetBankProfile('jose-only'));

  it('is followed at once', async () => {
    const bank = sandbox.services.getBank('jose-only');
    const refusedBefore = await bank.register(anonymousPost('e30.e30.AAAA', 'application/jwt'));
    expect(refusedBefore.refusal?.error).toBe('unsupported_media_type');
    const body = bodyOf(await put({ ...minimal, operations: ['POST', 'GET'], acrValues: [] }).expect(200));
    expect(body).toEqual(await profile());
    expect(body).toMatchObject({
      ...minimal,
      request: { mediaTypes: ['application/jwt', 'application/jose'] },
    });
    const refusedAfter = await bank.register(anonymousPost('e30.e30.AAAA', 'application/jwt'));
    expect(refusedAfter.refusal?.error).not.toBe('unsupported_media_type');
    const discovery = await api().get('/aspsp/jose-only/.well-known/openid-configuration').expect(200);
    expect(discovery.body).not.toHaveProperty('acr_values_supported');
  });

  it('comes back as it is when it is put as it was got', async () => {
    const before = await profile();
    await put(before).expect(200);
    expect(await profile()).toEqual(before);
  });

  it('may name our own address by its placeholder', async () => {
    const issuer = {
      issuer: '{ssaIssuer}',
      jwksUri: '{directory}/keystore/openbanking.jwks',
      jwksOrigins: ['{directory}'],
    };
    await put({ ...minimal, ssa: { issuers: [issuer] } }).expect(200);
    expect(await profile()).toMatchObject({ ssa: minimal.ssa });
  });

  it('is refused with every wrong field, and nothing is saved', async () => {
    const before = await profile();
    expect(
      await problemsOf({
        ...minimal,
        id: 'reference',
        organisationId: '0015800000REFBKAA5',
        name: '',
        clockSkewSeconds: -1,
        request: { mediaTypes: ['text/plain'], audience: { rule: 'fixed' } },
        ssa: {
          issuers: [{ issuer: 'x', jwksUri: 'https://a.example/jwks', jwksOrigins: ['https://b.example'] }],
        },
        clientCertificate: { authorities: ['directory', 'unheard-of'] },
        unknown: 1,
      }),
    ).toEqual([
      { field: 'name', expected: 'at least 1 character', actual: '""' },
      { field: 'clockSkewSeconds', expected: 'at least 0', actual: '-1' },
      {
        field: 'request.mediaTypes[0]',
        expected: 'one of "application/jwt", "application/jose"',
        actual: '"text/plain"',
      },
      { field: 'request.audience.value', expected: 'a string', actual: 'nothing' },
      {
        field: 'ssa.issuers[0].jwksUri',
        expected: 'a URL at one of jwksOrigins',
        actual: '"https://a.example/jwks"',
      },
      {
        field: 'unknown',
        expected: expect.stringMatching(/^no member of this name \(there are id, name, /) as string,
        actual: '1',
      },
      { field: 'id', expected: '"jose-only"', actual: '"reference"' },
      { field: 'organisationId', expected: '"0015800000JOSEBAA5"', actual: '"0015800000REFBKAA5"' },
      {
        field: 'clientCertificate.authorities[1]',
        expected: 'one of "directory", "qtsp", "second"',
        actual: '"unheard-of"',
      },
    ]);
    expect(await profile()).toEqual(before);
    expect(sandbox.services.hasOtherProfile('jose-only')).toBe(false);
  });

  it.each([
    ['id', { id: 'reference' }, { field: 'id', expected: '"jose-only"', actual: '"reference"' }],
    [
      'organisation',
      { organisationId: '0015800000REFBKAA5' },
      { field: 'organisationId', expected: '"0015800000JOSEBAA5"', actual: '"0015800000REFBKAA5"' },
    ],
    [
      'authority',
      { clientCertificate: { authorities: ['constructor'] } },
      {
        field: 'clientCertificate.authorities[0]',
        expected: 'one of "directory", "qtsp", "second"',
        actual: '"constructor"',
      },
    ],
    [
      'nested member',
      { request: { maxLifetime: 1 } },
      {
        field: 'request.maxLifetime',
        expected:
          'no member of this name (there are mediaTypes, signingAlgorithms, kidNames, maxLifetimeSeconds, audience, issuer)',
        actual: '1',
      },
    ],
    [
      'grant type of another version',
      { dcrVersion: '3.2', metadata: { grantTypes: ['urn:openid:params:grant-type:ciba'] } },
      {
        field: 'metadata.grantTypes[0]',
        expected: 'a value of DCR 3.2: client_credentials, authorization_code, refresh_token',
        actual: '"urn:openid:params:grant-type:ciba"',
      },
    ],
    [
      'application type of another version',
      { dcrVersion: '3.3', metadata: { applicationTypes: ['web', 'native'] } },
      {
        field: 'metadata.applicationTypes[1]',
        expected: 'a value of DCR 3.3: web, mobile',
        actual: '"native"',
      },
    ],
  ])('cannot have another or an unknown %s', async (_what, change, problem) => {
    expect(await problemsOf({ ...minimal, ...change })).toEqual([problem]);
  });

  it('must be an object, of bounded depth, for a bank that there is', async () => {
    await put([]).expect(400);
    await api().put(path).expect(400);
    await api().put('/sandbox/banks/none').send(minimal).expect(404);
    for (const levels of [33, 30_000]) {
      const body = `{"name":${'['.repeat(levels)}${']'.repeat(levels)}}`;
      const response = await api().put(path).set('content-type', 'application/json').send(body).expect(400);
      expect(response.body).toMatchObject({
        errors: [{ field: 'body', expected: 'JSON of at most 32 levels', actual: 'deeper nesting' }],
      });
    }
  });

  it('is not taken from another site', async () => {
    const before = await profile();
    await put({ ...minimal, name: 'Planted' })
      .set('Origin', 'https://evil.example')
      .expect(403);
    await put({ ...minimal, name: 'Planted' })
      .set('Sec-Fetch-Site', 'cross-site')
      .expect(403);
    await put({ ...minimal, name: 'Planted' })
      .set('host', 'rebound.example')
      .expect(421);
    await api().put(path).set('content-type', 'text/plain').send('{}').expect(415);
    expect(await profile()).toEqual(before);
  });

  it('is kept over a restart, with our own addresses as they are then', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'mock-ob-directory-profile-'));
    const openAt = (httpsPort: number) =>
      createSandbox({ keyPairs: testKeys, inMemory: false, dataDir, httpsPort });
    const foreign = {
      issuer: 'Other',
      jwksUri: 'https://localhost:84/jwks',
      jwksOrigins: ['https://localhost:84'],
    };
    try {
      const first = await openAt(8);
      const shipped = await profile(supertest(first.deskApp));
      const [own] = (shipped['ssa'] as { issuers: object[] }).issuers;
      expect(own).toMatchObject({ jwksUri: 'https://localhost:8/keystore/openbanking.jwks' });
      const ssa = { issuers: [own, foreign] };
      await supertest(first.deskApp)
        .put(path)
        .send({ ...minimal, name: 'Kept', ssa })
        .expect(200);
      await first.close();

      const second = await openAt(9443);
      const kept = await profile(supertest(second.deskApp));
      expect(kept).toMatchObject({
        name: 'Kept',
        ssa: {
          issuers: [
            {
              issuer: 'OpenBanking Ltd',
              jwksUri: 'https://localhost:9443/keystore/openbanking.jwks',
              jwksOrigins: ['https://localhost:9443'],
            },
            foreign,
          ],
        },
      });
      await second.services.resetBankProfile('jose-only');
      await second.close();

      const third = await openAt(8);
      expect(await profile(supertest(third.deskApp))).toEqual(shipped);
      await third.close();
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});

describe('requests to the desk', () => {
  it('are refused for a name that is not ours', async () => {
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      'evil.example:8080',
      '127.evil.example',
      '127.0.0.1.evil.example',
      '',
    ]) {
      await api().get('/sandbox/organisations').set('host', host).expect(421);
    }
    for (const host of ['localhost', 'LOCALHOST:8080', '127.0.0.1:1', '[::1]:8080']) {
      await api().get('/sandbox/organisations').set('host', host).expect(200);
    }
    await api().get('/healthz').set('host', 'evil.example').expect(200);
    await api().get('/keystore/openbanking.jwks').set('host', 'evil.example').expect(200);
  });

  it.each([
    ['Origin', 'https://evil.example'],
    ['Origin', 'null'],
    ['Origin', 'http://localhost:9999'],
    ['Sec-Fetch-Site', 'cross-site'],
    ['Sec-Fetch-Site', 'same-site'],
  ])('that change something are refused with %s: %s, with a body or without', async (header, value) => {
    const post = () => api().post('/sandbox/organisations').set('host', 'localhost:8080').set(header, value);
    await post().send({ name: 'x' }).expect(403);
    await post().expect(403);
    await api().delete('/sandbox/certificates/x').set(header, value).expect(403);
    await api().get('/sandbox/organisations').set(header, value).expect(200);
  });

  it('may come from our own pages', async () => {
    await api()
      .post('/sandbox/organisations')
      .set('host', 'localhost:8080')
      .set('origin', 'http://localhost:8080')
      .set('sec-fetch-site', 'same-origin')
      .send({ name: 'x' })
      .expect(201);
  });
});

describe('parameters in the query', () => {
  const errorsOf = (response: { body: unknown }) => (response.body as { errors: unknown }).errors;

  it.each([
    ['post', '/sandbox/tpps?name=Acme'],
    ['post', '/sandbox/software-statements/AcmeBudgetPlanner00001/ssa?defect=no-iat'],
    ['put', '/sandbox/clock?mode=real'],
    ['patch', '/sandbox/organisations/0015800000ACMEXAA1?name=Acme'],
    ['delete', '/sandbox/faults?name=empty'],
    ['post', '/sandbox/reset?to=demo'],
    ['put', '/sandbox/state?to=demo'],
    ['post', '/sandbox/anchors/second/tpps?name=Acme'],
  ] as const)('are no place for what a call is told: %s %s', async (method, path) => {
    const [, name = '', value = ''] = /\?(\w+)=(.*)$/.exec(path) ?? [];
    expect(errorsOf(await api()[method](path).expect(400))).toEqual([
      {
        field: name,
        expected: 'no parameter in the query, but a member of the JSON body',
        actual: JSON.stringify(value),
      },
    ]);
  });

  it('are refused where they are not of this call, with the names of those that are', async () => {
    expect(errorsOf(await api().get('/sandbox/organisations?lmit=1&spec=3.3').expect(400))).toEqual([
      { field: 'lmit', expected: 'no member of this name (did you mean "limit"?)', actual: '"1"' },
      {
        field: 'spec',
        expected: 'no member of this name (there are limit, after, q, kind, status)',
        actual: '"3.3"',
      },
    ]);
  });

  it('are refused together with the values that are wrong', async () => {
    const answer = await api().get('/sandbox/organisations?limit=0&kind=bank&colour=red').expect(400);
    expect(errorsOf(answer)).toEqual(
      ['limit', 'kind', 'colour'].map((field) => expect.objectContaining({ field }) as object),
    );
  });
});

describe('a desk with a password', () => {
  let guarded: Sandbox;
  beforeAll(async () => {
    guarded = await createSandbox({ keyPairs: testKeys, adminPassword: 'so:secret' });
  });
  afterAll(() => guarded.close());

  it('lets in who knows it', async () => {
    await supertest(guarded.deskApp).get('/sandbox/banks').auth('admin', 'so:secret').expect(200);
  });

  it('asks everybody else for it', async () => {
    const desk = supertest(guarded.deskApp);
    await desk
      .get('/sandbox/banks')
      .expect(401)
      .expect('www-authenticate', /^Basic realm=/);
    await desk.get('/sandbox/banks').auth('admin', 'wrong').expect(401);
    await desk.get('/sandbox/banks').auth('root', 'so:secret').expect(401);
    await desk.get('/sandbox/banks').set('cookie', 'desk-session=guess').expect(401);
    await desk.post('/sandbox/tpps').expect(401);
    await desk.put('/sandbox/banks/reference').send({}).expect(401);
  });

  it('keeps health and the public artefacts open', async () => {
    await supertest(guarded.deskApp).get('/healthz').expect(200);
    await supertest(guarded.deskApp).get('/ca/root.pem').expect(200);
    await supertest(guarded.deskApp).get('/aspsp/reference/.well-known/openid-configuration').expect(200);
  });
});
