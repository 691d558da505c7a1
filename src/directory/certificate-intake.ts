import { invalidInput, quote } from '../domain/errors.js';
import {
  organisationCertificateTypes,
  publicKeyTypes,
  softwareCertificateTypes,
} from '../domain/key-record.js';
import type { Clock } from '../domain/ports.js';
import type { CertificateService } from './certificates.js';
import type { KeyRegister, RegisteredKey } from './key-register.js';
import type { PublicKeys } from './public-keys.js';
import { readSignedUpload, type SignedUpload } from './signed-upload.js';

/** What a participant hands in: PEM as it is, or a JWT that one of its seals signed. */
export type Upload = { readonly pem: string } | { readonly jwt: string };

/** Takes what participants hand in to have certified or kept. @see Directory API 2.2.0, CertificateOrCSROrJWS, CSROrKey */
export class CertificateIntake {
  constructor(
    private readonly certificates: CertificateService,
    private readonly publicKeys: PublicKeys,
    private readonly keyRegister: KeyRegister,
    private readonly clock: Clock,
  ) {}

  /**
   * A signing request (`obwac`, `obseal`) of an organisation.
   * @throws DomainError `invalid_input`, `invalid_csr`, `conflict`, `precondition_failed`
   */
  async submitForOrganisation(organisationId: string, type: string, upload: Upload): Promise<RegisteredKey> {
    const known = oneOf(organisationCertificateTypes, type);
    const handedIn =
      'pem' in upload ? { csrPem: upload.pem } : await this.signedBy(organisationId, upload.jwt);
    if (!('csrPem' in handedIn))
      throw invalidInput([{ field: 'jwt', expected: 'a csr claim', actual: 'x5c' }]);
    const { csrPem } = handedIn;
    return this.certificates.certifyOrganisation(organisationId, { type: known, csrPem });
  }

  /**
   * A signing request (`obtransport`, `obsigning`) or a public key (`sigkey`, `enckey`) of a software statement, in PEM.
   * @throws DomainError `invalid_input`, `invalid_csr`, `conflict`, `precondition_failed`
   */
  async submitForSoftware(softwareId: string, type: string, pem: string): Promise<RegisteredKey> {
    const known = oneOf([...softwareCertificateTypes, ...publicKeyTypes], type);
    if (known === 'sigkey' || known === 'enckey') {
      return { record: await this.publicKeys.add(softwareId, known, pem), status: 'active' };
    }
    return this.certificates.certifySoftwareStatement(softwareId, { type: known, csrPem: pem });
  }

  /** What one of the organisation's seals signed. */
  private async signedBy(organisationId: string, jwt: string): Promise<SignedUpload> {
    const keys = await this.keyRegister.ofOrganisation(organisationId);
    const seals = keys.filter(({ record }) => record.type === 'obseal' || record.type === 'qseal');
    return readSignedUpload(jwt, seals, this.clock.now());
  }
}

function oneOf<T extends string>(types: readonly T[], type: string): T {
  const known = types.find((candidate) => candidate === type);
  if (known !== undefined) return known;
  throw invalidInput([
    { field: 'certificate type', expected: `one of ${types.join(', ')}`, actual: quote(type) },
  ]);
}
