import { createPrivateKey, X509Certificate } from 'node:crypto';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IssuedQualifiedCertificate } from '../../src/sandbox/qualified-certificates.js';
import { createSandbox, type Sandbox } from '../../src/testkit.js';
import { differences, statementsOf } from '../support/certificate-text.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';

const workshop = new Workshop();
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys, publicHost: 'directory.test' });
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

const api = () => supertest(sandbox.deskApp);
const getPage = (path: string) => api().get(path).set('Accept', 'text/html');
const postForm = (path: string, fields: Record<string, string | string[]>) =>
  api().post(path).set('Accept', 'text/html').type('form').send(fields);

const subjectOf = (pem: string) => new X509Certificate(pem).subject.split('\n');

function verifies({ certificatePem, chainPem }: { certificatePem: string; chainPem: string }): string {
  workshop.write('leaf.pem', certificatePem);
  workshop.write('chain.pem', chainPem);
  return workshop.openssl('verify', '-x509_strict', '-CAfile', 'chain.pem', 'leaf.pem').trim();
}

describe('the provider’s own certificates', () => {
  it.each(['deskApp', 'protocolApp'] as const)('are public on both listeners: %s', async (app) => {
    const get = (name: string) => supertest(sandbox[app]).get(`/qtsp/ca/${name}`).buffer().expect(200);
    const [root, issuing, chain] = [await get('root.pem'), await get('issuing.pem'), await get('chain.pem')];
    expect(root.headers['content-type']).toContain('application/x-pem-file');
    expect(chain.text).toBe(issuing.text + root.text);
    for (const [name, pem] of [
      ['root.crt', root.text],
      ['issuing.crt', issuing.text],
    ] as const) {
      const der = await get(name).responseType('blob');
      expect(der.headers['content-type']).toBe('application/pkix-cert');
      expect(new X509Certificate(der.body as Buffer).toString()).toBe(pem);
    }
    expect(verifies({ certificatePem: issuing.text, chainPem: root.text })).toBe('leaf.pem: OK');
  });

  it('come with a disclosure statement that says what they are worth', async () => {
    const { text } = await api()
      .get('/qtsp/disclosure-en.txt')
      .expect('Content-Type', /^text\/plain/)
      .expect(200);
    expect(text).toContain('TEST ONLY');
  });

  it('are not below a trust anchor', async () => {
    await api().get('/anchors/second/qtsp/ca/root.pem').expect(404);
  });
});

describe('POST /sandbox/qtsp/certificates', () => {
  const PATH = '/sandbox/qtsp/certificates';
  const firm = { type: 'qwac', name: 'Firma Ąžuolas UAB', roles: ['AISP'] };
  const post = (body: object) => api().post(PATH).send(body);

  it('gives a certificate with its key, which are registered nowhere', async () => {
    const authority = { id: 'BLLTU', registrationId: 'LB000458' };
    const dnsNames = ['api.firm.example', '*.firm.example'];
    const notBefore = '2024-02-29T12:00:00Z';
    const response = await post({ ...firm, authority, dnsNames, notBefore, generate: true }).expect(201);
    const issued = response.body as IssuedQualifiedCertificate;
    expect(Object.keys(issued).sort()).toEqual([
      'certificatePem',
      'chainPem',
      'notAfter',
      'notBefore',
      'privateKeyPem',
      'roles',
      'serialNumber',
      'subject',
      'thumbprintSha256',
      'type',
    ]);
    expect(issued).toMatchObject({
      type: 'qwac',
      subject: 'CN=api.firm.example,organizationIdentifier=PSDLT-BL-LB000458,O=Firma Ąžuolas UAB,C=LT',
      notBefore: '2024-02-29T12:00:00.000Z',
      notAfter: '2025-02-28T12:00:00.000Z',
    });
    expect(response.headers['cache-control']).toBe('no-store');
    const certificate = new X509Certificate(issued.certificatePem);
    expect(subjectOf(issued.certificatePem)).toEqual([
      'C=LT',
      'O=Firma Ąžuolas UAB',
      'organizationIdentifier=PSDLT-BL-LB000458',
      'CN=api.firm.example',
    ]);
    expect(certificate.subjectAltName).toBe('DNS:api.firm.example, DNS:*.firm.example');
    expect(certificate.checkPrivateKey(createPrivateKey(issued.privateKeyPem ?? ''))).toBe(true);
    expect(certificate.serialNumber.toLowerCase()).toBe(issued.serialNumber);
    const { items } = sandbox.services.registry.pageOfOrganisations({ limit: 1_000 });
    expect(items.some(({ name }) => name === firm.name)).toBe(false);
  });

  it('makes a firm of the FCA with a number of its own where no authority is given', async () => {
    const identifiers = await Promise.all(
      [1, 2].map(async () => {
        const response = await post({ ...firm, type: 'qseal', generate: true }).expect(201);
        return subjectOf((response.body as IssuedQualifiedCertificate).certificatePem)[2];
      }),
    );
    for (const identifier of identifiers)
      expect(identifier).toMatch(/^organizationIdentifier=PSDGB-FCA-[1-9]\d{5}$/);
    expect(identifiers[0]).not.toBe(identifiers[1]);
  });

  it('certifies the key of a request, with the common name and the locality that it wishes', async () => {
    const csrPem = workshop.csr(
      '/C=GB/L=London/O=firm  ltd/OU=left out/CN=api.firm.example',
      ...['-addext', 'subjectAltName=DNS:api.firm.example'],
    );
    const response = await post({ ...firm, name: 'Firm Ltd', csrPem }).expect(201);
    const issued = response.body as IssuedQualifiedCertificate;
    expect(issued).not.toHaveProperty('privateKeyPem');
    expect(subjectOf(issued.certificatePem)).toEqual([
      'C=GB',
      'L=London',
      'O=Firm Ltd',
      expect.stringMatching(/^organizationIdentifier=PSDGB-FCA-/),
      'CN=api.firm.example',
    ]);
    const certificate = new X509Certificate(issued.certificatePem);
    expect(certificate.checkPrivateKey(createPrivateKey(workshop.read('new.key')))).toBe(true);
    expect(certificate.subjectAltName).toBe('DNS:api.firm.example');
    expect(verifies(issued)).toBe('leaf.pem: OK');
  });

  it('refuses a request for somebody else, naming each difference', async () => {
    const csrPem = workshop.csr(`/C=FR/O=Other/CN=${'a'.repeat(64)}`, '-utf8');
    const response = await post({ ...firm, name: 'Firm', csrPem }).expect(400);
    expect((response.body as { errors: unknown }).errors).toEqual([
      { field: 'csrPem subject C', expected: '"GB" or nothing', actual: '"FR"' },
      { field: 'csrPem subject O', expected: '"Firm" or nothing', actual: '"Other"' },
    ]);
  });

  describe('with a defect', () => {
    const same = { ...firm, authority: { id: 'BLLTU', registrationId: 'LB000458' }, generate: true };
    const at = { notBefore: '2026-01-01T00:00:00Z' };
    const issued = async (body: object) =>
      statementsOf(
        workshop,
        ((await post(body).expect(201)).body as IssuedQualifiedCertificate).certificatePem,
      );

    it.each<[defect: string, differing: string[], more?: object]>([
      ['bad-qc-statements', ['qcStatements'], at],
      ['missing-organization-identifier', ['Subject'], at],
      ['wrong-eku', ['Extended Key Usage'], at],
      ['no-key-usage', ['Key Usage'], at],
      ['weak-key', ['Public-Key'], at],
      ['sha1', ['Signature Algorithm'], at],
      ['wrong-ca', ['Authority Key Identifier'], at],
      ['self-signed', ['Issuer', 'Authority Key Identifier'], at],
      ['expired', ['Not Before', 'Not After']],
      ['not-yet-valid', ['Not Before', 'Not After']],
    ])('differs in it alone: %s', async (defect, differing, more = {}) => {
      const [honest, broken] = [
        await issued({ ...same, ...more }),
        await issued({ ...same, ...more, defect }),
      ];
      expect(differences(honest, broken).sort()).toEqual(differing.sort());
    });

    it('is signed by another key: bad-signature', async () => {
      const { certificatePem, chainPem } = (await post({ ...same, defect: 'bad-signature' }).expect(201))
        .body as IssuedQualifiedCertificate;
      const [issuing = ''] = chainPem.split(/(?=-----BEGIN)/);
      expect(new X509Certificate(certificatePem).verify(new X509Certificate(issuing).publicKey)).toBe(false);
    });

    it.each<[string, object, string, RegExp]>([
      [
        'that only a registered one can have',
        { defect: 'revoked' },
        'defect',
        /registered with an organisation/,
      ],
      ['of somebody else', { defect: 'subject-of-another-organisation' }, 'defect', /names whom/],
      [
        'of another key',
        { defect: 'weak-key', generate: undefined, csrPem: 'x' },
        'csrPem',
        /generate: true/,
      ],
      ['of other dates', { defect: 'expired', ...at }, 'notBefore', /^nothing with the defect/],
      ['that is misspelt', { defect: 'bad-qc-statement' }, 'defect', /did you mean "bad-qc-statements"/],
    ])('is refused with a reason for one %s', async (_what, body, field, expected) => {
      const response = await post({ ...same, ...body }).expect(400);
      expect((response.body as { errors: unknown[] }).errors).toEqual([
        { field, expected: expect.stringMatching(expected) as string, actual: expect.any(String) as string },
      ]);
    });
  });

  it.each<[string, object, string]>([
    ['no name', { name: undefined }, 'name'],
    ['a name of spaces', { name: '  ' }, 'name'],
    ['a name that is no text', { name: ['Firm'] }, 'name'],
    ['a name with a line break', { name: 'Firm\nO=Bank' }, 'name'],
    ['no roles', { roles: undefined }, 'roles'],
    ['an empty list of roles', { roles: [] }, 'roles'],
    ['a role twice', { roles: ['AISP', 'AISP'] }, 'roles'],
    ['a role that is none', { roles: ['PSP_AI'] }, 'roles[0]'],
    ['a type of the Directory', { type: 'obwac' }, 'type'],
    ['an authority that is none', { authority: { id: 'FCA', registrationId: '1' } }, 'authority.id'],
    ['a country that is none', { country: 'XX' }, 'country'],
    ['a DNS name that is none', { dnsNames: ['-'] }, 'dnsNames[0]'],
    [
      'too many DNS names',
      { dnsNames: Array.from({ length: 21 }, (_, index) => `d${index}.example`) },
      'dnsNames',
    ],
    ['DNS names for a seal', { type: 'qseal', dnsNames: ['api.firm.example'] }, 'dnsNames'],
    ['a date that is none', { notBefore: 'tomorrow' }, 'notBefore'],
    ['a request and generate', { csrPem: 'x' }, 'body'],
    ['neither a request nor generate', { generate: undefined }, 'body'],
    ['a member that is not known', { orgId: 'x' }, 'orgId'],
  ])('refuses %s', async (_what, change, field) => {
    const response = await post({ ...firm, generate: true, ...change }).expect(400);
    expect((response.body as { errors: { field: string }[] }).errors.map((error) => error.field)).toEqual([
      field,
    ]);
  });
});

describe('POST /sandbox/organisations/{orgId}/certificates', () => {
  async function newOrganisation(): Promise<string> {
    const response = await api().post('/sandbox/organisations').send({ name: 'Registered Ltd' }).expect(201);
    return (response.body as { id: string }).id;
  }

  it.each(['qwac', 'qseal'])('registers a %s with the provider’s chain', async (type) => {
    const orgId = await newOrganisation();
    const path = `/sandbox/organisations/${orgId}/certificates`;
    const response = await api().post(path).send({ type, generate: true }).expect(201);
    const issued = response.body as {
      kid: string;
      certificatePem: string;
      chainPem: string;
      privateKeyPem: string;
    };
    expect(response.body).toMatchObject({ type, status: 'active', organisationId: orgId, softwareId: null });
    expect(verifies(issued)).toBe('leaf.pem: OK');
    expect(subjectOf(issued.certificatePem)).toContain(`organizationIdentifier=PSDGB-OB-Unknown${orgId}`);
    const x5u = await api().get(`/${orgId}/${issued.kid}.pem`).expect(200).buffer();
    expect(x5u.text).toBe(issued.certificatePem + issued.chainPem);
    const listed = await api().get(path).expect(200);
    expect((listed.body as { items: { kid: string }[] }).items.map(({ kid }) => kid)).toEqual([issued.kid]);
    const jwks = await api().get(`/${orgId}/${orgId}.jwks`).expect(200);
    const use = type === 'qwac' ? 'tls' : 'sig';
    expect(jwks.body).toMatchObject({ keys: [{ kid: issued.kid, use }] });
    await api().delete(`/sandbox/certificates/${issued.kid}`).expect(204);
    expect((await api().get(`/${orgId}/${orgId}.jwks`)).body).toEqual({ keys: [] });
  });

  it('certifies the key of a request once', async () => {
    const path = `/sandbox/organisations/${await newOrganisation()}/certificates`;
    const csrPem = workshop.csr('/CN=api.registered.example');
    await api().post(path).send({ type: 'qwac', csrPem }).expect(201);
    await api().post(path).send({ type: 'qseal', csrPem }).expect(409);
  });

  it('is not for software statements', async () => {
    const { softwareStatement } = await sandbox.services.createReadyTpp({});
    await api()
      .post(`/sandbox/software-statements/${softwareStatement.id}/certificates`)
      .send({ type: 'qwac', generate: true })
      .expect(400);
  });

  it('serves the organisations of a trust anchor too', async () => {
    const base = '/sandbox/anchors/second/organisations';
    const response = await api().post(base).send({ name: 'There' }).expect(201);
    const path = `${base}/${(response.body as { id: string }).id}/certificates`;
    const issued = await api().post(path).send({ type: 'qwac', generate: true }).expect(201);
    expect(verifies(issued.body as { certificatePem: string; chainPem: string })).toBe('leaf.pem: OK');
  });
});

describe('the page of the provider', () => {
  const form = { type: 'qwac', name: 'Firm <b>Ltd</b>', roles: ['AISP', 'PISP'], country: '', dnsNames: '' };

  it('is linked beside the Directory and says who trusts it', async () => {
    const { text } = await getPage('/organisations').expect(200);
    expect(text).toContain('href="/qtsp">Qualified trust service provider</a>');
    const page = await getPage('/qtsp').expect(200);
    expect(page.text).toContain('http://directory.test:8080/qtsp/ca/root.pem');
    expect(page.text).toContain('<a href="/banks/open-trust">Open-Trust Bank</a>');
    expect(page.text).not.toContain('href="/banks/reference"');
  });

  it('shows a certificate and its key, both to save', async () => {
    const { text, headers } = await postForm('/qtsp/certificates', {
      ...form,
      organisationIdentifier: ' PSDLT-BL-LB000458 ',
      dnsNames: 'api.firm.example\r\n\r\n',
    }).expect(201);
    expect(headers['cache-control']).toBe('no-store');
    expect(text).toContain('<h1>QWAC of the mock QTSP</h1>');
    const files = [
      ...text.matchAll(/download="([^"]+)" href="data:application\/x-pem-file;base64,([^"]+)"/g),
    ];
    expect(files.map(([, name]) => name)).toEqual(['qwac.pem', 'qwac.key']);
    const [pem = '', key = ''] = files.map(([, , data = '']) => Buffer.from(data, 'base64').toString());
    expect(new X509Certificate(pem).checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(subjectOf(pem)).toEqual([
      'C=LT',
      'O=Firm \\<b\\>Ltd\\</b\\>',
      'organizationIdentifier=PSDLT-BL-LB000458',
      'CN=api.firm.example',
    ]);
  });

  it('certifies a key of one’s own, whose private key stays away', async () => {
    const csrPem = workshop.csr('/CN=api.firm.example');
    const { text } = await postForm('/qtsp/certificates', { ...form, type: 'qseal', csrPem }).expect(201);
    expect(text).toContain('<h1>QSealC of the mock QTSP</h1>');
    expect(text).toContain('private key: with its holder');
    expect(text).not.toContain('PRIVATE KEY');
  });

  it.each<[string, Record<string, string | string[]>, string, string]>([
    ['no name', { name: '' }, 'qualified-name', 'Name: expected'],
    ['no roles', { roles: [] }, 'qualified-roles', 'Roles: expected'],
    [
      'an identifier that is none',
      { organisationIdentifier: 'GB827001' },
      'qualified-organisationIdentifier',
      'Organisation identifier: expected',
    ],
    [
      'DNS names for a seal',
      { type: 'qseal', dnsNames: 'a.example' },
      'qualified-dnsNames',
      'DNS names: expected',
    ],
    ['a request that is none', { csrPem: 'x' }, 'qualified-csrPem', 'Certificate signing request: expected'],
    ['a country that is none', { country: 'XX' }, 'qualified-country', 'Country: expected'],
  ])('comes again with what was entered for %s', async (_what, change, controlId, message) => {
    const { text } = await postForm('/qtsp/certificates', { ...form, ...change }).expect(400);
    expect(text).toContain(`<a href="#${controlId}">${message}`);
    expect(text).toContain(`id="${controlId}"`);
    if (!('name' in change)) expect(text).toContain('value="Firm &lt;b&gt;Ltd&lt;/b&gt;"');
  });
});

describe('the page of an organisation', () => {
  it('offers qualified certificates beside the Directory’s, and lists them', async () => {
    const { organisation, softwareStatement } = await sandbox.services.createReadyTpp({ name: 'Page Ltd' });
    const path = `/organisations/${organisation.id}`;
    const { text } = await getPage(path).expect(200);
    for (const type of ['obwac', 'obseal', 'qwac', 'qseal'])
      expect(text).toContain(`<option value="${type}"`);
    expect(text).toContain('For qwac and qseal, which the <a href="/qtsp">mock QTSP</a> issues,');
    expect((await getPage(`/software-statements/${softwareStatement.id}`)).text).not.toContain('qwac');
    const made = await postForm(`${path}/keys`, { type: 'qwac' }).expect(303);
    const { text: certificate } = await getPage(made.headers['location'] ?? '').expect(200);
    expect(certificate).toContain('<h1>qwac certificate</h1>');
    const csrPem = workshop.csr('/CN=seal.example');
    await postForm(`${path}/certificates`, { type: 'qseal', csrPem }).expect(303);
    const page = await getPage(path).expect(200);
    for (const type of ['qwac', 'qseal']) expect(page.text).toContain(`<span class="detail">${type}</span>`);
  });
});
