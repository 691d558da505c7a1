import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
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
const BASE = '/sandbox/anchors/second';
type Body = Record<string, unknown>;

describe('trust anchors over the control API', () => {
  it('are listed with what a bank must know to trust them', async () => {
    const second = {
      id: 'second',
      name: 'Second Trust Anchor',
      ssaIssuer: 'Second Trust Anchor TEST ONLY',
      jwksUri: `${sandbox.urls.https}/anchors/second/keystore/openbanking.jwks`,
      rootUri: `${sandbox.urls.http}/anchors/second/ca/root.pem`,
    };
    const list = await api().get('/sandbox/anchors').expect(200);
    expect(list.body).toEqual({ items: [second], next: null });
    expect((await api().get(BASE).expect(200)).body).toEqual(second);
    for (const uri of [second.jwksUri, second.rootUri]) await api().get(new URL(uri).pathname).expect(200);
  });

  it('are not there without the demo data', async () => {
    const bare = await createSandbox({ keyPairs: testKeys, demo: false });
    const list = await supertest(bare.deskApp).get('/sandbox/anchors').expect(200);
    expect(list.body).toEqual({ items: [], next: null });
    await supertest(bare.deskApp).get(BASE).expect(404);
    await bare.close();
  });

  it('give a ready TPP in one call, which the Directory does not know', async () => {
    const created = await api().post(`${BASE}/tpps`).send({ name: 'There' }).expect(201);
    const tpp = created.body as ReadyTpp;
    const statement = `software-statements/${tpp.softwareStatement.id}`;
    expect(created.headers['location']).toBe(`${BASE}/${statement}`);
    await api().get(`${BASE}/${statement}`).expect(200);
    await api().get(`/sandbox/${statement}`).expect(404);
    await api().get(`/sandbox/organisations/${tpp.organisation.id}`).expect(404);
    await api().get(`/sandbox/certificates/${tpp.signing.kid}`).expect(404);
    const key = await api().get(`${BASE}/certificates/${tpp.signing.kid}/private-key`).expect(200).buffer();
    expect(key.text).toBe(tpp.signing.privateKeyPem);
  });

  it('issue SSAs that the inspector judges by a bank which trusts them', async () => {
    const created = await api().post(`${BASE}/tpps`).send({}).expect(201);
    const { ssa } = created.body as ReadyTpp;
    const inspected = await api().post('/sandbox/inspect').send({ token: ssa }).expect(200);
    expect(inspected.body).toMatchObject({
      kind: 'ssa',
      signature: { valid: true, issuer: 'Second Trust Anchor TEST ONLY' },
      findings: [],
    });
  });

  it('take the Directory’s calls below their own path, and answer with places there', async () => {
    const organisation = await api().post(`${BASE}/organisations`).send({ name: 'Step by step' }).expect(201);
    const { id: orgId } = organisation.body as { id: string };
    expect(organisation.headers['location']).toBe(`${BASE}/organisations/${orgId}`);
    const statement = await api()
      .post(`${BASE}/organisations/${orgId}/software-statements`)
      .send({ clientName: 'App', redirectUris: ['https://app.example/cb'] })
      .expect(201);
    const { id: softwareId } = statement.body as { id: string };
    expect(statement.headers['location']).toBe(`${BASE}/software-statements/${softwareId}`);
    const csrPem = workshop.csr(`/C=GB/O=OpenBanking/OU=${orgId}/CN=${softwareId}`);
    const path = `${BASE}/software-statements/${softwareId}/certificates`;
    const certificate = await api().post(path).send({ type: 'obsigning', csrPem }).expect(201);
    const { kid, chainPem } = certificate.body as { kid: string; chainPem: string };
    expect(certificate.headers['location']).toBe(`${BASE}/certificates/${kid}`);
    expect(chainPem).toBe((await api().get('/anchors/second/ca/chain.pem').buffer()).text);
    const ssa = await api().post(`${BASE}/software-statements/${softwareId}/ssa`).expect(200);
    expect((ssa.body as { payload: Body }).payload['iss']).toBe('Second Trust Anchor TEST ONLY');
    await api().delete(`${BASE}/certificates/${kid}`).expect(204);
    await api().post(`${BASE}/software-statements/${softwareId}/ssa`).expect(409);
    expect(
      (await api().get(`${BASE}/organisations/${orgId}/authorisation-servers`).expect(200)).body,
    ).toEqual({ items: [], next: null });
  });

  it('may certify a key that the Directory has certified', async () => {
    const csrOf = async (base: string) => {
      const tpp = (await api().post(`${base}/tpps`).expect(201)).body as ReadyTpp;
      const { organisation, softwareStatement } = tpp;
      const subject = `/C=GB/O=OpenBanking/OU=${organisation.id}/CN=${softwareStatement.id}`;
      return { softwareId: softwareStatement.id, subject };
    };
    const here = await csrOf('/sandbox');
    const there = await csrOf(BASE);
    const send = (base: string, softwareId: string, csrPem: string) =>
      api()
        .post(`${base}/software-statements/${softwareId}/certificates`)
        .send({ type: 'obsigning', csrPem });
    await send('/sandbox', here.softwareId, workshop.csr(here.subject)).expect(201);
    const sameKey = workshop.csrWithKey(['-key', 'new.key'], there.subject);
    await send(BASE, there.softwareId, sameKey).expect(201);
    await send(BASE, there.softwareId, sameKey).expect(409);
  });

  it('are not found under an unknown id, and have no banks, clock or inspector', async () => {
    const unknown = await api().post('/sandbox/anchors/unknown/tpps').expect(404);
    expect(unknown.body).toMatchObject({ detail: 'There is no trust anchor "unknown".' });
    for (const path of ['banks', 'anchors', 'inspect', 'nothing']) {
      const { body } = (await api().get(`${BASE}/${path}`).expect(404)) as { body: unknown };
      expect(body).toMatchObject({ detail: `The control API has no GET ${BASE}/${path}.` });
    }
  });

  it('ask for the password as everything else does, but for their public artefacts', async () => {
    const guarded = await createSandbox({ keyPairs: testKeys, adminPassword: 'secret' });
    await supertest(guarded.deskApp).get('/sandbox/anchors').expect(401);
    await supertest(guarded.deskApp).post(`${BASE}/tpps`).expect(401);
    await supertest(guarded.deskApp).get('/anchors/second').set('accept', 'text/html').expect(303);
    await supertest(guarded.deskApp).get('/anchors/second/keystore/openbanking.jwks').expect(200);
    await guarded.close();
  });
});

describe('the page of a trust anchor', () => {
  const getPage = (path: string) => api().get(path).set('Accept', 'text/html');
  const postForm = (path: string) => api().post(path).set('Accept', 'text/html').type('form').send({});
  /** The text of the one text area with this id. */
  const textArea = (html: string, id: string) =>
    new RegExp(`<textarea id="${id}"[^>]*>([^<]*)</textarea>`).exec(html)?.[1]?.replaceAll('&#39;', "'") ??
    '';

  it('is linked beside the Directory, where there is one, and from no other page', async () => {
    const { text } = await getPage('/organisations').expect(200);
    expect(text).toContain('href="/anchors/second">Second Trust Anchor</a>');
    for (const path of ['/', '/banks', '/banks/reference', '/organisations/0015800000ACMEpAAP']) {
      expect((await getPage(path).expect(200)).text).not.toContain('/anchors/');
    }
    const bare = await createSandbox({ keyPairs: testKeys, demo: false });
    const bareStart = await supertest(bare.deskApp)
      .get('/organisations')
      .set('Accept', 'text/html')
      .expect(200);
    expect(bareStart.text).not.toContain('/anchors/');
    await bare.close();
  });

  it('says what it is for, and what a bank must know to trust it', async () => {
    const { text } = await getPage('/anchors/second').expect(200);
    expect(text).toContain('<h1>Second Trust Anchor</h1>');
    expect(text).toContain('A bank may accept an SSA from any trust anchor it chooses');
    expect(text).toContain('<code>Second Trust Anchor TEST ONLY</code>');
    expect(text).toContain(`<code>${sandbox.urls.https}/anchors/second/keystore/openbanking.jwks</code>`);
    expect(text).toContain(`<code>${sandbox.urls.http}/anchors/second/ca/root.pem</code>`);
    expect(text).toContain('open-trust');
    const links = [...text.matchAll(/href="(\/anchors\/second\/[^"]+\.(?:jwks|pem|crt))"/g)].map(
      ([, path = '']) => path,
    );
    expect(links).toHaveLength(6);
    for (const path of links) await api().get(path).expect(200);
  });

  it('gives a test SSA at the press of a button, with its keys', async () => {
    const { headers } = await postForm('/anchors/second/quick-ssa').expect(303);
    const location = headers['location'] ?? '';
    const [, softwareId = ''] =
      /^\/anchors\/second\/software-statements\/(\w{22})\/ssa$/.exec(location) ?? [];
    const { text } = await getPage(location).set('Host', 'localhost:8080').expect(200);
    const [, payload = ''] = textArea(text, 'ssa').trim().split('.');
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      iss: 'Second Trust Anchor TEST ONLY',
      software_id: softwareId,
    });
    const second = await sandbox.services.getAnchor('second').open();
    const keys = await second.certificates.ofSoftwareStatement(softwareId);
    expect(keys.map(({ record }) => record.type).sort()).toEqual(['obsigning', 'obtransport']);
    for (const { record } of keys) {
      for (const path of [
        `/sandbox/anchors/second/certificates/${record.kid}/private-key`,
        `/anchors/second/${record.organisationId}/${record.kid}.pem`,
        `/anchors/second/${record.organisationId}/${softwareId}.jwks`,
      ]) {
        expect(text).toContain(`href="${path}"`);
        await api().get(path).expect(200);
      }
    }
    expect(textArea(text, 'ssa-call-1')).toContain(
      `'http://localhost:8080/sandbox/anchors/second/software-statements/${softwareId}/ssa'`,
    );
    expect(text).not.toContain('PRIVATE KEY');
    const anchorPage = await getPage('/anchors/second').expect(200);
    expect(anchorPage.text).toContain(`<a href="${location}">Test TPP</a>`);
  });

  it('lists its organisations, with markup in names escaped, page by page', async () => {
    const { registry } = await sandbox.services.getAnchor('second').open();
    await registry.createOrganisation({ name: '<b>bold</b>', kind: 'tpp' });
    for (let number = 1; number <= 100; number++)
      await registry.createOrganisation({ name: `Organisation ${number}`, kind: 'tpp' });
    const first = await getPage('/anchors/second').expect(200);
    expect(first.text).toContain('&lt;b&gt;bold&lt;/b&gt;');
    expect(first.text).not.toContain('<b>bold');
    const [, next = ''] = /href="(\/anchors\/second\?after=[^"]+)" rel="next"/.exec(first.text) ?? [];
    expect((await getPage(next).expect(200)).text).toContain('Organisation 100');
  });

  it('is not found for an unknown anchor or software, and says why there is no SSA', async () => {
    expect((await getPage('/anchors/unknown').expect(404)).text).toContain(
      'There is no trust anchor &#34;unknown&#34;.',
    );
    await postForm('/anchors/unknown/quick-ssa').expect(404);
    await getPage('/anchors/second/software-statements/AcmeBudgetPlanner00001/ssa').expect(404);
    const second = await sandbox.services.getAnchor('second').open();
    const { softwareStatement } = await second.createReadyTpp({});
    await second.registry.changeSoftwareStatement(softwareStatement.id, { active: false });
    const path = `/anchors/second/software-statements/${softwareStatement.id}/ssa`;
    expect((await getPage(path).expect(409)).text).toContain('is not active.');
  });
});
