import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { DirectoryClient } from '../support/directory-client.js';
import { Workshop } from '../support/openssl.js';

const PEM = 'application/x-pem-file';
const paths = ['/v2.1/certificate/validate', '/v2/certificate/validate', '/certificate/validate'];

let sandbox: Sandbox;
let tpp: ReadyTpp;
let client: DirectoryClient;
beforeAll(async () => {
  sandbox = await startSandbox({ demo: false });
  tpp = await sandbox.services.createReadyTpp({ name: 'Validated Ltd', roles: ['AISP'] });
  client = new DirectoryClient(sandbox, tpp);
});
afterAll(() => sandbox.close());

interface Verdict {
  readonly data: {
    readonly certificate: Readonly<Record<string, unknown>>;
    readonly organisation: Readonly<Record<string, unknown>>;
  };
}

async function validate(pem: string, path = paths[0] ?? ''): Promise<Verdict['data']> {
  const authorization = await client.bearer('TPPReadAccess');
  const answer = await client.call('POST', path, { authorization, contentType: PEM, body: pem });
  expect(answer.status, answer.text).toBe(200);
  return (JSON.parse(answer.text) as Verdict).data;
}

const newSeal = () =>
  sandbox.services.certificates.certifyOrganisation(tpp.organisation.id, { type: 'obseal', generate: true });

describe('the validation of a certificate', () => {
  it('says whose a certificate of the Directory is, and that it is good', async () => {
    const { certificate, organisation } = await validate(tpp.transport.certificatePem);
    expect(certificate).toEqual({
      type: 'obtransport',
      eidas_profile: '',
      qtsp_name: '',
      qtsp_uri: '',
      roles: ['AISP'],
      valid_eidas_certificate: false,
      valid_obietf_certificate: true,
      expired: false,
      revoked: false,
      check_failed: false,
    });
    expect(organisation).toEqual({
      onboarded_to_open_banking: true,
      org_name: 'Validated Ltd',
      passports: { nca_name: { permission_country: [], roles: ['AISP'] } },
      competent_authority_claims: [
        {
          authorisation_domain: 'PSD2',
          authority_id: 'OBGBR',
          registration_id: `Unknown${tpp.organisation.id}`,
          status: 'Active',
          authorisations: [{ Active: true, MemberState: 'GB', Psd2Role: 'AISP' }],
        },
      ],
      software_statements: [{ software_id: tpp.softwareStatement.id }],
    });
  });

  it('has three versions, of which the newest alone tells whether a check failed', async () => {
    const versions = await Promise.all(paths.map((path) => validate(tpp.signing.certificatePem, path)));
    expect(versions.map(({ certificate }) => certificate['type'])).toEqual(Array(3).fill('obsigning'));
    expect(versions.map(({ certificate }) => 'check_failed' in certificate)).toEqual([true, false, false]);
  });

  it('follows a revocation at once', async () => {
    const { record } = await newSeal();
    expect((await validate(record.certificatePem)).certificate).toMatchObject({
      type: 'obseal',
      roles: ['AISP'],
      valid_obietf_certificate: true,
      revoked: false,
    });
    await sandbox.services.certificates.revoke(record.kid, 'keyCompromise');
    expect((await validate(record.certificatePem)).certificate).toMatchObject({
      valid_obietf_certificate: false,
      revoked: true,
    });
  });

  it('is made by the sandbox’s clock, and a certificate whose time has not come is not good', async () => {
    const notBefore = new Date(sandbox.clock.now().getTime() + 86_400_000);
    const { record } = await sandbox.services.certificates.certifyOrganisation(tpp.organisation.id, {
      type: 'obwac',
      generate: true,
      notBefore,
    });
    expect((await validate(record.certificatePem)).certificate).toMatchObject({
      valid_obietf_certificate: false,
      expired: false,
    });
  });

  it('names the provider and the profile of a qualified certificate, also of an organisation that nobody knows', async () => {
    const response = await fetch(`${sandbox.urls.http}/sandbox/qtsp/certificates`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        type: 'qwac',
        name: 'Stranger Ltd',
        authority: { id: 'FCAGBR', registrationId: '765432' },
        roles: ['PISP'],
        generate: true,
      }),
    });
    const { certificatePem } = (await response.json()) as { certificatePem: string };
    const { certificate, organisation } = await validate(certificatePem);
    expect(certificate).toMatchObject({
      type: 'qwac',
      eidas_profile: 'QCP-w',
      qtsp_name: expect.stringContaining('TEST ONLY') as string,
      qtsp_uri: `${sandbox.urls.http}/qtsp`,
      roles: ['PISP'],
      valid_eidas_certificate: true,
      valid_obietf_certificate: false,
    });
    expect(organisation).toEqual({
      onboarded_to_open_banking: false,
      org_name: 'Stranger Ltd',
      passports: {},
      competent_authority_claims: [],
      software_statements: [],
    });
  });

  it('finds no good in a certificate of an authority that the Directory does not trust', async () => {
    const other = await startSandbox({ demo: false });
    try {
      const stranger = await other.services.createReadyTpp({ name: 'Elsewhere Ltd' });
      expect((await validate(stranger.transport.certificatePem)).certificate).toMatchObject({
        valid_eidas_certificate: false,
        valid_obietf_certificate: false,
      });
    } finally {
      await other.close();
    }
  });

  it.each(['brainpoolP256r1', 'secp224r1'])(
    'finds none either where the key is on a curve that no JWK has: %s',
    async (curve) => {
      const workshop = new Workshop();
      try {
        const key = ['-newkey', 'ec', '-pkeyopt', `ec_paramgen_curve:${curve}`, '-keyout', 'own.key'];
        workshop.openssl('req', '-x509', ...key, '-nodes', '-subj', '/O=Own', '-out', 'own.pem');
        expect((await validate(workshop.read('own.pem'))).certificate).toMatchObject({
          valid_eidas_certificate: false,
          valid_obietf_certificate: false,
        });
      } finally {
        workshop.remove();
      }
    },
  );

  it('takes the Directory’s own certificate for nobody’s', async () => {
    const { certificatePem } = sandbox.services.trustAnchor.signing;
    const { certificate, organisation } = await validate(certificatePem);
    expect(certificate).toMatchObject({ valid_obietf_certificate: false });
    expect(organisation).toMatchObject({ onboarded_to_open_banking: false });
  });

  it.each(['', 'nonsense', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])(
    'refuses %j',
    async (body) => {
      const authorization = await client.bearer();
      const answer = await client.call('POST', paths[0] ?? '', { authorization, contentType: PEM, body });
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('body: expected a certificate in PEM');
    },
  );
});
