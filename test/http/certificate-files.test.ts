import { createPrivateKey, createPublicKey, X509Certificate, type JsonWebKey } from 'node:crypto';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';

let sandbox: Sandbox;
let tpp: ReadyTpp;
let ownKid: string;
const workshop = new Workshop();

beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
  tpp = await sandbox.services.createReadyTpp({});
  const { id } = tpp.softwareStatement;
  const csrPem = workshop.csr(`/C=GB/O=OpenBanking/OU=${tpp.organisation.id}/CN=${id}`);
  const { certificates } = sandbox.services;
  ownKid = (await certificates.certifySoftwareStatement(id, { type: 'obtransport', csrPem })).record.kid;
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

const get = (path: string) => request(sandbox.deskApp).get(path);
const getPage = (path: string) => get(path).set('Accept', 'text/html');
const postForm = (path: string, fields: Record<string, string>) =>
  request(sandbox.deskApp).post(path).set('Accept', 'text/html').type('form').send(fields);
const pathOf = (kid: string) => `/sandbox/certificates/${kid}`;

describe('the files of a certificate', () => {
  it('are its DER, as OpenSSL reads it', async () => {
    const { body, headers } = (await get(`${pathOf(tpp.signing.kid)}/certificate.crt`)
      .responseType('blob')
      .expect(200)
      .expect('Content-Type', 'application/pkix-cert')) as { body: unknown; headers: Record<string, string> };
    expect(headers['content-disposition']).toBe(`attachment; filename=certificate-${tpp.signing.kid}.crt`);
    workshop.write('made.crt', body as Buffer);
    const pem = workshop.openssl('x509', '-inform', 'DER', '-in', 'made.crt');
    expect(pem.trim()).toBe(tpp.signing.certificatePem.trim());
  });

  it('are its public key as the key set of its holder shows it', async () => {
    const { body } = (await get(`${pathOf(tpp.signing.kid)}/jwk`).expect(200)) as { body: unknown };
    const keySet = await get(`/${tpp.organisation.id}/${tpp.softwareStatement.id}.jwks`).expect(200);
    expect((keySet.body as { keys: unknown[] }).keys).toContainEqual(body);
    expect(body).not.toHaveProperty('d');
  });

  it('are its private key as a JWK, kept by nobody on the way', async () => {
    const { body } = (await get(`${pathOf(tpp.signing.kid)}/private-jwk`)
      .expect(200)
      .expect('Cache-Control', 'no-store')) as { body: unknown };
    const key = createPrivateKey({ key: body as JsonWebKey, format: 'jwk' });
    expect(key.export({ format: 'pem', type: 'pkcs8' })).toBe(tpp.signing.privateKeyPem);
    expect(body).toMatchObject({ kid: tpp.signing.kid, use: 'sig' });
  });

  it('are a PKCS#12 file under a password', async () => {
    const { body } = (await request(sandbox.deskApp)
      .post(`${pathOf(tpp.transport.kid)}/pkcs12`)
      .send({ password: 'secret' })
      .responseType('blob')
      .expect(200)
      .expect('Cache-Control', 'no-store')
      .expect('Content-Type', 'application/pkcs12')
      .expect('Content-Disposition', `attachment; filename=key-${tpp.transport.kid}.p12`)) as {
      body: unknown;
    };
    workshop.write('made.p12', body as Buffer);
    const key = workshop.openssl('pkcs12', '-in', 'made.p12', '-passin', 'pass:secret', '-nocerts', '-nodes');
    expect(key).toContain(tpp.transport.privateKeyPem);
  });

  it.each([
    [{}, 'password: expected a string, got nothing'],
    [{ password: '' }, 'password: expected at least 1 character, got ""'],
    [{ password: 'a\nb' }, 'password: expected a password without control characters, got "a\\nb"'],
    [{ password: 'x'.repeat(129) }, 'password: expected at most 128 characters'],
    [{ password: 'x', more: 1 }, 'more: expected no member of this name (there are password), got 1'],
  ])('are no PKCS#12 file for %j', async (body, detail) => {
    const answer = await request(sandbox.deskApp)
      .post(`${pathOf(tpp.transport.kid)}/pkcs12`)
      .send(body)
      .expect(400);
    expect((answer.body as { detail: string }).detail).toContain(detail);
  });

  it('are without the private key where that is with its holder', async () => {
    for (const file of ['certificate.crt', 'jwk']) await get(`${pathOf(ownKid)}/${file}`).expect(200);
    const refusals = [
      await get(`${pathOf(ownKid)}/private-jwk`).expect(404),
      await request(sandbox.deskApp)
        .post(`${pathOf(ownKid)}/pkcs12`)
        .send({ password: 'x' })
        .expect(404),
    ];
    for (const { body } of refusals)
      expect((body as { detail: string }).detail).toContain('only its holder has the key');
  });

  it('are not found for an unknown certificate', async () => {
    for (const file of ['certificate.crt', 'jwk', 'private-jwk'])
      await get(`${pathOf('unknown')}/${file}`).expect(404);
  });
});

describe('the page of a certificate', () => {
  it('shows what the certificate says and what it is called', async () => {
    const { text } = await getPage(`/certificates/${tpp.transport.kid}`).expect(200);
    const { fingerprint, fingerprint256 } = new X509Certificate(tpp.transport.certificatePem);
    const subject = `CN=${tpp.softwareStatement.id},OU=${tpp.organisation.id},O=OpenBanking,C=GB`;
    for (const [term, shown] of [
      ['Subject', `<code>${subject}</code>`],
      ['Issuer', '<code>CN=OpenBanking Mock Issuing CA TEST ONLY,O=OpenBanking,C=GB</code>'],
      ['Key', 'RSA, 2048 bits'],
      ['Key usage', 'to sign (digitalSignature)'],
      ['Extended key usage', 'TLS server (serverAuth), TLS client (clientAuth)'],
      ['SHA-256 fingerprint', `<code>${fingerprint256}</code>`],
      ['SHA-1 fingerprint', `<code>${fingerprint}</code>`],
      ['x5t', `<code>${Buffer.from(fingerprint.replaceAll(':', ''), 'hex').toString('base64url')}=</code>`],
    ])
      expect(text).toContain(`<dt>${term}</dt><dd>${shown}</dd>`);
  });

  it('shows the PSD2 statement of one that has it', async () => {
    const { record } = await sandbox.services.certificates.certifyOrganisation(tpp.organisation.id, {
      type: 'obwac',
      generate: true,
    });
    const { text } = await getPage(`/certificates/${record.kid}`).expect(200);
    expect(text).toContain('PISP, AISP, CBPII; granted by Financial Conduct Authority (GB-FCA)');
  });

  it('says how long it is good yet, by the clock of the sandbox', async () => {
    const own = await createSandbox({ keyPairs: testKeys });
    const { transport, softwareStatement } = await own.services.createReadyTpp({});
    const pages = [`/certificates/${transport.kid}`, `/software-statements/${softwareStatement.id}`];
    const { notAfter } = own.services.certificates.get(transport.kid).record;
    const textOf = async (path: string) =>
      (await request(own.deskApp).get(path).set('Accept', 'text/html').expect(200)).text;
    for (const path of pages) expect(await textOf(path)).toContain('in 13 months');
    own.services.clock.freeze(new Date(new Date(notAfter).getTime() + 3 * 86_400_000));
    for (const path of pages) {
      const text = await textOf(path);
      expect(text).toContain('expired 3 days ago');
      expect(text).toContain(`<time datetime="${notAfter}"`);
      expect(text).toContain('<span class="status status-expired">expired</span>');
    }
    await own.close();
  });

  it('gives a PKCS#12 file by its form, and asks again for a password that it cannot take', async () => {
    const path = `/certificates/${tpp.transport.kid}/pkcs12`;
    await postForm(path, { password: 'secret' }).expect(200).expect('Content-Type', 'application/pkcs12');
    const { text } = await postForm(path, { password: '' }).expect(400);
    expect(text).toContain('<a href="#pkcs12-password">Password: expected at least 1 character');
    expect(text).toMatch(/id="pkcs12-password"[^>]* aria-invalid="true"/);
  });

  it('offers no private key where that is with its holder', async () => {
    const { text } = await getPage(`/certificates/${ownKid}`).expect(200);
    expect(text).toContain('private key: with its holder');
    expect(text).not.toContain('private-jwk');
    expect(text).not.toContain('id="pkcs12"');
  });

  it('asks once before it revokes', async () => {
    const { signing } = await sandbox.services.createReadyTpp({});
    const path = `/certificates/${signing.kid}/revocation`;
    const { text } = await postForm(path, { reason: 'superseded' }).expect(400);
    expect(text).toContain(
      '<a href="#revoke-confirmed">For good: expected a tick, since it cannot be undone',
    );
    expect(text).toContain('<option value="superseded" selected>');
    expect(sandbox.services.certificates.get(signing.kid).status).toBe('active');
    await postForm(path, { reason: 'superseded', confirmed: 'yes' }).expect(303);
    expect(sandbox.services.certificates.get(signing.kid).record.revocation?.reason).toBe('superseded');
  });
});

it('a public key in a JWK is the one in the certificate', async () => {
  const { body } = (await get(`${pathOf(ownKid)}/jwk`).expect(200)) as { body: unknown };
  const pem = sandbox.services.certificates.get(ownKid).record.certificatePem;
  const spki = { format: 'pem', type: 'spki' } as const;
  expect(createPublicKey({ key: body as JsonWebKey, format: 'jwk' }).export(spki)).toBe(
    new X509Certificate(pem).publicKey.export(spki),
  );
});
