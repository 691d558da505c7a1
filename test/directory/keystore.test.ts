import { createHash, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import supertest from 'supertest';
import type { Jwk } from '../../src/domain/jwk.js';
import type { ReadyTpp } from '../../src/sandbox/ready-tpp.js';
import { createSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';

let sandbox: Sandbox;
let tpp: ReadyTpp;

beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
  tpp = await sandbox.services.createReadyTpp({});
});
afterAll(() => sandbox.close());

async function keysAt(path: string): Promise<Jwk[]> {
  const response = await supertest(sandbox.protocolApp)
    .get(path)
    .expect(200)
    .expect('content-type', /^application\/json/);
  return (response.body as { keys: Jwk[] }).keys;
}

const padded = (digest: Buffer) => digest.toString('base64').replaceAll('+', '-').replaceAll('/', '_');

describe('the keystore', () => {
  it('serves an entry with the members of the real one, in their order', async () => {
    const keys = await keysAt(`/${tpp.organisation.id}/${tpp.softwareStatement.id}.jwks`);
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect(Object.keys(key)).toEqual(['e', 'kid', 'kty', 'n', 'use', 'x5c', 'x5t', 'x5u', 'x5t#S256']);
    }
    expect(keys.map(({ use }) => use).sort()).toEqual(['sig', 'tls']);
  });

  it('computes kid, x5t and x5t#S256 as the real one does', async () => {
    const keys = await keysAt(`/${tpp.organisation.id}/${tpp.softwareStatement.id}.jwks`);
    const key = keys.find(({ use }) => use === 'tls');
    const { raw } = new X509Certificate(tpp.transport.certificatePem);
    const thumbprint = `{"e":"${key?.e ?? ''}","kty":"RSA","n":"${key?.n ?? ''}"}`;
    expect(key).toMatchObject({
      kid: createHash('sha1').update(thumbprint).digest('base64url'),
      x5c: [raw.toString('base64')],
      x5t: padded(createHash('sha1').update(raw).digest()),
      'x5t#S256': padded(createHash('sha256').update(raw).digest()),
      x5u: `https://localhost:8443/${tpp.organisation.id}/${tpp.transport.kid}.pem`,
    });
    expect(key?.kid).toHaveLength(27);
    expect(key?.kid).toBe(tpp.transport.kid);
  });

  it('serves empty sets as empty sets', async () => {
    const { id } = await sandbox.services.registry.createOrganisation({ name: 'Empty', kind: 'tpp' });
    const response = await supertest(sandbox.protocolApp).get(`/${id}/${id}.jwks`).expect(200);
    expect(response.text).toBe('{"keys":[]}');
    expect(await keysAt(`/${id}/revoked/${id}.jwks`)).toEqual([]);
  });

  it('gathers the keys of all software of an organisation, and its own', async () => {
    const { services } = sandbox;
    await services.certificates.certifyOrganisation(tpp.organisation.id, { type: 'obwac', generate: true });
    await services.certificates.certifyOrganisation(tpp.organisation.id, { type: 'obseal', generate: true });
    const uses = (await keysAt(`/${tpp.organisation.id}/${tpp.organisation.id}.jwks`)).map(({ use }) => use);
    expect(uses.sort()).toEqual(['sig', 'sig', 'tls', 'tls']);
  });

  it('moves a revoked key from the active sets to the revoked ones', async () => {
    const other = await sandbox.services.createReadyTpp({});
    const [org, software] = [other.organisation.id, other.softwareStatement.id];
    await sandbox.services.certificates.revoke(other.signing.kid, 'keyCompromise');
    for (const holder of [org, software]) {
      expect((await keysAt(`/${org}/${holder}.jwks`)).map(({ kid }) => kid)).toEqual([other.transport.kid]);
      expect((await keysAt(`/${org}/revoked/${holder}.jwks`)).map(({ kid }) => kid)).toEqual([
        other.signing.kid,
      ]);
    }
  });

  it('drops an expired key from both', async () => {
    const other = await sandbox.services.createReadyTpp({});
    sandbox.clock.freeze(new Date('2030-01-01T00:00:00Z'));
    const path = `/${other.organisation.id}/${other.softwareStatement.id}.jwks`;
    expect(await keysAt(path)).toEqual([]);
    sandbox.clock.set(new Date());
    expect(await keysAt(path)).toHaveLength(2);
  });

  it('serves the certificate that x5u names with its chain, and the authority’s own files beside it', async () => {
    const { text } = await supertest(sandbox.protocolApp)
      .get(`/${tpp.organisation.id}/${tpp.transport.kid}.pem`)
      .buffer();
    expect(text).toBe(tpp.transport.certificatePem + tpp.transport.chainPem);
    const { trustAnchor } = sandbox.services;
    const chain = await supertest(sandbox.protocolApp).get('/ca/chain.pem').expect(200).buffer();
    expect(chain.text).toBe(trustAnchor.issuingPem + trustAnchor.rootPem);
    const root = await supertest(sandbox.deskApp)
      .get('/ca/root.crt')
      .expect('content-type', 'application/pkix-cert')
      .responseType('blob');
    expect(new X509Certificate(root.body as Buffer).raw).toEqual(
      new X509Certificate(trustAnchor.rootPem).raw,
    );
  });

  it('knows nothing of other organisations’ software, unknown keys or unknown holders', async () => {
    const other = await sandbox.services.createReadyTpp({});
    for (const path of [
      `/${other.organisation.id}/${tpp.softwareStatement.id}.jwks`,
      `/${other.organisation.id}/${tpp.transport.kid}.pem`,
      '/0015800001041REAAY/0015800001041REAAY.jwks',
      '/0015800001041REAAY/nothing.pem',
      '/ca/nothing.pem',
      '/keystore/nothing.jwks',
    ]) {
      await supertest(sandbox.protocolApp).get(path).expect(404);
    }
  });

  it('makes the keys of a demo statement when someone first looks, and the same ones for all who look at once', async () => {
    const path = '/0015800000ACMEpAAP/AcmeBudgetPlanner00001.jwks';
    const [first, second] = await Promise.all([keysAt(path), keysAt(path)]);
    expect(first).toHaveLength(2);
    expect(second).toEqual(first);
  });
});
