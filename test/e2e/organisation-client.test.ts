import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CertifiedKey } from '../../src/directory/certificates.js';
import { newSoftwareStatementSchema } from '../../src/domain/software-statement.js';
import { startSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { DirectoryClient, FORM } from '../support/directory-client.js';
import type { TlsAnswer, TlsIdentity } from '../support/registration.js';

let sandbox: Sandbox;
let tpp: ReadyTpp;
let client: DirectoryClient;
let path: string;
let wac: CertifiedKey;

beforeAll(async () => {
  sandbox = await startSandbox({ demo: false });
  tpp = await sandbox.services.createReadyTpp({ name: 'Own Client Ltd' });
  client = new DirectoryClient(sandbox, tpp);
  path = `/v2.1/oauth/${tpp.organisation.id}`;
  wac = await certified('obwac');
});
afterAll(() => sandbox.close());

const certified = (type: 'obwac' | 'obseal') =>
  sandbox.services.certificates.certifyOrganisation(tpp.organisation.id, { type, generate: true });

const identityOf = ({ record, chainPem }: CertifiedKey): TlsIdentity => ({
  cert: record.certificatePem + chainPem,
  key: sandbox.services.certificates.getPrivateKey(record.kid),
});

async function put(pem: string): Promise<TlsAnswer> {
  const authorization = await client.bearer('TPPManage');
  return client.call('PUT', path, { authorization, contentType: 'x-pem-file', body: pem });
}

function tokenByCertificate(identity: TlsIdentity): Promise<TlsAnswer> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: tpp.organisation.id });
  return client.call('POST', '/as/token.oauth2', { contentType: FORM, body: body.toString(), identity });
}

describe("an organisation's own client", () => {
  it('is not there until it has a certificate', async () => {
    const authorization = await client.bearer();
    const answer = await client.call('GET', path, { authorization });
    expect([answer.status, answer.text]).toEqual([204, '']);
    const refused = await tokenByCertificate(identityOf(wac));
    expect(JSON.parse(refused.text)).toMatchObject({ error: 'invalid_client' });
  });

  it('takes tokens by its certificate alone once that has been put, and by no other', async () => {
    const answer = await put(wac.record.certificatePem);
    expect(answer.status, answer.text).toBe(200);
    const shown = {
      ClientID: tpp.organisation.id,
      ClientCertIssuerDn: 'CN=OpenBanking Mock Issuing CA TEST ONLY,O=OpenBanking,C=GB',
      ClientCertSubjectDn:
        `CN=${tpp.organisation.id},organizationIdentifier=PSDGB-OB-Unknown${tpp.organisation.id},` +
        'O=Own Client Ltd,C=GB',
    };
    expect(JSON.parse(answer.text)).toEqual(shown);
    const authorization = await client.bearer();
    expect(JSON.parse((await client.call('GET', path, { authorization })).text)).toEqual(shown);

    const granted = await tokenByCertificate(identityOf(wac));
    expect(granted.status, granted.text).toBe(200);
    const { access_token: token } = JSON.parse(granted.text) as { access_token: string };
    const own = { authorization: `Bearer ${token}`, identity: identityOf(wac) };
    expect((await client.call('GET', `/v2.1/organisation/${tpp.organisation.id}`, own)).status).toBe(200);

    const another = await certified('obwac');
    expect((await tokenByCertificate(identityOf(another))).status).toBe(401);
    expect((await tokenByCertificate(client.identity)).status).toBe(401);
  });

  it('ends with its certificate: neither a new token nor one that it has still opens anything', async () => {
    const leaving = await certified('obwac');
    await put(leaving.record.certificatePem);
    const identity = identityOf(leaving);
    const granted = await tokenByCertificate(identity);
    const { access_token: token } = JSON.parse(granted.text) as { access_token: string };
    await sandbox.services.certificates.revoke(leaving.record.kid, 'keyCompromise');
    expect((await tokenByCertificate(identity)).status).toBe(401);
    const call = client.call('GET', path, { authorization: `Bearer ${token}`, identity });
    expect((await call).status).toBe(401);
  });

  it('is not called with a seal, nor with a certificate of software that is not active', async () => {
    const seal = await sandbox.services.certificates.certifyOrganisation(tpp.organisation.id, {
      type: 'qseal',
      generate: true,
    });
    const bySeal = await client.requestToken({ identity: identityOf(seal) });
    expect(bySeal.status, bySeal.text).toBe(401);

    const { registry, certificates } = sandbox.services;
    const input = newSoftwareStatementSchema.parse({ clientName: 'Retired' });
    const { id } = await registry.createSoftwareStatement(tpp.organisation.id, input);
    const retired = await certificates.certifySoftwareStatement(id, { type: 'obtransport', generate: true });
    const byRetired = () => client.requestToken({ identity: identityOf(retired) });
    expect((await byRetired()).status).toBe(200);
    await registry.changeSoftwareStatement(id, { active: false });
    expect((await byRetired()).status).toBe(401);
  });

  it('may do nothing while the organisation is withdrawn, also with a token from before: its keys are on hold', async () => {
    const { registry } = sandbox.services;
    const authorization = await client.bearer('TPPReadAccess TPPManage');
    await registry.changeOrganisation(tpp.organisation.id, { status: 'Withdrawn' });
    try {
      const body = wac.record.certificatePem;
      const change = { authorization, contentType: 'x-pem-file', body };
      expect((await client.call('PUT', path, change)).status).toBe(401);
      expect((await client.call('GET', path, { authorization })).status).toBe(401);
      expect(JSON.parse((await client.requestToken({ scope: 'TPPManage' })).text)).toMatchObject({
        error: 'invalid_client',
      });
    } finally {
      await registry.changeOrganisation(tpp.organisation.id, { status: 'Active' });
    }
    expect((await client.call('GET', path, { authorization })).status).toBe(200);
  });

  it.each<[string, () => Promise<string> | string, string]>([
    ['a seal', async () => (await certified('obseal')).record.certificatePem, 'an obseal certificate'],
    ['a certificate of its software', () => tpp.transport.certificatePem, 'does not have'],
    ['the certificate of an authority', () => sandbox.services.trustAnchor.issuingPem, 'does not have'],
    ['something else', () => 'nonsense', 'not a certificate'],
    [
      'a revoked one',
      async () => {
        const revoked = await certified('obwac');
        await sandbox.services.certificates.revoke(revoked.record.kid, 'superseded');
        return revoked.record.certificatePem;
      },
      'one that is revoked',
    ],
  ])('does not take %s', async (_what, pem, actual) => {
    const before = sandbox.services.registry.clientOf(tpp.organisation.id);
    const answer = await put(await pem());
    expect(answer.status, answer.text).toBe(400);
    expect(answer.text).toContain('certificate: expected an active OBWAC or QWAC of the organisation');
    expect(answer.text).toContain(actual);
    expect(sandbox.services.registry.clientOf(tpp.organisation.id)).toEqual(before);
  });
});
