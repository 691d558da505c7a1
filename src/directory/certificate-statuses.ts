import type { KeyRecord } from '../domain/key-record.js';
import type { CertificateStatus } from '../pki/ocsp-response.js';

/** Whoever has the records of certificates. */
export interface KnownKeys {
  keysWithSerialNumber(serialNumber: string): Promise<readonly KeyRecord[]> | readonly KeyRecord[];
}

const good: CertificateStatus = { state: 'good' };
const unknown: CertificateStatus = { state: 'unknown' };

/**
 * What has become of the certificates of one authority, projected from the records of keys as its revocation lists are.
 * One that has expired stays as it was: good, or revoked for good.
 * @see RFC 6960 section 2.2: "good" does not say that the dates are kept
 */
export class CertificateStatuses {
  /**
   * @param isIssuedHere tells the authority's own certificates from another's
   * @param isKnown whether the authority issued a certificate that no record has
   */
  constructor(
    private readonly keys: KnownKeys,
    private readonly isIssuedHere: (key: KeyRecord) => boolean,
    private readonly isKnown: (serialNumber: string) => Promise<boolean> | boolean,
  ) {}

  /** @param serialNumber in lower-case hex */
  async of(serialNumber: string): Promise<CertificateStatus> {
    // Another issuer may have used the number, and several directories may have the certificate.
    const found = (await this.keys.keysWithSerialNumber(serialNumber)).filter(this.isIssuedHere);
    const key = found.find(({ revocation }) => revocation !== null) ?? found[0];
    if (key) return statusOf(key);
    return (await this.isKnown(serialNumber)) ? good : unknown;
  }
}

function statusOf({ revocation }: KeyRecord): CertificateStatus {
  if (revocation === null) return good;
  return { state: 'revoked', at: new Date(revocation.at), reason: revocation.reason };
}
