import { DomainError, invalidInput } from '../domain/errors.js';
import {
  isQualifiedType,
  type OrganisationCertificateType,
  type QualifiedCertificateType,
  type SoftwareKeyType,
} from '../domain/key-record.js';
import type { Clock } from '../domain/ports.js';
import type { ParsedCertificate } from '../pki/certificate.js';
import type { CertificateService } from './certificates.js';
import type { KeyRegister, RegisteredKey } from './key-register.js';
import type { PublicKeys } from './public-keys.js';
import { readQualifiedCertificate } from './qualified-certificates.js';
import { readSignedUpload, type SignedUpload } from './signed-upload.js';

/** What a participant hands in: PEM as it is, or a JWT that one of its seals signed. */
export type Upload = { readonly pem: string } | { readonly jwt: string };

/** Takes what participants hand in to have certified or kept. @see Directory API 2.2.0, CertificateOrCSROrJWS, CSROrKey */
export class CertificateIntake {
  constructor(
    private readonly certificates: CertificateService,
    private readonly publicKeys: PublicKeys,
    private readonly keyRegister: KeyRegister,
    /** Of the qualified trust service providers that the Directory trusts. */
    private readonly qualifiedIssuers: () => readonly ParsedCertificate[],
    private readonly clock: Clock,
  ) {}

  /**
   * A signing request (`obwac`, `obseal`) or a certificate (`qwac`, `qseal`) of an organisation.
   * @throws DomainError `invalid_input`, `invalid_csr`, `conflict`, `precondition_failed`
   */
  async submitForOrganisation(
    organisationId: string,
    type: OrganisationCertificateType,
    upload: Upload,
  ): Promise<RegisteredKey> {
    const signed = 'jwt' in upload ? await this.signedBy(organisationId, upload.jwt) : undefined;
    const pem = 'pem' in upload ? upload.pem : undefined;
    if (isQualifiedType(type)) {
      return this.registerQualified(organisationId, type, pem ?? memberOf(signed, 'certificatePem', 'x5c'));
    }
    const csrPem = pem ?? memberOf(signed, 'csrPem', 'csr');
    return ofBody(() => this.certificates.certifyOrganisation(organisationId, { type, csrPem }));
  }

  /**
   * A signing request (`obtransport`, `obsigning`) or a public key (`sigkey`, `enckey`) of a software statement, in PEM.
   * @throws DomainError `invalid_input`, `invalid_csr`, `conflict`, `precondition_failed`
   */
  async submitForSoftware(softwareId: string, type: SoftwareKeyType, pem: string): Promise<RegisteredKey> {
    if (type === 'sigkey' || type === 'enckey') {
      return { record: await this.publicKeys.add(softwareId, type, pem), status: 'active' };
    }
    return ofBody(() => this.certificates.certifySoftwareStatement(softwareId, { type, csrPem: pem }));
  }

  private async registerQualified(
    organisationId: string,
    type: QualifiedCertificateType,
    pem: string,
  ): Promise<RegisteredKey> {
    const qualified = readQualifiedCertificate(pem, this.qualifiedIssuers(), this.clock.now());
    if (qualified.type !== type) {
      throw invalidInput([{ field: 'certificate type', expected: type, actual: qualified.type }]);
    }
    return this.certificates.registerQualified(organisationId, qualified);
  }

  /** What one of the organisation's seals signed. */
  private async signedBy(organisationId: string, jwt: string): Promise<SignedUpload> {
    const keys = await this.keyRegister.ofOrganisation(organisationId);
    const seals = keys.filter(({ record }) => record.type === 'obseal' || record.type === 'qseal');
    return readSignedUpload(jwt, seals, this.clock.now());
  }
}

/** Here the signing request is all of what came, and no member of it that could be named. */
async function ofBody<T>(certify: () => Promise<T>): Promise<T> {
  try {
    return await certify();
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'invalid_csr') throw error;
    throw invalidInput(
      error.problems.map(({ field, ...problem }) => ({
        field: field.replace(/^csrPem/, 'signing request'),
        ...problem,
      })),
      'invalid_csr',
    );
  }
}

function memberOf(
  upload: SignedUpload | undefined,
  name: 'csrPem' | 'certificatePem',
  claim: 'csr' | 'x5c',
): string {
  const value = upload && (upload as Partial<Record<typeof name, string>>)[name];
  if (value !== undefined) return value;
  const [actual = 'nothing'] = Object.keys(upload ?? {});
  throw invalidInput([{ field: 'jwt', expected: `the claim ${claim} for this type`, actual }]);
}
