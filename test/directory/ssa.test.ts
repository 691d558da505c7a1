import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { compactVerify, importJWK, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DomainError } from '../../src/domain/errors.js';
import { createSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';
import type { ReadyTpp } from '../../src/sandbox/ready-tpp.js';

const workshop = new Workshop();
let sandbox: Sandbox;
let tpp: ReadyTpp;
const at = new Date('2026-11-24T10:00:00.750Z');

beforeAll(async () => {
  sandbox = await createSandbox({ publicHost: 'directory.test', httpsPort: 8443, keyPairs: testKeys });
  sandbox.clock.freeze(at);
  tpp = await sandbox.services.createReadyTpp({ name: 'Acme', redirectUris: ['https://acme.example/cb'] });
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

async function refusalOf(task: Promise<unknown>): Promise<string> {
  const error: unknown = await task.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DomainError && error.code === 'precondition_failed') return error.message;
  throw new Error('expected a refusal');
}

describe('an SSA', () => {
  it('has header and claims in the order of the real sandbox', async () => {
    const { ssa } = await sandbox.services.ssaIssuer.issue(tpp.softwareStatement.id);
    const [header = '', payload = ''] = ssa
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString());
    expect(Object.keys(JSON.parse(header) as object)).toEqual(['alg', 'kid', 'typ']);
    expect(Object.keys(JSON.parse(payload) as object)).toEqual([
      'iss',
      'iat',
      'jti',
      'software_environment',
      'software_mode',
      'software_id',
      'software_client_id',
      'software_client_name',
      'software_client_description',
      'software_version',
      'software_client_uri',
      'software_redirect_uris',
      'software_roles',
      'organisation_competent_authority_claims',
      'software_logo_uri',
      'org_status',
      'org_id',
      'org_name',
      'org_contacts',
      'org_jwks_endpoint',
      'org_jwks_revoked_endpoint',
      'software_jwks_endpoint',
      'software_jwks_revoked_endpoint',
      'software_policy_uri',
      'software_tos_uri',
      'software_on_behalf_of_org',
    ]);
  });

  it('has the values and types of the real sandbox', async () => {
    const { payload, header } = await sandbox.services.ssaIssuer.issue(tpp.softwareStatement.id);
    const { id } = tpp.softwareStatement;
    const orgId = tpp.organisation.id;
    const keystore = `https://directory.test:8443/${orgId}`;
    expect(header).toMatchObject({ alg: 'PS256', typ: 'JWT' });
    expect(header.kid).toMatch(/^[A-Za-z0-9_-]{43}=$/);
    expect(payload).toEqual({
      iss: 'OpenBanking Ltd',
      iat: Math.floor(at.getTime() / 1000),
      jti: expect.stringMatching(/^[0-9a-f]{1,16}$/) as string,
      software_environment: 'sandbox',
      software_mode: 'Test',
      software_id: id,
      software_client_id: id,
      software_client_name: 'Acme',
      software_client_description: 'Acme: software made for tests',
      software_version: '1.0',
      software_client_uri: 'https://tpp.example.com',
      software_redirect_uris: ['https://acme.example/cb'],
      software_roles: ['AISP', 'PISP', 'CBPII'],
      organisation_competent_authority_claims: {
        authority_id: 'OBGBR',
        registration_id: `Unknown${orgId}`,
        status: 'Active',
        authorisations: [{ member_state: 'GB', roles: ['AISP', 'PISP', 'CBPII'] }],
      },
      software_logo_uri: 'https://tpp.example.com/logo.svg',
      org_status: 'Active',
      org_id: orgId,
      org_name: 'Acme',
      org_contacts: [
        { name: 'Technical', email: 'technical@example.com', phone: '+44 20 7946 0001', type: 'Technical' },
        { name: 'Business', email: 'business@example.com', phone: '+44 20 7946 0002', type: 'Business' },
      ],
      org_jwks_endpoint: `${keystore}/${orgId}.jwks`,
      org_jwks_revoked_endpoint: `${keystore}/revoked/${orgId}.jwks`,
      software_jwks_endpoint: `${keystore}/${id}.jwks`,
      software_jwks_revoked_endpoint: `${keystore}/revoked/${id}.jwks`,
      software_policy_uri: 'https://tpp.example.com/policy',
      software_tos_uri: 'https://tpp.example.com/terms',
      software_on_behalf_of_org: null,
    });
  });

  it('leaves out metadata that is unset, but for the organisation it acts for', async () => {
    const unset = { clientUri: null, logoUri: null, policyUri: null, termsOfServiceUri: null };
    const bare = await sandbox.services.createReadyTpp(unset);
    const { payload } = await sandbox.services.ssaIssuer.issue(bare.softwareStatement.id);
    for (const claim of [
      'software_client_uri',
      'software_logo_uri',
      'software_policy_uri',
      'software_tos_uri',
    ]) {
      expect(payload).not.toHaveProperty(claim);
    }
    expect(payload).toHaveProperty('software_on_behalf_of_org', null);
  });

  it('verifies with the key of the Directory’s JWKS, by jose and by OpenSSL', async () => {
    const {
      keys: [jwk],
    } = await sandbox.services.keystore.directoryJwks();
    expect(jwk?.kid).toBe(jwk?.['x5t#S256']);
    expect(jwk?.x5c).toHaveLength(3);
    await compactVerify(tpp.ssa, await importJWK(jwk as JWK, 'PS256'));
    const [header, payload, signature = ''] = tpp.ssa.split('.');
    const leaf = new X509Certificate(Buffer.from(jwk?.x5c?.[0] ?? '', 'base64'));
    const pss = { key: leaf.publicKey, padding: 6, saltLength: 32 };
    expect(
      verify(
        'sha256',
        Buffer.from(`${header ?? ''}.${payload ?? ''}`),
        pss,
        Buffer.from(signature, 'base64url'),
      ),
    ).toBe(true);
    expect(createPublicKey({ key: jwk as JWK, format: 'jwk' }).equals(leaf.publicKey)).toBe(true);
  });

  it('agrees with the organisation’s certificates on who it is', async () => {
    const { record } = await sandbox.services.certificates.certifyOrganisation(tpp.organisation.id, {
      type: 'obwac',
      generate: true,
    });
    const { payload } = await sandbox.services.ssaIssuer.issue(tpp.softwareStatement.id);
    const claims = payload['organisation_competent_authority_claims'] as Record<string, string>;
    const authority = claims['authority_id'] ?? '';
    const rebuilt = `PSDGB-${authority.slice(0, -3)}-${claims['registration_id'] ?? ''}`;
    expect(new X509Certificate(record.certificatePem).subject).toContain(`organizationIdentifier=${rebuilt}`);
  });
});

describe('a self-signed SSA', () => {
  const withoutOwn = ({ iss, jti, ...claims }: Record<string, unknown>) => [iss, jti, claims] as const;

  it('has the claims of the Directory’s in the same order, with the software as issuer', async () => {
    const { ssaIssuer } = sandbox.services;
    const { id } = tpp.softwareStatement;
    const [, directorysJti, claims] = withoutOwn((await ssaIssuer.issue(id)).payload);
    for (const unsigned of [true, false]) {
      const { payload } = await ssaIssuer.issueSelfSigned(id, { unsigned });
      const [iss, jti, own] = withoutOwn(payload);
      expect(iss).toBe(id);
      expect(jti).toMatch(/^[0-9a-f]{1,16}$/);
      expect(jti).not.toBe(directorysJti);
      expect(JSON.stringify(own)).toBe(JSON.stringify(claims));
      expect(Object.keys(payload).slice(0, 3)).toEqual(['iss', 'iat', 'jti']);
    }
  });

  it('verifies with the key of the software’s own JWKS that its kid names', async () => {
    const { ssaIssuer, keystore } = sandbox.services;
    const { id } = tpp.softwareStatement;
    const { ssa, header, payload } = await ssaIssuer.issueSelfSigned(id, { unsigned: false });
    expect(JSON.stringify(header)).toBe(`{"alg":"PS256","kid":"${tpp.signing.kid}","typ":"JWT"}`);
    const { keys } = await keystore.softwareJwks(id, 'active');
    const jwk = keys.find(({ kid }) => kid === tpp.signing.kid);
    const verified = await compactVerify(ssa, await importJWK(jwk as JWK, 'PS256'));
    expect(verified.protectedHeader).toEqual(header);
    expect(JSON.parse(Buffer.from(verified.payload).toString())).toEqual(payload);
    const {
      keys: [directorys],
    } = await keystore.directoryJwks();
    await expect(compactVerify(ssa, await importJWK(directorys as JWK, 'PS256'))).rejects.toThrow();
  });

  it('may be unsigned: alg none and an empty signature', async () => {
    const { id } = tpp.softwareStatement;
    const { ssa, header, payload } = await sandbox.services.ssaIssuer.issueSelfSigned(id, { unsigned: true });
    const [headerPart = '', payloadPart = '', signature] = ssa.split('.');
    expect(Buffer.from(headerPart, 'base64url').toString()).toBe('{"alg":"none","typ":"JWT"}');
    expect(header).toEqual({ alg: 'none', typ: 'JWT' });
    expect(JSON.parse(Buffer.from(payloadPart, 'base64url').toString())).toEqual(payload);
    expect(signature).toBe('');
  });

  it('is signed by the newest live key that the sandbox can sign with', async () => {
    const { certificates, ssaIssuer } = sandbox.services;
    const other = await sandbox.services.createReadyTpp({});
    const { id } = other.softwareStatement;
    const kidNow = async () => (await ssaIssuer.issueSelfSigned(id, { unsigned: false })).header['kid'];
    const certify = async (notBefore?: Date) =>
      (await certificates.certifySoftwareStatement(id, { type: 'obsigning', generate: true, notBefore }))
        .record.kid;
    expect(await kidNow()).toBe(other.signing.kid);
    const newer = await certify();
    await certify(new Date('2024-01-01T00:00:00Z'));
    await certify(new Date('2027-01-01T00:00:00Z'));
    expect(await kidNow()).toBe(newer);
    await certificates.revoke(newer, 'superseded');
    expect(await kidNow()).toBe(other.signing.kid);
  });

  it('is refused without such a key, and given unsigned all the same', async () => {
    const { certificates, ssaIssuer } = sandbox.services;
    const other = await sandbox.services.createReadyTpp({});
    const { id } = other.softwareStatement;
    await certificates.revoke(other.signing.kid, 'keyCompromise');
    const csrPem = workshop.csr(`/C=GB/O=OpenBanking/OU=${other.organisation.id}/CN=${id}`);
    await certificates.certifySoftwareStatement(id, { type: 'obsigning', csrPem });
    expect(await refusalOf(ssaIssuer.issueSelfSigned(id, { unsigned: false }))).toBe(
      `No SSA: the sandbox holds no private key of the software statement "${id}" with a live obsigning certificate; ` +
        'have it make one (generate: true), or ask for an unsigned SSA.',
    );
    await ssaIssuer.issueSelfSigned(id, { unsigned: true });
  });

  it('needs nobody’s leave: neither organisation nor statement need be active', async () => {
    const { registry, ssaIssuer } = sandbox.services;
    const other = await sandbox.services.createReadyTpp({});
    const { id } = other.softwareStatement;
    await registry.changeSoftwareStatement(id, { active: false });
    await registry.changeOrganisation(other.organisation.id, { status: 'Withdrawn' });
    const { payload } = await ssaIssuer.issueSelfSigned(id, { unsigned: false });
    expect(payload).toMatchObject({ iss: id, org_status: 'Withdrawn' });
  });

  it('is made for demo statements too, with the keys that are made for it', async () => {
    const { ssaIssuer } = sandbox.services;
    const { header } = await ssaIssuer.issueSelfSigned('AcmeCheckout0000000002', { unsigned: false });
    expect(header.alg).toBe('PS256');
  });

  it.each([true, false])('is not made for an unknown statement (unsigned: %s)', async (unsigned) => {
    const making = sandbox.services.ssaIssuer.issueSelfSigned('NoSuchSoftware00000000', { unsigned });
    await expect(making).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('no SSA is issued', () => {
  it('to a statement that is not active', async () => {
    const { registry, ssaIssuer } = sandbox.services;
    const { id } = tpp.softwareStatement;
    await registry.changeSoftwareStatement(id, { active: false });
    expect(await refusalOf(ssaIssuer.issue(id))).toBe(
      `No SSA: the software statement "${id}" is not active.`,
    );
    await registry.changeSoftwareStatement(id, { active: true });
  });

  it.each(['Withdrawn', 'Revoked'] as const)('to an organisation that is %s', async (status) => {
    const { registry, ssaIssuer } = sandbox.services;
    const { id } = tpp.organisation;
    await registry.changeOrganisation(id, { status });
    expect(await refusalOf(ssaIssuer.issue(tpp.softwareStatement.id))).toBe(
      `No SSA: the organisation "${id}" is ${status}, not Active.`,
    );
    await registry.changeOrganisation(id, { status: 'Active' });
  });

  it('without a live certificate: none yet, all revoked, all expired or none begun', async () => {
    const { ssaIssuer, certificates } = sandbox.services;
    const other = await sandbox.services.createReadyTpp({});
    const { id } = other.softwareStatement;
    const withoutCertificate = /holds a live certificate/;
    sandbox.clock.freeze(new Date('2027-12-24T10:31:00Z'));
    expect(await refusalOf(ssaIssuer.issue(id))).toMatch(withoutCertificate);
    sandbox.clock.freeze(new Date('2026-11-24T09:59:59Z'));
    expect(await refusalOf(ssaIssuer.issue(id))).toMatch(withoutCertificate);
    sandbox.clock.freeze(at);
    await ssaIssuer.issue(id);
    await certificates.revoke(other.signing.kid, 'keyCompromise');
    await ssaIssuer.issue(id);
    await certificates.revoke(other.transport.kid, 'superseded');
    expect(await refusalOf(ssaIssuer.issue(id))).toMatch(withoutCertificate);
  });
});

describe('the first SSA of a demo statement', () => {
  it('is issued also when a second ends while its keys are made', async () => {
    const fresh = await createSandbox({ keyPairs: testKeys });
    fresh.clock.freeze(new Date('2026-11-24T10:00:00.999Z'));
    const issuing = fresh.services.ssaIssuer.issue('AcmeBudgetPlanner00001');
    fresh.clock.freeze(new Date('2026-11-24T10:00:01.001Z'));
    const { payload } = await issuing;
    expect(payload).toMatchObject({ software_id: 'AcmeBudgetPlanner00001' });
    await fresh.close();
  });
});
