import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QualifiedCertificateType } from '../../src/domain/key-record.js';
import { startSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { BankClient, failedRules } from '../support/bank-client.js';
import { testKeys } from '../support/keys.js';
import { callOverTls, numericDate, signCompact, type TlsIdentity } from '../support/registration.js';

/*
 * Certificates of the qualified trust service provider as TLS clients show them.
 */

let sandbox: Sandbox;
let tpp: ReadyTpp;

beforeAll(async () => {
  sandbox = await startSandbox({ keyPairs: testKeys });
  tpp = await sandbox.services.createReadyTpp({ name: 'Holder of QWACs Ltd' });
});
afterAll(() => sandbox.close());

async function registered(type: QualifiedCertificateType): Promise<TlsIdentity & { kid: string }> {
  const { certificates } = sandbox.services;
  const request = { type, generate: true } as const;
  const { record, chainPem } = await certificates.certifyOrganisation(tpp.organisation.id, request);
  return {
    kid: record.kid,
    key: certificates.getPrivateKey(record.kid),
    cert: record.certificatePem + chainPem,
  };
}

/** A certificate of the same organisation, which the Directory has not been told of. */
async function unregistered(): Promise<TlsIdentity> {
  const { name, authority } = tpp.organisation;
  const request = { type: 'qwac', name, authority, roles: ['AISP'], generate: true };
  const issued = await sandbox.services.issueQualifiedCertificate(request);
  return { key: issued.privateKeyPem ?? '', cert: issued.certificatePem };
}

describe('a bank that trusts the provider', () => {
  const bank = () => new BankClient(sandbox, 'open-trust', tpp);

  it('registers a TPP that shows a QWAC, and gives it a token over the same', async () => {
    const identity = await registered('qwac');
    const client = bank();
    const answer = await client.register(client.claims(), { identity });
    expect(answer.status, answer.text).toBe(201);
    const { rules, certificate } = client.lastVerdict();
    expect(certificate?.subject).toContain(`organizationIdentifier=PSDGB-OB-Unknown${tpp.organisation.id}`);
    expect(
      rules.filter(({ id }) => id.startsWith('client-certificate')).map(({ id, outcome }) => [id, outcome]),
    ).toEqual([
      ['client-certificate-presented', 'passed'],
      ['client-certificate-trusted', 'passed'],
      ['client-certificate-dates', 'passed'],
      ['client-certificate-usage', 'passed'],
      ['client-certificate-signature-algorithm', 'passed'],
      ['client-certificate-critical-extensions', 'passed'],
      ['client-certificate-kind', 'passed'],
      ['client-certificate-qc-statements', 'passed'],
      ['client-certificate-organisation-identifier', 'passed'],
      ['client-certificate-organisation', 'passed'],
      ['client-certificate-software', 'skipped'],
      ['client-certificate-not-revoked', 'passed'],
    ]);
    const information = JSON.parse(answer.text) as { client_id: string };
    const token = await client.token(
      { token_endpoint_auth_method: 'private_key_jwt', ...information },
      undefined,
      { identity },
    );
    expect((await client.read(information.client_id, token, { identity })).status).toBe(200);
  });

  it('refuses a QSealC, which is for signatures', async () => {
    const client = bank();
    const answer = await client.register(client.claims(), { identity: await registered('qseal') });
    expect(answer.status).toBe(401);
    expect(client.lastVerdict().rules.find(({ id }) => id === 'client-certificate-kind')).toMatchObject({
      outcome: 'failed',
      expected: 'a certificate of the kind obtransport or obwac or qwac',
      actual: 'qseal',
    });
  });

  it('refuses a QWAC that the Directory does not list', async () => {
    const client = bank();
    const answer = await client.register(client.claims(), { identity: await unregistered() });
    expect(answer.status).toBe(401);
    expect(failedRules(client.lastVerdict())).toEqual(['client-certificate-not-revoked']);
  });

  it('refuses a QWAC that has been revoked', async () => {
    const { kid, ...identity } = await registered('qwac');
    await sandbox.services.certificates.revoke(kid, 'keyCompromise');
    const client = bank();
    expect((await client.register(client.claims(), { identity })).status).toBe(401);
    expect(
      client.lastVerdict().rules.find(({ id }) => id === 'client-certificate-not-revoked'),
    ).toMatchObject({
      outcome: 'failed',
      actual: 'a revoked certificate',
    });
  });
});

describe('a bank that does not trust the provider', () => {
  it('refuses a QWAC, and the verdict says whose certificates it takes', async () => {
    const client = new BankClient(sandbox, 'reference', tpp);
    const answer = await client.register(client.claims(), { identity: await registered('qwac') });
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.text)).toMatchObject({ error: 'invalid_client' });
    const [failure, ...others] = client.lastVerdict().rules.filter(({ outcome }) => outcome === 'failed');
    expect(failure).toMatchObject({
      id: 'client-certificate-trusted',
      expected: 'a certificate signed by CN=OpenBanking Mock Issuing CA TEST ONLY,O=OpenBanking,C=GB',
      actual:
        'one that names CN=Mock QTSP Issuing CA TEST ONLY,O=Mock Qualified Trust Service Provider TEST ONLY,C=GB ' +
        'as its issuer and does not verify',
    });
    expect(others).toEqual([]);
  });
});

describe('the Directory’s token endpoint', () => {
  function requestToken(identity: TlsIdentity) {
    const { id: softwareId } = tpp.softwareStatement;
    const url = `${sandbox.urls.https}/as/token.oauth2`;
    const now = numericDate(sandbox.clock.now());
    const claims = { iss: softwareId, sub: softwareId, aud: url, jti: randomUUID(), iat: now, exp: now + 60 };
    const { kid, privateKeyPem } = tpp.signing;
    const header = { typ: 'JWT', alg: 'PS256', kid };
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: softwareId,
      scope: 'TPPReadAccess',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: signCompact(header, { ...claims, scope: 'TPPReadAccess' }, 'PS256', privateKeyPem),
    });
    return callOverTls(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: body.toString(),
      identity,
      ca: sandbox.services.trustAnchor.rootPem,
    });
  }

  it('takes a QWAC of the client’s organisation', async () => {
    const answer = await requestToken(await registered('qwac'));
    expect(answer.status, answer.text).toBe(200);
  });

  it('takes no QSealC, which is for documents', async () => {
    const answer = await requestToken(await registered('qseal'));
    expect(answer.status, answer.text).toBe(401);
  });

  it('refuses one that it does not list, and says so', async () => {
    const answer = await requestToken(await unregistered());
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.text)).toMatchObject({
      error: 'invalid_client',
      error_description: expect.stringContaining(
        "an active certificate of the client's organisation",
      ) as string,
    });
  });
});
