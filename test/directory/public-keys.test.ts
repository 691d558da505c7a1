import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { newSoftwareStatementSchema } from '../../src/domain/software-statement.js';
import { createSandbox, type Sandbox } from '../../src/testkit.js';
import { Workshop } from '../support/openssl.js';

let sandbox: Sandbox;
let softwareId: string;
let organisationId: string;

beforeEach(async () => {
  sandbox = await createSandbox({ demo: false });
  const { registry } = sandbox.services;
  const organisation = await registry.createOrganisation({ name: 'Keys Ltd', kind: 'tpp' });
  organisationId = organisation.id;
  ({ id: softwareId } = await registry.createSoftwareStatement(
    organisationId,
    newSoftwareStatementSchema.parse({ clientName: 'App' }),
  ));
});

function publicKeyPem(bits = 2048): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  return publicKey.export({ format: 'pem', type: 'spki' }).toString();
}

describe('a public key without a certificate', () => {
  it('stands in the active key sets of its statement and its organisation, for what it is for', async () => {
    const { publicKeys, keystore } = sandbox.services;
    const added = await publicKeys.add(softwareId, 'enckey', publicKeyPem());
    const signing = await publicKeys.add(softwareId, 'sigkey', publicKeyPem());
    const { keys } = await keystore.softwareJwks(softwareId, 'active');
    expect(keys).toEqual([
      expect.objectContaining({ kid: added.kid, kty: 'RSA', use: 'enc' }),
      expect.objectContaining({ kid: signing.kid, kty: 'RSA', use: 'sig' }),
    ]);
    expect(keys.some((key) => 'x5c' in key || 'x5t' in key)).toBe(false);
    expect((await keystore.organisationJwks(organisationId, 'active')).keys).toEqual(keys);
  });

  it('moves to the revoked key set when it is revoked, and cannot be revoked twice', async () => {
    const { publicKeys, keystore, keyRegister } = sandbox.services;
    const { kid } = await publicKeys.add(softwareId, 'sigkey', publicKeyPem());
    await keyRegister.revoke(kid, 'keyCompromise');
    expect((await keystore.softwareJwks(softwareId, 'active')).keys).toEqual([]);
    const [revoked] = (await keystore.softwareJwks(softwareId, 'revoked')).keys;
    expect(revoked).toMatchObject({ kid });
    await expect(keyRegister.revoke(kid, 'unspecified')).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is known once: neither a second time, nor beside a certificate for it', async () => {
    const { publicKeys, certificates } = sandbox.services;
    const pem = publicKeyPem();
    await publicKeys.add(softwareId, 'sigkey', pem);
    await expect(publicKeys.add(softwareId, 'enckey', pem)).rejects.toMatchObject({ code: 'conflict' });
    const certified = await certificates.certifySoftwareStatement(softwareId, {
      type: 'obsigning',
      generate: true,
    });
    const { publicKey } = new X509Certificate(certified.record.certificatePem);
    const certifiedPem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    await expect(publicKeys.add(softwareId, 'sigkey', certifiedPem)).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  it('or its certificate is refused when both come at once', async () => {
    const { publicKeys, certificates, keystore } = sandbox.services;
    const workshop = new Workshop();
    try {
      const csrPem = workshop.csr(`/C=GB/O=OpenBanking/OU=${organisationId}/CN=${softwareId}`);
      const pem = workshop.openssl('pkey', '-in', 'new.key', '-pubout');
      const outcomes = await Promise.allSettled([
        certificates.certifySoftwareStatement(softwareId, { type: 'obsigning', csrPem }),
        publicKeys.add(softwareId, 'sigkey', pem),
      ]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect((await keystore.softwareJwks(softwareId, 'active')).keys).toHaveLength(1);
    } finally {
      workshop.remove();
    }
  });

  it.each<[string, () => string, RegExp]>([
    ['nothing', () => '', /expected one PEM block "PUBLIC KEY"/],
    ['two keys', () => publicKeyPem() + publicKeyPem(), /several PEM blocks/],
    ['a short key', () => publicKeyPem(1024), /an RSA key of 2048 to 8192 bits, got one of 1024 bits/],
    [
      'a key that is not RSA',
      () =>
        generateKeyPairSync('ec', { namedCurve: 'P-256' })
          .publicKey.export({ format: 'pem', type: 'spki' })
          .toString(),
      /expected an RSA key, got ec/,
    ],
    [
      'damaged DER',
      () => '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n',
      /expected an RSA key, got no readable key/,
    ],
    [
      'a private key',
      () =>
        generateKeyPairSync('rsa', { modulusLength: 2048 })
          .privateKey.export({ format: 'pem', type: 'pkcs8' })
          .toString(),
      /a PEM block "PRIVATE KEY"/,
    ],
  ])('is refused when it is %s', async (_what, pem, message) => {
    const { publicKeys } = sandbox.services;
    await expect(publicKeys.add(softwareId, 'sigkey', pem())).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(message) as string,
    });
    expect(publicKeys.ofSoftwareStatement(softwareId)).toEqual([]);
  });

  it('is not taken for a statement or an organisation that is not active', async () => {
    const { publicKeys, registry } = sandbox.services;
    await registry.changeSoftwareStatement(softwareId, { active: false });
    await expect(publicKeys.add(softwareId, 'sigkey', publicKeyPem())).rejects.toMatchObject({
      code: 'precondition_failed',
    });
    await registry.changeSoftwareStatement(softwareId, { active: true });
    await registry.changeOrganisation(organisationId, { status: 'Withdrawn' });
    await expect(publicKeys.add(softwareId, 'sigkey', publicKeyPem())).rejects.toMatchObject({
      code: 'precondition_failed',
    });
  });
});

describe('a certificate of an organisation', () => {
  it('stands in the key set of a statement as long as it is associated with it', async () => {
    const { associations, certificates, keystore } = sandbox.services;
    const { record } = await certificates.certifyOrganisation(organisationId, {
      type: 'obseal',
      generate: true,
    });
    const association = { organisationId, softwareId, kid: record.kid };
    const kids = async () =>
      (await keystore.softwareJwks(softwareId, 'active')).keys.map((key) => key['kid']);
    expect(await kids()).toEqual([]);
    await associations.associate(association);
    expect(await kids()).toEqual([record.kid]);
    await expect(associations.associate(association)).rejects.toMatchObject({ code: 'conflict' });
    await associations.dissociate(association);
    expect(await kids()).toEqual([]);
    await expect(associations.dissociate(association)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is not associated with a statement that is not active', async () => {
    const { associations, certificates, registry } = sandbox.services;
    const { record } = await certificates.certifyOrganisation(organisationId, {
      type: 'obseal',
      generate: true,
    });
    await registry.changeSoftwareStatement(softwareId, { active: false });
    await expect(
      associations.associate({ organisationId, softwareId, kid: record.kid }),
    ).rejects.toMatchObject({ code: 'precondition_failed' });
  });

  it('is not associated once it is revoked, nor when it is a certificate of software', async () => {
    const { associations, certificates } = sandbox.services;
    const seal = await certificates.certifyOrganisation(organisationId, { type: 'obseal', generate: true });
    await certificates.revoke(seal.record.kid, 'superseded');
    await expect(
      associations.associate({ organisationId, softwareId, kid: seal.record.kid }),
    ).rejects.toMatchObject({ code: 'conflict' });
    const own = await certificates.certifySoftwareStatement(softwareId, {
      type: 'obsigning',
      generate: true,
    });
    await expect(
      associations.associate({ organisationId, softwareId, kid: own.record.kid }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });
});
