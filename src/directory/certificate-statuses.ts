import type { KeyRecord } from '../domain/key-record.js';
import type { CertificateStatus } from '../pki/ocsp-response.js';

/** Whoever has the records of certificates. */
export interface KnownKeys {
  findBySerialNumber(serialNumber: string): Promise<KeyRecord | undefined> | KeyRecord | undefined;
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
    const key = await this.keys.findBySerialNumber(serialNumber);
    if (key && this.isIssuedHere(key)) return statusOf(key);
    return (await this.isKnown(serialNumber)) ? good : unknown;
  }
}

function statusOf({ revocation }: KeyRecord): CertificateStatus {
  if (revocation === null) return good;
  return { state: 'revoked', at: new Date(revocation.at), reason: revocation.reason };
}
