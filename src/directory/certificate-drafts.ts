import { isQualifiedType, type CertificateType } from '../domain/key-record.js';
import type { OrganisationRepository, Random } from '../domain/ports.js';
import type { CertificateDraft } from '../pki/authority.js';
import { leafProfiles, type Holder } from '../pki/profiles.js';
import { newSerialNumber } from './certificate-authority.js';
import { qualifiedHolderOf, type QualifiedTrustServiceProvider } from './qualified-trust-service-provider.js';
import { keyOfQualifiedRequest, keyOfRequest, type KeyToCertify } from './requested-keys.js';
import type { TrustAnchor } from './trust-anchor.js';

/** Says what the certificate of a participant is to say, and who signs it. */
export interface CertificateDrafter {
  /** @throws DomainError `storage_failed` */
  draft(type: CertificateType, holder: Holder, key: KeyToCertify, notBefore: Date): Promise<CertificateDraft>;
  /** Issuing certificate, then root, of whoever signs certificates of the type. */
  chainPemOf(type: CertificateType): string;
}

/** Certificates by the Directory's own authority, and by the qualified trust service provider. */
export class CertificateDrafts implements CertificateDrafter {
  constructor(
    private readonly organisations: Pick<OrganisationRepository, 'hasSerialNumber'>,
    private readonly trustAnchor: TrustAnchor,
    private readonly qtsp: QualifiedTrustServiceProvider,
    private readonly random: Random,
  ) {}

  async draft(
    type: CertificateType,
    holder: Holder,
    key: KeyToCertify,
    notBefore: Date,
  ): Promise<CertificateDraft> {
    if (isQualifiedType(type)) {
      return this.qtsp.draft(type, qualifiedHolderOf(holder.organisation, key), key, notBefore);
    }
    const serialNumber = this.unusedSerialNumber();
    return this.trustAnchor.draftLeaf(leafProfiles[type], holder, key, serialNumber, notBefore);
  }

  chainPemOf(type: CertificateType): string {
    return isQualifiedType(type) ? this.qtsp.chainPemIfMade() : this.trustAnchor.chainPem;
  }

  private unusedSerialNumber(): Uint8Array {
    let serialNumber: Uint8Array;
    do serialNumber = newSerialNumber(this.random);
    while (this.organisations.hasSerialNumber(Buffer.from(serialNumber).toString('hex')));
    return serialNumber;
  }
}

/** The key of a signing request, held against its profile. @throws DomainError `invalid_csr` */
export function requestedKey(csrPem: string, type: CertificateType, holder: Holder): KeyToCertify {
  return isQualifiedType(type)
    ? keyOfQualifiedRequest(csrPem, type, qualifiedHolderOf(holder.organisation))
    : keyOfRequest(csrPem, type, holder);
}
